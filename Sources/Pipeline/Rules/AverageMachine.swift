//  AverageMachine.swift · Pipeline
//
//  Averages of whole periods against a rule: clock periods, or one schedule window at a time.
//
//      local     22:00   22:15   22:30   22:45   23:00
//      average   ├─ 64 ──┼─ 66 ──┼─ 67 ──┼─ 65 ──┤          limit 65
//      judged            kept    onset   above   recovered  each at its end
//
//  When the energy so far, spread over the whole period, is beyond the limit already, nothing can
//  bring the period back: the event begins at once.

import Monitoring

/// Judges periods of `lp` against a rule. Pure: event time is an argument.
struct AverageMachine: Sendable {
    private(set) var copy: RuleCopy
    let limits: RuleLimits
    let isClock: Bool
    let consecutive: Int
    let windows: ScheduleWindows
    var periods: ClockPeriods
    /// Of the unit's plan; see ``MonitoringPlan``.
    var noData: Int64
    var coverageMinimum: Double
    var state: State

    struct State: Hashable, Sendable, Codable {
        var span: ScheduleWindows.Span?
        /// The period under way; `nil` outside all windows.
        var period: Period?
        var alarmRun: RunTally?
        var warningRun: RunTally?
        /// The last event, and whether it is open.
        var event: EventTally?
        var isOpen = false
        /// The newest sample's time.
        var sampleAt: Int64?
        /// Nothing before this tick counts.
        var floor: Int64
        /// The sum of the period under way at which an event begins at once.
        var certainSum: UInt128 { UInt128(certainHigh) << 64 | UInt128(certainLow) }
        var hasNoData: Bool { isOpen && event!.hasNoData }
        var certainHigh: UInt64 = .max
        var certainLow: UInt64 = .max
    }

    /// A period, and what it has come to so far.
    struct Period: Hashable, Sendable, Codable {
        let start: Int64
        let end: Int64
        /// Its length without what the window cuts off at its beginning, in ticks.
        let length: Int64
        /// It ends because the window does, before its time.
        let isCut: Bool
        var sum = EnergySum()
        var covered: Int64 = 0
        var isOverloaded = false
        /// What of it was counted in the open event already, because it is certain to be beyond.
        var counted: Counted?
    }

    /// What of a period under way is in the event that it began.
    struct Counted: Hashable, Sendable, Codable {
        let ticks: Int64
        let covered: Int64
    }

    init(_ rule: AlertRule, plan: MonitoringPlan, clock: any LocalClock, floor: Int64) {
        let averaging = rule.averaging ?? Averaging()
        copy = RuleCopy(rule)
        limits = RuleLimits(rule)
        isClock = averaging.mode == .clock
        consecutive = max(1, averaging.consecutive)
        windows = ScheduleWindows(rule.schedule, on: clock)
        periods = ClockPeriods(lengthMilliseconds: Int64(averaging.seconds) * 1000, on: clock)
        noData = plan.noDataMilliseconds
        coverageMinimum = plan.coverageMinimum
        state = State(floor: floor)
    }

    /// Another rule that means the same: the open event keeps its copy.
    mutating func rename(_ rule: AlertRule) { copy = RuleCopy(rule) }

    var openEvent: EventTally? { state.isOpen ? state.event : nil }

    mutating func take(_ block: FrameBlock, into output: inout RuleOutput) {
        guard let levels = block.columns[Metric.lp.rawValue] else { return }
        var index = 0
        while index < block.count {
            if let span = state.span, !span.isInside, block.times[index] < span.end {
                index = block.firstIndex(atOrAfter: span.end)
            } else {
                index = addPlain(block, levels, from: index)
            }
            guard index < block.count else { return }
            take(block, levels, index, &output)
            index += 1
        }
    }

    /// Adds frames as long as nothing about them is special: all of a frame is in the period, it is
    /// measuring, has a level, and does not make a breach certain.
    private mutating func addPlain(
        _ block: FrameBlock, _ levels: UnsafePointer<Int16>, from start: Int
    ) -> Int {
        guard var period = state.period, !state.hasNoData else { return start }
        let low = max(Dwell.tick(period.start), state.floor)
        let high = Dwell.tick(period.end)
        let certain = state.certainSum
        let lowest = Int16(EnergySum.tabled.lowerBound)
        let classes = UInt16(EnergySum.tabled.count)
        var sum = period.sum.raw
        var covered: Int64 = 0
        var index = start
        EnergySum.table.withUnsafeBufferPointer { table in
            while index < block.count {
                let end = block.ends[index]
                let weight = Int64(block.weights[index])
                let place = UInt16(bitPattern: levels[index] &- lowest)
                // Neither stopped nor overloaded: those are looked at one by one.
                guard place < classes, end < high, end &- weight >= low,
                    block.states[index] & AverageMachine.plainMask == AverageMachine.plain
                else { break }
                let next = sum &+ table[Int(place)] &* UInt128(truncatingIfNeeded: weight)
                guard next < certain else { break }
                sum = next
                covered &+= weight
                index &+= 1
            }
        }
        guard index > start else { return start }
        period.sum.raw = sum
        period.covered += covered
        state.period = period
        state.sampleAt = block.times[index - 1]
        return index
    }

    private static let plainMask = FrameState([.measuring, .over]).rawValue
    private static let plain = FrameState.measuring.rawValue

    /// Takes any frame.
    private mutating func take(
        _ block: FrameBlock, _ levels: UnsafePointer<Int16>, _ index: Int,
        _ output: inout RuleOutput
    ) {
        let time = block.times[index]
        let flags = FrameState(rawValue: block.states[index])
        let level = levels[index]
        let isSample = flags.contains(.measuring) && level != FrameBlock.none
        let frame = Part(
            time: time, from: block.ends[index] - Int64(block.weights[index]),
            until: block.ends[index], tenths: isSample ? level : FrameBlock.none,
            isOver: flags.contains(.over))
        move(to: frame, &output)
        guard flags.contains(.measuring) else {
            stop(at: time, &output)
            return
        }
        guard isSample, state.span?.isInside ?? false else { return }
        if state.hasNoData {
            state.event!.hasNoData = false
            output.step(.dataBack, at: time, of: copy)
            output.add(state.event!)
        }
        state.sampleAt = time
        if let period = state.period, period.sum.raw >= state.certainSum {
            beginCertain(at: time, &output)
        }
    }

    /// What one frame stands for.
    struct Part {
        let time: Int64
        let from: Int64
        let until: Int64
        /// `Levels.none`: nothing.
        let tenths: Int16
        let isOver: Bool
    }

    /// Adds a frame to the periods that it covers, and judges those that are over.
    private mutating func move(to frame: Part, _ output: inout RuleOutput) {
        let isFresh = state.span == nil
        if isFresh { enter(at: frame.time) }
        if isFresh, state.isOpen, state.period == nil {
            // The clock went back to where there is no window.
            close(.windowEnd, at: frame.time, decidedAt: frame.time, &output)
        }
        state.add(frame)
        while let end = state.period?.end ?? state.span.map(\.end), end <= frame.time {
            if state.period != nil { finishPeriod(decidedAt: frame.time, &output) }
            if end == state.span!.end { leaveWindow(decidedAt: frame.time, &output) }
            enter(at: end)
            state.add(frame)
            skipEmpty(before: frame, &output)
        }
    }

    /// Goes past periods of which nothing is known, however many.
    private mutating func skipEmpty(before frame: Part, _ output: inout RuleOutput) {
        guard let period = state.period, period.end <= frame.time, period.covered == 0,
            Dwell.tick(period.end) <= frame.from || frame.tenths == FrameBlock.none
        else { return }
        breakRuns()
        output.step(.notJudged, at: period.end, of: copy)
        let to = min(frame.time, state.span!.end)
        if let last = state.sampleAt, state.isOpen, to - last > noData {
            close(.noData, at: last, decidedAt: frame.time, &output)
        }
        if frame.time >= state.span!.end { leaveWindow(decidedAt: frame.time, &output) }
        enter(at: frame.time)
        state.add(frame)
    }

    /// Goes on to the window and the period that hold `time`.
    mutating func enter(at time: Int64) {
        if state.span.map({ time >= $0.end }) ?? true { state.span = windows.span(at: time) }
        let span = state.span!
        guard span.isInside else {
            state.period = nil
            return
        }
        if isClock {
            let period = periods.period(at: time)
            let end = min(period.end, span.end)
            state.period = Period(
                start: max(period.start, span.start), end: end,
                length: Dwell.tick(period.end) - Dwell.tick(period.start),
                isCut: end < period.end)
        } else {
            state.period = Period(
                start: span.start, end: span.end,
                length: Dwell.tick(span.end) - Dwell.tick(span.start), isCut: false)
        }
        foresee()
    }

    mutating func leaveWindow(decidedAt: Int64, _ output: inout RuleOutput) {
        guard let span = state.span, span.isInside else { return }
        close(.windowEnd, at: span.end, decidedAt: decidedAt, &output)
        // Windows follow each other as periods do; periods do not reach from one into the next.
        if isClock { breakRuns() }
    }
}

extension AverageMachine.State {
    /// Adds what of a frame lies in the period.
    fileprivate mutating func add(_ frame: AverageMachine.Part) {
        guard frame.tenths != FrameBlock.none, let period else { return }
        let low = max(frame.from, floor, Dwell.tick(period.start))
        let high = min(frame.until, Dwell.tick(period.end))
        guard high > low else { return }
        self.period!.sum.add(frame.tenths, ticks: high - low)
        self.period!.covered += high - low
        if frame.isOver { self.period!.isOverloaded = true }
    }
}
