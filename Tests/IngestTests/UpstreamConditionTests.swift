//  UpstreamConditionTests.swift · IngestTests

import Monitoring
import Testing

@testable import Ingest

@Suite struct `The condition of an upstream` {
    // Outcomes: a answered, r refused, t timed out, g garbage. Changes: F failed, R recovered.
    @Test(arguments: [
        ("begins well", "aaa", "...", UpstreamStatus.State.ok),
        ("fails at once when refused, and says so once", "arrr", ".F..", .down),
        ("tells a stall from an outage", "att", ".F.", .stalled),
        ("stays failed from one to the other", "trt", "F..", .stalled),
        ("recovers at the first answer", "rra", "F.R", .ok),
        ("puts up with some garbage", "aggagg", "......", .ok),
        ("fails when nobody gets anything else", "agggg", "....F", .down),
        ("fails from the start", "r", "F", .down),
    ])
    func `is judged by outcomes`(
        behaviour: String, outcomes: String, changes: String, state: UpstreamStatus.State
    ) {
        var condition = UpstreamCondition(since: Timestamp(milliseconds: 0))
        var drawn = ""
        for (index, letter) in outcomes.enumerated() {
            let outcome: UpstreamCondition.Outcome =
                switch letter {
                case "a": .answered
                case "r": .refused
                case "t": .timedOut
                default: .unusable
                }
            let change = condition.observe(
                outcome, unitCount: 4, at: Timestamp(milliseconds: Int64(index) + 1))
            drawn += change == .failed ? "F" : change == .recovered ? "R" : "."
        }
        #expect(drawn == changes, Comment(rawValue: behaviour))
        #expect(condition.state == state, Comment(rawValue: behaviour))
    }

    @Test func `tells since when it holds`() {
        var condition = UpstreamCondition(since: Timestamp(milliseconds: 5))
        #expect(condition.state == .starting)
        #expect(condition.since.milliseconds == 5)
        for time in 10...12 {
            _ = condition.observe(
                .answered, unitCount: 1, at: Timestamp(milliseconds: Int64(time)))
        }
        #expect(condition.since.milliseconds == 10)
    }
}
