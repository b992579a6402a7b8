//  RuleReplayTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

/// Frames of `lp`, a second apart, by origin: `60 71L 72I`.
private func columns(_ levels: String, from second: Int64 = 0) -> FrameColumns {
    var columns = FrameColumns()
    for (index, token) in levels.split(separator: " ").enumerated() where token != "." {
        var state = FrameState.measuring
        if token.last == "L" { state.origin = .late }
        if token.last == "I" { state.origin = .imported }
        var tenths = SIMD8<Int16>(repeating: Levels.none)
        tenths[0] = Int16(Double(token.filter { !$0.isLetter })! * 10)
        tenths[7] = 0
        columns.append(
            time: time(second + Int64(index)).milliseconds, levels: tenths, state: state.rawValue,
            run: Run(start: RuleStrip.start))
    }
    return columns
}

private func time(_ second: Int64) -> Timestamp {
    RuleStrip.start.advanced(byMilliseconds: second * 1000)
}

private func plan(_ rules: [AlertRule] = [RuleStrip.rule()]) -> MonitoringPlan {
    MonitoringPlan(unit: RuleStrip.unit, location: "gate", rules: rules)
}

private func entry(_ number: Int64, after second: Int64?, _ input: MonitorInput) -> JournalEntry {
    JournalEntry(
        number: number, unit: RuleStrip.unit, watermark: second.map(time), at: time(1000 + number),
        input: input)
}

@Suite struct `A replay` {
    @Test func `takes live frames only, or others too when told so`() {
        var replay = RuleReplay(plan: plan())
        replay.take(columns("60 71L 60 72I 60"))
        replay.finish()
        #expect(replay.events.isEmpty)
        #expect(replay.frameCount == 3)
        var all = RuleReplay(plan: plan())
        all.origins = [.live, .late, .imported]
        all.take(columns("60 71L 60 72I 60"))
        all.finish()
        #expect(all.events.map(\.onsetTenths) == [710, 720])
    }

    @Test func `lets an entry take effect after the frames up to its watermark`() {
        var changed = plan()
        changed.rules[0].thresholdTenths = 800
        changed.rules[0].version = 2
        for cut in 0...4 {
            var replay = RuleReplay(plan: plan(), journal: [entry(1, after: 2, .plan(changed))])
            let frames = columns("60 71 71 71 71")
            var (first, second) = (FrameColumns(), FrameColumns())
            first.append(frames, 0..<cut)
            second.append(frames, cut..<5)
            replay.take(first)
            replay.take(second)
            replay.finish()
            #expect(replay.events.map(\.clearReason) == [.ruleChanged])
            #expect(replay.events.map(\.clearedAt) == [time(2)])
            #expect(replay.events.map(\.closedAt) == [time(1001)])
        }
    }

    @Test func `applies what the journal has after the last frame`() {
        var replay = RuleReplay(
            plan: plan(), journal: [entry(1, after: 1, .tick(time(2000)))])
        replay.take(columns("71 71"))
        replay.finish()
        #expect(replay.events.map(\.clearReason) == [.noData])
    }

    @Test func `tells an event that is still open as far as it has come`() {
        var replay = RuleReplay(plan: plan(), recordsSteps: true)
        replay.take(columns("60 71 73 72"))
        replay.finish()
        #expect(replay.events.map(\.peakTenths) == [730])
        #expect(replay.events.map(\.isActive) == [true])
        #expect(replay.steps.map(\.kind) == [.exceeded, .onset, .peak])
    }

    @Test func `lists the steps`() {
        var replay = RuleReplay(
            plan: plan([RuleStrip.rule(duration: 2, cooldown: 100)]), recordsSteps: true)
        replay.take(columns("71 60 71 71 71 75 60 60 71 60 60 60 71 71 71 60"))
        replay.finish()
        #expect(
            replay.steps.map(\.kind) == [
                .exceeded, .withdrawn, .exceeded, .onset, .peak, .recovering, .relapsed,
                .recovering, .cleared, .exceeded, .held, .suppressed,
            ])
        #expect(replay.steps.first?.tenths == 710)
    }

    // The clock goes back by 3 s after the fifth frame; in the store both passes lie side by side.
    @Test func `follows a clock that went back, by the journal`() {
        let steps = columns("60 60 60 60 60")
        func frame(_ second: Double, _ tenths: Int16) -> Frame {
            var levels = Levels()
            levels[.lp] = Level(tenths: tenths)
            return Frame(
                unit: RuleStrip.unit,
                time: RuleStrip.start.advanced(byMilliseconds: Int64(second * 1000)), levels: levels,
                state: .measuring, measurementStart: RuleStrip.start)
        }
        let again = [frame(1.5, 710), frame(2.5, 720), frame(3.5, 600)]
        var stored = (0..<5).map { steps.frame(at: $0, of: RuleStrip.unit) } + again
        stored.append(frame(5.5, 600))
        stored.sort { $0.time < $1.time }
        var journal = [entry(1, after: 4, .clockStep)]
        for (index, frame) in again.enumerated() {
            let before = index == 0 ? nil : again[index - 1].time
            journal.append(
                JournalEntry(
                    number: Int64(index + 2), unit: RuleStrip.unit, watermark: before,
                    at: time(1000), input: .frame(JournaledFrame(frame))))
        }
        var replay = RuleReplay(plan: plan(), journal: journal)
        replay.take(FrameColumns(stored))
        replay.finish()
        #expect(replay.events.count == 1)
        #expect(replay.events.first?.onsetAt == again[0].time)
        #expect(replay.events.first?.peakTenths == 720)
        #expect(replay.events.first?.clearedAt == again[2].time)
        #expect(replay.frameCount == 9)
    }

    @Test func `goes on from a checkpoint`() throws {
        var monitor = UnitMonitor(plan: plan([RuleStrip.rule(duration: 3)]), hasWatchdogs: false)
        var output = RuleOutput()
        let frames = columns("60 71 71 71 71 60")
        monitor.take(frames, 0..<3, into: &output)
        var replay = try #require(
            RuleReplay(monitor.checkpoint(journalNumber: 0), journal: []))
        replay.take(frames)
        replay.finish()
        #expect(replay.events.map(\.firstExceededAt) == [time(1)])
        #expect(replay.events.map(\.onsetAt) == [time(4)])
        #expect(replay.frameCount == 6)
    }

    // The clock went back by 4 s before the checkpoint, and has not caught up.
    @Test func `from a checkpoint judges no stored frame from before the clock went back`() throws {
        var monitor = UnitMonitor(plan: plan(), hasWatchdogs: false)
        var output = RuleOutput()
        let frames = columns("60 60 60 71 71")
        monitor.take(frames, 0..<5, into: &output)
        monitor.apply(.clockStep, at: time(4), into: &output)
        let checkpoint = monitor.checkpoint(journalNumber: 1)
        let again = columns("60", from: 1).frame(at: 0, of: RuleStrip.unit)
        let journal = [entry(2, after: nil, .frame(JournaledFrame(again)))]
        var replay = try #require(RuleReplay(checkpoint, journal: journal))
        replay.take(frames)
        replay.take(columns("60", from: 5))
        replay.finish()
        #expect(replay.frameCount == 2)
        #expect(replay.monitor.watermark == time(5))
    }

    @Test func `of a checkpoint that cannot be read is none`() {
        var checkpoint = UnitMonitor(plan: plan()).checkpoint(journalNumber: 0)
        #expect(UnitMonitor(checkpoint) != nil)
        checkpoint.state.removeLast()
        #expect(UnitMonitor(checkpoint) == nil)
        checkpoint = UnitMonitor(plan: plan()).checkpoint(journalNumber: 0)
        checkpoint.version += 1
        #expect(UnitMonitor(checkpoint) == nil)
    }
}

@Suite struct `A comparison of events` {
    private static let event: SoundEvent = {
        var replay = RuleReplay(plan: plan())
        replay.take(columns("60 71 73 60"))
        replay.finish()
        return replay.events[0]
    }()

    @Test func `finds no difference in what machines do not know`() {
        var recorded = Self.event
        recorded.id = 17
        recorded.isSaved = true
        recorded.isReplayed = true
        recorded.comments = [SoundEvent.Note(at: time(0), by: "ann", note: "a lorry")]
        recorded.acknowledgements = recorded.comments
        let watchdog = SoundEvent(
            kind: .connectivity, unit: RuleStrip.unit, firstExceededAt: time(0), onsetAt: time(0))
        let comparison = EventComparison(recorded: [recorded, watchdog], replayed: [Self.event])
        #expect(comparison.isSame)
        #expect(comparison.sameCount == 1)
    }

    @Test func `tells any other field that differs`() {
        let changes: [(String, (inout SoundEvent) -> Void)] = [
            ("peak_value was 73.1, replayed 73.0", { $0.peakTenths = 731 }),
            ("suppressed was 2, replayed 0", { $0.suppressed = 2 }),
            ("clear_reason was no_data, replayed recovered", { $0.clearReason = .noData }),
            ("coverage was none, replayed 1.0", { $0.coverage = nil }),
            ("overloaded was true, replayed false", { $0.isOverloaded = true }),
            ("location was none, replayed gate", { $0.location = nil }),
        ]
        for (difference, change) in changes {
            var recorded = Self.event
            change(&recorded)
            let comparison = EventComparison(recorded: [recorded], replayed: [Self.event])
            #expect(
                comparison.differences == ["rule r version 1, onset \(time(1)): \(difference)."])
        }
    }

    @Test func `tells events that only one side has`() {
        let missing = EventComparison(recorded: [Self.event], replayed: [])
        #expect(missing.differences == ["rule r version 1, onset \(time(1)): recorded, and not replayed."])
        let extra = EventComparison(recorded: [], replayed: [Self.event])
        #expect(extra.differences == ["rule r version 1, onset \(time(1)): replayed, and not recorded."])
        let outside = TimeRange(start: time(5), end: time(6))
        #expect(EventComparison(recorded: [], replayed: [Self.event], in: outside).isSame)
    }
}

@Suite struct `A back-test` {
    @Test func `counts what a rule would have done, with frames of any origin`() {
        var test = BackTest(RuleStrip.rule { $0.isEnabled = false }, plan: plan([]))
        test.take(columns("60 71 60 72L 60"))
        test.take(columns("73I 60 71 72", from: 10))
        test.finish(at: time(30))
        #expect(test.alarmCount == 4)
        #expect(test.events.map(\.onsetTenths) == [710, 720, 730, 710])
        #expect(test.events.map(\.isActive) == [false, false, false, true])
        #expect(test.events.last?.peakTenths == 720)
        #expect(test.frameCount == 9)
    }

    @Test func `tells warnings apart, and keeps a bounded list`() {
        var test = BackTest(RuleStrip.rule { $0.warningTenths = 650 }, plan: plan([]))
        for round in 0..<600 as Range<Int64> {
            test.take(columns("60 71 60 66 60", from: round * 5))
        }
        test.finish(at: time(3000))
        #expect(test.alarmCount == 600)
        #expect(test.warningCount == 600)
        #expect(test.events.count == BackTest.eventMaximum)
    }

    @Test func `takes columns that were not read as missing values`() {
        var frames = columns("60 71 60")
        for metric in 1..<7 { frames.levels[metric] = [] }
        var test = BackTest(RuleStrip.rule(), plan: plan([]))
        test.take(frames)
        test.finish(at: time(3))
        #expect(test.alarmCount == 1)
    }
    // Seconds after the last sample at which the test ends, and how its event does.
    @Test(arguments: [
        (0, nil), (899, nil), (1000, .noData), (86_400, .noData),
    ] as [(Int64, SoundEvent.ClearReason?)])
    func `decides at its end what time alone decides`(
        later: Int64, reason: SoundEvent.ClearReason?
    ) {
        var test = BackTest(RuleStrip.rule(), plan: plan([]))
        test.take(columns("60 71 71"))
        test.finish(at: time(2 + later))
        #expect(test.alarmCount == 1)
        #expect(test.events.first?.clearReason == reason)
    }

    @Test func `judges a window that had ended before it does`() {
        let rule = RuleStrip.average(65, .window) {
            $0.schedule = Schedule(startMinute: 8 * 60, endMinute: 8 * 60 + 10)
        }
        let start = RuleStrip.start.milliseconds
        let midnight = Dwell.midnight(before: start)
        let first = (midnight + 8 * 3_600_000 - start) / 1000
        // Ten minutes from 08:00 on; the last one is missing.
        var test = BackTest(rule, plan: plan([]))
        test.take(columns(Array(repeating: "65.2", count: 540).joined(separator: " "), from: first))
        test.finish(at: time(first + 599))
        let early = test.alarmCount
        test = BackTest(rule, plan: plan([]))
        test.take(columns(Array(repeating: "65.2", count: 540).joined(separator: " "), from: first))
        test.finish(at: time(first + 7200))
        #expect(early == 0 && test.alarmCount == 1)
    }
}
