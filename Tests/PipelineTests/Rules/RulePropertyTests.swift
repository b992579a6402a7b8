//  RulePropertyTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `Rules on random levels` {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `come to what the text says`(seed: UInt64) {
        var levels = RandomLevels(seed: seed)
        let rule = levels.rule()
        let frames = (0..<600).map { _ in levels.frame() }
        var monitor = UnitMonitor(
            plan: MonitoringPlan(unit: RuleStrip.unit, location: "gate", rules: [rule]),
            hasWatchdogs: false)
        var output = RuleOutput()
        for frame in frames { monitor.take(frame, into: &output) }
        let windows = ScheduleWindows(rule.schedule, on: ZoneClock.utc)
        let oracle = RuleOracle(rule: rule, noData: 900_000) { time in
            let span = windows.span(at: time)
            return span.isInside ? (span.start, span.end) : nil
        }
        let expected = oracle.events(
            frames.map {
                OracleFrame(
                    time: $0.time.milliseconds, tenths: $0.levels[.lp]?.tenths,
                    isMeasuring: $0.state.contains(.measuring))
            })
        #expect(last(output.events + monitor.openEvents).map(OracleEvent.init) == expected)
    }

    // However frames are cut into batches, machines come to the same.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `do not depend on how frames are cut`(seed: UInt64) {
        var levels = RandomLevels(seed: seed)
        let plan = everyPlan(&levels)
        let frames = (0..<3000).map { _ in levels.frame() }
        let columns = FrameColumns(frames)
        var one = UnitMonitor(plan: plan, hasWatchdogs: false)
        var many = one
        var (first, second) = (RuleOutput(), RuleOutput())
        for frame in frames { one.take(frame, into: &first) }
        var start = 0
        while start < frames.count {
            let end = min(frames.count, start + Int.random(in: 1...2500, using: &levels.random))
            many.take(columns, start..<end, into: &second)
            start = end
        }
        #expect(last(first.events) == last(second.events))
        #expect(one.openEvents == many.openEvents)
        #expect(one.checkpoint(journalNumber: 0) == many.checkpoint(journalNumber: 0))
        #expect(!first.events.isEmpty)
    }

    // A restart at any point, in whatever state each machine is.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `go on after a restart as if there had been none`(seed: UInt64) throws {
        var levels = RandomLevels(seed: seed)
        let plan = everyPlan(&levels)
        var steady = UnitMonitor(plan: plan)
        var restarted = steady
        var (first, second) = (RuleOutput(), RuleOutput())
        for _ in 0..<1500 {
            if levels.chance(40) {
                let checkpoint = restarted.checkpoint(journalNumber: 7)
                restarted = try #require(UnitMonitor(checkpoint))
            }
            let (input, at) = anyInput(&levels, plan)
            steady.apply(input, at: at, into: &first)
            restarted.apply(input, at: at, into: &second)
            #expect(steady.watermark == restarted.watermark)
            #expect(
                steady.nextDeadline(after: Timestamp(milliseconds: levels.time))
                    == restarted.nextDeadline(after: Timestamp(milliseconds: levels.time)))
        }
        #expect(first.events == second.events)
        #expect(steady.openEvents == restarted.openEvents)
        #expect(first.events.count > 5)
    }

    // What ran live, with all that happened, and its replay from the store and the journal.
    @Test(arguments: 0..<80 as Range<UInt64>)
    func `replay to the same events in every field`(seed: UInt64) throws {
        var levels = RandomLevels(seed: seed)
        let plan = everyPlan(&levels)
        var live = UnitMonitor(plan: plan)
        var output = RuleOutput()
        var journal: [JournalEntry] = []
        var stored: [Int64: Frame] = [:]
        func write(_ input: MonitorInput, _ watermark: Timestamp?, _ at: Timestamp) {
            journal.append(
                JournalEntry(
                    number: Int64(journal.count + 1), unit: plan.unit, watermark: watermark, at: at,
                    input: input))
        }
        for _ in 0..<2000 {
            let (input, at) = anyInput(&levels, plan)
            let watermark = live.watermark
            if case .frame(let journaled) = input {
                let frame = journaled.frame(of: plan.unit)
                guard watermark.map({ frame.time > $0 }) ?? true else { continue }
                // The first frame of a time is the one that is stored.
                if stored[frame.time.milliseconds] == nil { stored[frame.time.milliseconds] = frame }
                if live.mustBeJournaled(frame.time) { write(input, watermark, at) }
                live.take(frame, into: &output)
                continue
            }
            output.isDecided = false
            live.apply(input, at: at, into: &output)
            if case .tick = input, !output.isDecided { continue }
            write(input, watermark, at)
        }
        var replay = RuleReplay(plan: plan, journal: journal)
        let frames = stored.values.sorted { $0.time < $1.time }
        var start = 0
        while start < frames.count {
            let end = min(frames.count, start + Int.random(in: 1...700, using: &levels.random))
            replay.take(FrameColumns(Array(frames[start..<end])))
            start = end
        }
        replay.finish()
        let recorded = last(output.events + live.openEvents)
        let comparison = EventComparison(recorded: recorded, replayed: replay.events)
        #expect(comparison.differences == [])
        #expect(comparison.sameCount == recorded.filter { $0.kind == .rule }.count)
        #expect(comparison.sameCount > 0)
    }

    /// One input of any kind; mostly frames.
    private func anyInput(
        _ levels: inout RandomLevels, _ plan: MonitoringPlan
    ) -> (MonitorInput, Timestamp) {
        let at = Timestamp(milliseconds: levels.time + 700)
        if levels.chance(100) {
            levels.time += Int64.random(in: 10...1200, using: &levels.random) * 1000
            return (.tick(Timestamp(milliseconds: levels.time)), at)
        }
        if levels.chance(150) {
            var changed = plan
            if levels.chance(3) {
                changed.rules.remove(
                    at: Int.random(in: 0..<plan.rules.count, using: &levels.random))
            }
            if levels.chance(2) {
                changed.rules[0].thresholdTenths += 3
                changed.rules[0].version += 1
            }
            if levels.chance(2) { changed.rules[1].name = "renamed" }
            if levels.chance(8) { changed.location = "yard" }
            if levels.chance(8) { changed.timeZone = "Asia/Kolkata" }
            return (.plan(changed), at)
        }
        if levels.chance(250) {
            levels.time -= Int64.random(in: 1...3000, using: &levels.random) * 1000
            return (.clockStep, at)
        }
        if levels.chance(100) {
            let fault: FeedReport.Fault? = levels.chance(2) ? .unreachable : nil
            return (
                .feed(JournaledFeed(FeedReport(cadenceMilliseconds: 1000, fault: fault, since: at))), at
            )
        }
        return (.frame(JournaledFrame(levels.frame())), at)
    }

    /// A plan with a rule of each kind.
    private func everyPlan(_ levels: inout RandomLevels) -> MonitoringPlan {
        var rules = RuleMetric.allCases.filter { $0 != .laeq }.map { levels.rule($0) }
        rules[0].warningTenths = rules[0].thresholdTenths + (rules[0].comparison == .above ? -20 : 20)
        let window = Schedule(startMinute: 12 * 60 + 10, endMinute: 12 * 60 + 40)
        rules += [
            RuleStrip.average(69.5, .clock, 60), RuleStrip.average(69.5, .sliding, 120),
            RuleStrip.average(69, .clock, 300, consecutive: 2) { $0.warningTenths = 680 },
            RuleStrip.average(68, .window, 900) { $0.schedule = window },
            RuleStrip.average(69.5, .sliding, 60) {
                $0.schedule = window
                $0.durationSeconds = 10
            },
            RuleStrip.average(69, .clock, 60) { $0.comparison = .below },
        ]
        for index in rules.indices { rules[index].id = "rule-\(index)" }
        return MonitoringPlan(
            unit: RuleStrip.unit, location: "gate", timeZone: "Europe/London",
            monitoringHours: window, rules: rules)
    }

    /// Events as they were told last, by onset.
    private func last(_ events: [SoundEvent]) -> [SoundEvent] {
        let newest = Dictionary(events.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        return newest.values.sorted { ($0.onsetAt, $0.key) < ($1.onsetAt, $1.key) }
    }
}

extension OracleEvent {
    init(_ event: SoundEvent) {
        self.init(
            first: event.firstExceededAt.milliseconds, onset: event.onsetAt.milliseconds,
            peak: event.peakTenths!, peakAt: event.peakAt!.milliseconds,
            cleared: event.clearedAt?.milliseconds, reason: event.clearReason,
            suppressed: event.suppressed, samples: event.samples)
    }
}
