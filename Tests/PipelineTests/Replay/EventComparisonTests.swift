//  EventComparisonTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `A comparison beside a running service` {
    private func event(at second: Int64, endsAt end: Int64? = nil) -> SoundEvent {
        var event = SoundEvent(
            kind: .rule, unit: Samples.unit, rule: RuleStrip.rule(),
            firstExceededAt: Samples.frame(second: second).time,
            onsetAt: Samples.frame(second: second).time, tenths: 700)
        if let end {
            let time = Samples.frame(second: end).time
            event.end(.recovered, at: time, decidedAt: time)
        }
        return event
    }

    // Settled up to second 100: what was decided later may be on one side only.
    @Test(arguments: [
        ("both the same", 10, 50, 10, 50, 0),
        ("ended before that, on one side only", 10, 50, 10, nil, 5),
        ("ended after that, on one side only", 10, 150, 10, nil, 0),
        ("begun before that, on one side only", 10, nil, nil, nil, 1),
        ("begun after that, on one side only", 120, nil, nil, nil, 0),
    ] as [(String, Int64, Int64?, Int64?, Int64?, Int)])
    func `passes over what it may not know yet`(
        what: String, onset: Int64, end: Int64?, other: Int64?, otherEnd: Int64?, differences: Int
    ) {
        let recorded = [event(at: onset, endsAt: end)]
        let replayed = other.map { [event(at: $0, endsAt: otherEnd)] } ?? []
        for (a, b) in [(recorded, replayed), (replayed, recorded)] {
            let comparison = EventComparison(
                recorded: a, replayed: b, settled: Samples.frame(second: 100).time)
            #expect(comparison.differenceCount == differences, "\(what): \(comparison.differences)")
        }
    }
}
