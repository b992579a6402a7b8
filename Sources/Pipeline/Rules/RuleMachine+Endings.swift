//  RuleMachine+Endings.swift · Pipeline
//
//  What moves a machine beside samples: windows, stops, silence, a clock that went back.

import Monitoring

extension RuleMachine {
    /// Closes an event that has been without samples too long before `time`.
    mutating func expire(before time: Int64, _ output: inout RuleOutput) {
        guard state.isOpen, let last = state.sampleAt, time - last > noData else { return }
        close(.noData, at: last, decidedAt: time, &output)
        endRuns(at: time, &output)
    }

    /// Ends what is under way, for a reason.
    mutating func end(
        _ reason: SoundEvent.ClearReason, at time: Int64, decidedAt: Int64,
        _ output: inout RuleOutput
    ) {
        close(reason, at: time, decidedAt: decidedAt, &output)
        endRuns(at: time, &output)
    }

    /// The meter is not measuring.
    mutating func stop(at time: Int64, decidedAt: Int64, _ output: inout RuleOutput) {
        end(.measurementStopped, at: time, decidedAt: decidedAt, &output)
        state.sliding?.reset(floor: Dwell.tick(time))
    }

    /// A measurement begins with the frame at `time`.
    ///
    /// - Parameter continues: the meter went on, and only its running values begin anew.
    mutating func newMeasurement(at time: Int64, continues: Bool, _ output: inout RuleOutput) {
        if isCumulative {
            expire(before: time, &output)
            end(.measurementStopped, at: time, decidedAt: time, &output)
        }
        if !continues { state.sliding?.reset(floor: Dwell.tick(time) - Dwell.loneTicks) }
    }

    /// The upstream's clock went back: runs break as by a gap.
    mutating func clockStep(at time: Int64, _ output: inout RuleOutput) {
        endRuns(at: time, &output)
        state.recoveringSince = nil
        state.sampleAt = nil
        state.span = nil
        state.sliding?.reset(floor: .min)
    }

    /// Goes on to the stretch that holds `time`; leaves the window in which it was.
    mutating func enterSpan(at time: Int64, _ output: inout RuleOutput) {
        let isAfterStep = state.span == nil
        if let span = state.span, span.isInside { leave(span, decidedAt: time, &output) }
        let span = windows.span(at: time)
        state.span = span
        if isAfterStep {
            // After a step, an onset lies in what is the future now: it was at the step, at most.
            state.onsetAt = state.onsetAt.map { min($0, time) }
            state.alarmOnsetAt = state.alarmOnsetAt.map { min($0, time) }
            if !span.isInside { end(.windowEnd, at: time, decidedAt: time, &output) }
        }
        if span.isInside, let sliding = state.sliding {
            let start = span.start == .min ? .min : Dwell.tick(span.start)
            if start > sliding.floor { state.sliding!.reset(floor: start) }
        }
    }

    private mutating func leave(
        _ span: ScheduleWindows.Span, decidedAt: Int64, _ output: inout RuleOutput
    ) {
        if let last = state.sampleAt, state.isOpen, span.end - last > noData {
            close(.noData, at: last, decidedAt: decidedAt, &output)
        }
        end(.windowEnd, at: span.end, decidedAt: decidedAt, &output)
    }

    /// It has become `time`, and no frame came.
    ///
    /// - Returns: the instant that was decided about, to which the watermark moves.
    mutating func tick(
        _ time: Int64, grace: Int64, decidedAt: Int64, _ output: inout RuleOutput
    ) -> Int64? {
        guard !state.isIdle, let span = state.span, span.isInside else { return nil }
        let windowEnd = span.end
        let dataEnd = state.isOpen ? state.sampleAt.map { $0 + noData } ?? .max : .max
        if dataEnd <= min(time, windowEnd) {
            close(.noData, at: state.sampleAt!, decidedAt: decidedAt, &output)
            endRuns(at: dataEnd, &output)
            return dataEnd
        }
        if state.isOpen || hasHeldRun, windowEnd != .max, windowEnd + grace <= time {
            leave(span, decidedAt: decidedAt, &output)
            state.span = windows.span(at: windowEnd)
            if state.span!.isInside { state.sliding?.reset(floor: Dwell.tick(windowEnd)) }
            return windowEnd
        }
        if state.isOpen, !state.event!.hasNoData, let last = state.sampleAt, last + gap + grace <= time {
            state.event!.hasNoData = true
            output.step(.noData, at: last, of: copy)
            output.add(state.event!)
        }
        return nil
    }

    /// The least time after `time` at which a tick could decide something more; `.max`: none.
    func deadline(after time: Int64, grace: Int64) -> Int64 {
        guard !state.isIdle, let span = state.span, span.isInside else { return .max }
        var deadline = Deadline(after: time)
        if state.isOpen || hasHeldRun, span.end != .max { deadline.add(span.end + grace) }
        if state.isOpen, let last = state.sampleAt {
            deadline.add(last + noData)
            if !state.event!.hasNoData { deadline.add(last + gap + grace) }
        }
        return deadline.instant
    }

    private var hasHeldRun: Bool {
        state.alarmRun?.isHeld ?? false || state.warningRun?.isHeld ?? false
    }
}
