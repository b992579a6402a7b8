//  RuleMachine.swift · Pipeline
//
//  One rule over one unit's samples (docs/alerts.md). Pure: event time is an argument.
//
//      idle ──exceeds──▶ pending ──held for duration──▶ active ──recovered──▶ clearing
//       ▲ ◀──not exceeding──┘                              ▲ ◀──not recovered──┘   │
//       └──────────────────────────────held for duration───────────────────────────┘
//
//  A warning level has a run of its own; an event belongs to the higher level that it has reached.

import Monitoring

/// Judges samples of a metric, or the sliding average of them, against a rule.
struct RuleMachine: Sendable {
    private(set) var copy: RuleCopy
    let limits: RuleLimits
    let metric: RuleMetric
    let duration: Int64
    let cooldown: Int64
    let gap: Int64
    let windows: ScheduleWindows
    /// Of the unit's plan; see ``MonitoringPlan``.
    var noData: Int64
    var coverageMinimum: Double
    var state: State

    struct State: Hashable, Sendable, Codable {
        /// The stretch of the schedule that holds; `nil`: to be looked up at the next frame.
        var span: ScheduleWindows.Span?
        /// The newest sample's time; kept up while the machine is not idle.
        var sampleAt: Int64?
        /// The tick at which it ends.
        var sampleEnd: Int64?
        var alarmRun: RunTally?
        var warningRun: RunTally?
        /// The first of the samples running that have recovered.
        var recoveringSince: Int64?
        /// The last event, and whether it is open.
        var event: EventTally?
        var isOpen = false
        /// The last onset, and the last one of an alarm: a warning holds back no alarm.
        var onsetAt: Int64?
        var alarmOnsetAt: Int64?
        var sliding: SlidingAverage?

        var isIdle: Bool {
            @inline(__always) get { !isOpen && alarmRun == nil && warningRun == nil }
        }
    }

    /// - Parameter floor: no average holds what lies before this tick.
    init(_ rule: AlertRule, plan: MonitoringPlan, clock: any LocalClock, floor: Int64) {
        copy = RuleCopy(rule)
        limits = RuleLimits(rule)
        metric = rule.metric
        // A maximum rises in a moment, so nothing has to last.
        duration = Int64(rule.durationSeconds) * 1000
        cooldown = Int64(rule.cooldownSeconds) * 1000
        gap = Int64(rule.gapSeconds) * 1000
        windows = ScheduleWindows(rule.schedule, on: clock)
        noData = plan.noDataMilliseconds
        coverageMinimum = plan.coverageMinimum
        state = State()
        if rule.metric == .laeq {
            state.sliding = SlidingAverage(seconds: rule.averaging?.seconds ?? 900, floor: floor)
        }
    }

    /// Another rule that means the same: the open event keeps its copy.
    mutating func rename(_ rule: AlertRule) { copy = RuleCopy(rule) }

    var openEvent: EventTally? { state.isOpen ? state.event : nil }
    /// Whether it looks at values that a new measurement begins anew.
    var isCumulative: Bool { metric != .lp && metric != .laeq }
    private var onsetDuration: Int64 { metric == .lmax ? 0 : duration }

    mutating func take(_ block: FrameBlock, into output: inout RuleOutput) {
        var index = 0
        while index < block.count {
            let time = block.times[index]
            if state.span.map({ time >= $0.end }) ?? true { enterSpan(at: time, &output) }
            let span = state.span!
            let end = span.end == .max ? block.count : block.firstIndex(atOrAfter: span.end)
            if span.isInside { judge(block, index..<end, &output) }
            index = end
        }
    }

    private mutating func judge(
        _ block: FrameBlock, _ range: Range<Int>, _ output: inout RuleOutput
    ) {
        switch metric {
        case .laeq: judgeAverages(block, range, &output)
        case .lmax: judge(block, block.rises, block.columns[0], range, &output)
        default:
            let values = block.columns[metric.column]
            judge(block, values, values, range, &output)
        }
    }

    /// - Parameters:
    ///   - values: what may exceed.
    ///   - others: what may recover.
    private mutating func judge(
        _ block: FrameBlock, _ values: UnsafePointer<Int16>?, _ others: UnsafePointer<Int16>?,
        _ range: Range<Int>, _ output: inout RuleOutput
    ) {
        var index = range.lowerBound
        while index < range.upperBound {
            if state.isIdle {
                index = limits.firstBeyond(values, index..<range.upperBound)
                if index == range.upperBound { return }
            }
            let time = block.times[index]
            expire(before: time, &output)
            let flags = block.states[index]
            let value = values?[index] ?? FrameBlock.none
            let other = others?[index] ?? FrameBlock.none
            if flags & FrameBlock.measuring == 0 {
                stop(at: time, decidedAt: time, &output)
            } else if value != FrameBlock.none || other != FrameBlock.none {
                take(
                    Sample(
                        time: time, end: block.ends[index], weight: Int64(block.weights[index]),
                        value: value, other: other, isOver: flags & FrameBlock.over != 0), &output)
            }
            index += 1
        }
    }
}

// MARK: - One sample

extension RuleMachine {
    struct Sample {
        let time: Int64
        /// It covers the `weight` ticks before this one.
        let end: Int64
        let weight: Int64
        /// What may exceed, in tenths; `Levels.none`: does not.
        let value: Int16
        /// What may recover; `Levels.none`: does not.
        let other: Int16
        let isOver: Bool

        /// Whether it is beyond a limit.
        @inline(__always)
        func exceeds(_ limit: RuleLimits.Limit, _ sign: Int32) -> Bool {
            value != FrameBlock.none && sign * Int32(value) > limit.threshold
        }
    }

    mutating func take(_ sample: Sample, _ output: inout RuleOutput) {
        if !state.isIdle, let last = state.sampleAt, sample.time - last > gap {
            endRuns(at: sample.time, &output)
            state.recoveringSince = nil
        }
        let previous = state.isIdle ? nil : state.sampleEnd
        let elapsed = previous.map { max(sample.weight, sample.end - $0) } ?? sample.weight
        if state.isOpen { follow(sample, elapsed, &output) }
        if !state.isOpen { seekOnset(sample, elapsed, &output) }
        state.sampleAt = sample.time
        state.sampleEnd = sample.end
    }

    // MARK: No event is open

    private mutating func seekOnset(
        _ sample: Sample, _ elapsed: Int64, _ output: inout RuleOutput
    ) {
        if extend(\.alarmRun, sample, elapsed, limits.alarm, &output) {
            if mayBegin(since: state.alarmOnsetAt, at: sample.time) {
                return begin(.alarm, state.alarmRun!, sample, &output)
            }
            hold(\.alarmRun, sample, &output)
        }
        guard let warning = limits.warning else { return }
        if extend(\.warningRun, sample, elapsed, warning, &output) {
            if mayBegin(since: state.onsetAt, at: sample.time) {
                return begin(.warning, state.warningRun!, sample, &output)
            }
            hold(\.warningRun, sample, &output)
        }
    }

    /// Adds the sample to a run, begins or ends one. Whether it has lasted.
    private mutating func extend(
        _ run: WritableKeyPath<State, RunTally?>, _ sample: Sample, _ elapsed: Int64,
        _ limit: RuleLimits.Limit, _ output: inout RuleOutput
    ) -> Bool {
        guard sample.exceeds(limit, limits.sign) else {
            end(run, at: sample.time, &output)
            return false
        }
        var tally = state[keyPath: run] ?? RunTally(start: sample.time)
        if tally.coveredTicks == 0 {
            output.step(.exceeded, at: sample.time, of: copy, sample.value)
            tally.spanTicks = sample.weight
        } else {
            tally.spanTicks += elapsed
        }
        tally.exceededTicks += sample.weight
        tally.coveredTicks += sample.weight
        tally.isOverloaded = tally.isOverloaded || sample.isOver
        state[keyPath: run] = tally
        return sample.time - tally.start >= onsetDuration
    }

    private func mayBegin(since onset: Int64?, at time: Int64) -> Bool {
        onset.map { time - $0 >= cooldown } ?? true
    }

    private mutating func hold(
        _ run: WritableKeyPath<State, RunTally?>, _ sample: Sample, _ output: inout RuleOutput
    ) {
        guard let isHeld = state[keyPath: run]?.isHeld, !isHeld else { return }
        state[keyPath: run]!.isHeld = true
        output.step(.held, at: sample.time, of: copy, sample.value)
    }

    /// Ends a run. One that the cooldown held back is counted; of one burst beyond both levels only
    /// once.
    private mutating func end(
        _ run: WritableKeyPath<State, RunTally?>, at time: Int64, _ output: inout RuleOutput
    ) {
        guard let tally = state[keyPath: run] else { return }
        state[keyPath: run] = nil
        guard tally.isHeld, !tally.isCounted, state.event != nil else {
            if !tally.isCounted { output.step(.withdrawn, at: time, of: copy) }
            return
        }
        state.warningRun?.isCounted = true
        state.event!.suppressed += 1
        output.step(.suppressed, at: time, of: copy)
        output.add(state.event!)
    }

    mutating func endRuns(at time: Int64, _ output: inout RuleOutput) {
        end(\.alarmRun, at: time, &output)
        end(\.warningRun, at: time, &output)
    }

    private mutating func begin(
        _ level: SoundEvent.Level, _ run: RunTally, _ sample: Sample, _ output: inout RuleOutput
    ) {
        state.event = EventTally(copy, level, from: run, onsetAt: sample.time, tenths: sample.value)
        state.isOpen = true
        state.onsetAt = sample.time
        if level == .alarm {
            state.alarmOnsetAt = sample.time
            state.alarmRun = nil
        }
        state.warningRun = nil
        state.recoveringSince = nil
        output.step(level == .alarm ? .onset : .warning, at: sample.time, of: copy, sample.value)
        output.add(state.event!)
    }

    // MARK: An event is open

    private mutating func follow(
        _ sample: Sample, _ elapsed: Int64, _ output: inout RuleOutput
    ) {
        let level = state.event!.level
        let limit = limits[level]
        if state.event!.hasNoData {
            state.event!.hasNoData = false
            output.step(.dataBack, at: sample.time, of: copy, sample.value)
            output.add(state.event!)
        }
        state.event!.take(
            sample, elapsed, isBeyond: sample.exceeds(limit, limits.sign), isAbove: limits.sign > 0)
        if level == .warning, extend(\.alarmRun, sample, elapsed, limits.alarm, &output) {
            state.event!.escalate(from: state.alarmRun!, at: sample.time)
            state.alarmRun = nil
            state.alarmOnsetAt = sample.time
            output.step(.onset, at: sample.time, of: copy, sample.value)
            output.add(state.event!)
        }
        seekClear(sample, &output)
    }

    private mutating func seekClear(_ sample: Sample, _ output: inout RuleOutput) {
        let clear = limits[state.event!.level].clear
        // A maximum that rises beyond the clear level has not recovered, whatever comes now.
        let hasRecovered =
            sample.other != FrameBlock.none && limits.sign * Int32(sample.other) < clear
            && (sample.value == FrameBlock.none || limits.sign * Int32(sample.value) < clear)
        guard hasRecovered else {
            if state.recoveringSince != nil {
                state.recoveringSince = nil
                output.step(.relapsed, at: sample.time, of: copy, sample.other)
            }
            return
        }
        if state.recoveringSince == nil {
            state.recoveringSince = sample.time
            output.step(.recovering, at: sample.time, of: copy, sample.other)
        }
        if sample.time - state.recoveringSince! >= duration {
            close(.recovered, at: sample.time, decidedAt: sample.time, &output)
        }
    }

    mutating func close(
        _ reason: SoundEvent.ClearReason, at time: Int64, decidedAt: Int64,
        _ output: inout RuleOutput
    ) {
        guard state.isOpen else { return }
        state.event!.close(reason, at: time, decidedAt: decidedAt)
        state.isOpen = false
        state.recoveringSince = nil
        let event = state.event!
        output.step(.peak, at: event.peakAt, of: event.copy, event.peakTenths)
        output.step(.cleared, at: event.clearedAt!, of: event.copy, event.lastTenths)
        output.add(event)
    }
}

extension RuleMetric {
    /// The column that holds it; `laeq` is made of the first.
    var column: Int {
        switch self {
        case .laeq, .lp: Metric.lp.rawValue
        case .lmax: Metric.lmax.rawValue
        case .leq: Metric.leq.rawValue
        case .lmin: Metric.lmin.rawValue
        case .lpeak: Metric.lpeak.rawValue
        case .ln1: Metric.ln1.rawValue
        case .ln2: Metric.ln2.rawValue
        }
    }
}
