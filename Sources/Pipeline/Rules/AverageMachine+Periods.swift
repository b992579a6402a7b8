//  AverageMachine+Periods.swift · Pipeline
//
//  What becomes of a period that is over, or certain to be beyond a limit.

import Monitoring

extension AverageMachine {
    /// Judges the period under way at its end.
    mutating func finishPeriod(decidedAt: Int64, _ output: inout RuleOutput) {
        guard let period = state.period else { return }
        state.period = nil
        guard let mean = value(of: period) else {
            breakRuns()
            output.step(.notJudged, at: period.end, of: copy)
            if let last = state.sampleAt, state.isOpen, period.end - last > noData {
                close(.noData, at: last, decidedAt: decidedAt, &output)
            }
            return
        }
        output.step(.judged, at: period.end, of: copy, mean)
        count(period, mean)
        if state.isOpen { follow(period, mean, decidedAt: decidedAt, &output) }
        if !state.isOpen {
            seekOnset(at: period.end, tenths: mean, decidedAt: decidedAt, &output)
        }
    }

    /// What a period is judged by, rounded to a tenth; `nil`: it is not judged.
    ///
    /// A period of too little coverage is judged all the same when it is certain to be beyond, and
    /// then by what is certain.
    private func value(of period: Period) -> Int16? {
        let isCovered =
            period.covered > 0 && !period.isCut
            && Double(period.covered) >= coverageMinimum * Double(period.length)
        if isCovered { return period.sum.mean(over: period.covered) }
        guard let first = least(limits.first, over: period.length), period.sum.raw >= first else {
            return nil
        }
        return period.sum.mean(over: period.length)
    }

    /// Counts a period in the runs of both levels.
    private mutating func count(_ period: Period, _ mean: Int16) {
        state.alarmRun = extended(state.alarmRun, by: period, mean, limits.alarm)
        state.warningRun = limits.warning.flatMap {
            extended(state.warningRun, by: period, mean, $0)
        }
    }

    private func extended(
        _ run: RunTally?, by period: Period, _ mean: Int16, _ limit: RuleLimits.Limit
    ) -> RunTally? {
        guard limits.sign * Int32(mean) > limit.threshold else { return nil }
        var tally = run ?? RunTally(start: period.start)
        tally.count += 1
        tally.exceededTicks += period.ticks
        tally.coveredTicks += min(period.covered, period.ticks)
        tally.spanTicks += period.ticks
        tally.isOverloaded = tally.isOverloaded || period.isOverloaded
        return tally
    }

    private mutating func seekOnset(
        at time: Int64, tenths: Int16, decidedAt: Int64, _ output: inout RuleOutput
    ) {
        if let run = state.alarmRun, run.count >= consecutive {
            begin(.alarm, run, at: time, tenths, &output)
        } else if let run = state.warningRun, run.count >= consecutive {
            begin(.warning, run, at: time, tenths, &output)
        }
    }

    private mutating func begin(
        _ level: SoundEvent.Level, _ run: RunTally, at time: Int64, _ tenths: Int16,
        _ output: inout RuleOutput
    ) {
        state.event = EventTally(copy, level, from: run, onsetAt: time, tenths: tenths)
        state.isOpen = true
        output.step(level == .alarm ? .onset : .warning, at: time, of: copy, tenths)
        output.add(state.event!)
        foresee()
    }

    /// Adds a period to the open event.
    private mutating func follow(
        _ period: Period, _ mean: Int16, decidedAt: Int64, _ output: inout RuleOutput
    ) {
        let exceeds = limits.sign * Int32(mean) > limits[state.event!.level].threshold
        let counted = period.counted
        if counted == nil { state.event!.samples += 1 }
        state.event!.coveredTicks += min(period.covered, period.ticks) - (counted?.covered ?? 0)
        state.event!.spanTicks += period.ticks - (counted?.ticks ?? 0)
        if period.isOverloaded { state.event!.isOverloaded = true }
        state.event!.note(mean, at: period.end, isAbove: limits.sign > 0)
        if exceeds {
            state.event!.exceededTicks += period.ticks - (counted?.ticks ?? 0)
            state.event!.lastExceededAt = period.end
        }
        if state.event!.level == .warning, let run = state.alarmRun, run.count >= consecutive {
            state.event!.escalate(from: run, at: period.end)
            output.step(.onset, at: period.end, of: copy, mean)
            output.add(state.event!)
        } else if !exceeds {
            close(.recovered, at: period.end, decidedAt: decidedAt, &output)
        } else {
            output.add(state.event!)
        }
    }

    // MARK: A breach that is certain

    /// The sum over `ticks` from which on a limit is passed; `nil` for what is below, which more
    /// energy can always undo.
    private func least(_ limit: RuleLimits.Limit, over ticks: Int64) -> UInt128? {
        limits.sign > 0 ? EnergySum.least(limits.firstBeyond(limit), over: ticks) : nil
    }

    /// Works out the sum at which the period under way begins or escalates an event.
    mutating func foresee() {
        var sum = UInt128.max
        if let period = state.period {
            let level = openEvent?.level
            if level != .alarm, (state.alarmRun?.count ?? 0) + 1 >= consecutive {
                sum = least(limits.alarm, over: period.length) ?? .max
            }
            if level == nil, let warning = limits.warning,
                (state.warningRun?.count ?? 0) + 1 >= consecutive
            {
                sum = min(sum, least(warning, over: period.length) ?? .max)
            }
        }
        state.certainHigh = UInt64(sum >> 64)
        state.certainLow = UInt64(truncatingIfNeeded: sum)
    }

    /// Begins or escalates the event of a period that is certain to be beyond a limit.
    mutating func beginCertain(at time: Int64, _ output: inout RuleOutput) {
        guard let period = state.period else { return }
        let mean = period.sum.mean(over: period.length)
        let isAlarm =
            limits.sign * Int32(mean) > limits.alarm.threshold
            && (state.alarmRun?.count ?? 0) + 1 >= consecutive
        let ticks = max(1, min(Dwell.tick(time) - Dwell.tick(period.start), period.ticks))
        let covered = min(period.covered, ticks)
        var run = (isAlarm ? state.alarmRun : state.warningRun) ?? RunTally(start: period.start)
        run.exceededTicks += ticks
        run.coveredTicks += covered
        run.spanTicks += ticks
        run.isOverloaded = run.isOverloaded || period.isOverloaded
        let wasCounted = period.counted != nil
        state.period!.counted = Counted(ticks: ticks, covered: covered)
        if state.isOpen {
            if !wasCounted { state.event!.samples += 1 }
            state.event!.escalate(from: run, at: time)
            state.event!.note(mean, at: time, isAbove: true)
            output.step(.onset, at: time, of: copy, mean)
            output.add(state.event!)
            foresee()
        } else {
            begin(isAlarm ? .alarm : .warning, run, at: time, mean, &output)
        }
    }

    // MARK: What ends things

    mutating func breakRuns() {
        state.alarmRun = nil
        state.warningRun = nil
    }

    mutating func close(
        _ reason: SoundEvent.ClearReason, at time: Int64, decidedAt: Int64,
        _ output: inout RuleOutput
    ) {
        guard state.isOpen else { return }
        state.event!.close(reason, at: time, decidedAt: decidedAt)
        state.isOpen = false
        let event = state.event!
        output.step(.peak, at: event.peakAt, of: event.copy, event.peakTenths)
        output.step(.cleared, at: event.clearedAt!, of: event.copy, event.lastTenths)
        output.add(event)
        foresee()
    }

    /// The meter is not measuring.
    mutating func stop(at time: Int64, _ output: inout RuleOutput) {
        close(.measurementStopped, at: time, decidedAt: time, &output)
        forget(floor: Dwell.tick(time))
    }

    /// A measurement begins with the frame at `time`; the meter did not go on from the one before.
    mutating func newMeasurement(at time: Int64) {
        forget(floor: Dwell.tick(time) - Dwell.loneTicks)
    }

    /// Lets nothing before the tick `floor` count.
    private mutating func forget(floor: Int64) {
        breakRuns()
        state.floor = floor
        guard let period = state.period else { return }
        state.period!.sum = EnergySum()
        state.period!.covered = 0
        state.period!.isOverloaded = false
        if period.counted != nil { state.period!.counted = Counted(ticks: 0, covered: 0) }
        foresee()
    }

    /// The upstream's clock went back.
    mutating func clockStep() {
        breakRuns()
        state.floor = .min
        state.span = nil
        state.period = nil
    }

    // MARK: When no frames come

    /// As ``RuleMachine/tick(_:grace:decidedAt:_:)``.
    mutating func tick(
        _ time: Int64, grace: Int64, decidedAt: Int64, _ output: inout RuleOutput
    ) -> Int64? {
        guard let period = state.period, let span = state.span else { return nil }
        if period.end + grace <= time {
            // What changes no event may as well be decided by the next frame.
            var trial = self
            var found = output
            let known = found.events.count
            var end = period.end
            repeat {
                trial.finishPeriod(decidedAt: decidedAt, &found)
                if end == span.end { trial.leaveWindow(decidedAt: decidedAt, &found) }
                trial.enter(at: end)
                if found.events.count > known {
                    self = trial
                    output = found
                    return end
                }
                end = trial.state.period?.end ?? .max
            } while trial.state.isOpen && end <= time - grace
        }
        if state.isOpen, !state.event!.hasNoData, let last = state.sampleAt,
            last + AverageMachine.silence + grace <= time
        {
            state.event!.hasNoData = true
            output.step(.noData, at: last, of: copy)
            output.add(state.event!)
        }
        return nil
    }

    /// An open event without samples for so long is marked, in milliseconds.
    static let silence: Int64 = 30_000

    /// As ``RuleMachine/deadline(after:grace:)``.
    func deadline(after time: Int64, grace: Int64) -> Int64 {
        guard let period = state.period, period.end != .max else { return .max }
        guard state.isOpen || period.covered > 0 else { return .max }
        var deadline = Deadline(after: time)
        deadline.add(period.end + grace)
        guard state.isOpen, let last = state.sampleAt else { return deadline.instant }
        // The first end of a period at which too much time has passed.
        let length = max(1, period.length * Dwell.tickMilliseconds)
        let periods = max(0, last + noData - period.end) / length + 1
        deadline.add(period.end + periods * length + grace)
        if !state.event!.hasNoData { deadline.add(last + AverageMachine.silence + grace) }
        return deadline.instant
    }
}

extension AverageMachine.Period {
    /// Its length without what the window cuts off at either end, in ticks.
    var ticks: Int64 { Dwell.tick(end) - Dwell.tick(start) }
}
