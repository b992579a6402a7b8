//  ReplayDeskTests.swift · PipelineTests

import Monitoring
import Support
import Testing

@testable import Pipeline

private let midnight = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!

private func frame(
    _ time: Timestamp, lp: Double? = 50, lmax: Double? = nil, from origin: FrameState.Origin = .live
) -> Frame {
    var levels = Levels()
    levels[.lp] = lp.map { Level(tenths: Int16($0 * 10)) }
    levels[.lmax] = lmax.map { Level(tenths: Int16($0 * 10)) }
    return Frame(
        unit: RuleStrip.unit, time: time, levels: levels, state: .measuring.from(origin),
        measurementStart: origin == .trail ? nil : midnight)
}

@Suite struct `The past, read for replays` {
    // Hours of frames; chunks of them, by day, as hours.
    @Test(arguments: [
        ("", ""),
        ("0 1 23", "0 1 23"),
        ("0 23 24 25 47 48", "0 23|24 25 47|48"),
        ("5 200 2000 2001", "5|200|2000 2001"),
        ("-30 -1 0", "-30|-1|0"),
        ("9000", ""),
    ])
    func `comes a day at a time, whatever lies between`(hours: String, chunks: String) async throws {
        let epoch = midnight
        let history = MemoryHistory(
            hours.split(separator: " ").map {
                frame(epoch.advanced(byMilliseconds: Int64($0)! * 3_600_000))
            })
        var told: [String] = []
        let damage = try await history.forEachChunk(
            of: RuleStrip.unit, from: Timestamp(milliseconds: 0),
            to: epoch.advanced(byMilliseconds: 8000 * 3_600_000)
        ) { columns in
            told.append(
                columns.times.map { "\(($0 - epoch.milliseconds) / 3_600_000)" }
                    .joined(separator: " "))
        }
        #expect(told.joined(separator: "|") == chunks)
        #expect(damage.isEmpty)
    }

    @Test func `of an event begins where its rule did`() async throws {
        let start = midnight.advanced(byMilliseconds: 28_800_000)
        func at(_ second: Int64) -> Timestamp { start.advanced(byMilliseconds: second * 1000) }
        // It is loud already when the rule is saved, at 10 s.
        let history = MemoryHistory((0..<30).map { frame(at($0), lp: $0 < 20 ? 80 : 50) })
        let rule = RuleStrip.rule(70)
        let ledger = MemoryLedger()
        var batch = LedgerBatch()
        batch.entries = [
            JournalEntry(
                number: 1, unit: RuleStrip.unit, watermark: at(10), at: at(10),
                input: .plan(MonitoringPlan(unit: RuleStrip.unit, location: "gate", rules: [rule])))
        ]
        _ = try await ledger.record(batch)
        var event = SoundEvent(
            kind: .rule, unit: RuleStrip.unit, location: "gate", rule: rule,
            firstExceededAt: at(11), onsetAt: at(11), tenths: 800)
        event.clearedAt = at(20)
        let replay = try await ReplayDesk(history: history, ledger: ledger).replay(event, at: at(60))
        #expect(replay.steps.map { "\($0.kind) \($0.at.milliseconds(since: start) / 1000)" } == [
            "exceeded 11", "onset 11", "peak 11", "recovering 20", "cleared 20",
        ])
    }

    @Test func `of the upstream's trail is no rule's`() async throws {
        let start = midnight.advanced(byMilliseconds: 28_800_000)
        let history = MemoryHistory(
            (0..<30 as Range<Int64>).map { second in
                let isTrail = second == 10
                return frame(
                    start.advanced(byMilliseconds: second * 1000), lp: isTrail ? nil : 50,
                    lmax: isTrail ? 99 : 60, from: isTrail ? .trail : .live)
            })
        let desk = ReplayDesk(history: history, ledger: MemoryLedger())
        let plan = MonitoringPlan(unit: RuleStrip.unit, location: "gate", rules: [])
        let range = TimeRange(start: start, end: start.advanced(byMilliseconds: 60_000))!
        let report = try await desk.backTest(
            RuleStrip.rule(70, metric: .lmax), over: [PastStretch(plan: plan, range: range)])
        #expect(report.alarmCount == 0)
        #expect(report.frameCount == 29)
    }
}

@Suite struct `Constants of a block` {
    @Test func `are those of frames`() {
        #expect(FrameBlock.none == Levels.none)
        #expect(FrameBlock.measuring == FrameState.measuring.rawValue)
        #expect(FrameBlock.over == FrameState.over.rawValue)
    }
}
