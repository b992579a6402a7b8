//  Watchdogs.swift · Pipeline
//
//  What watches over a meter itself, through the same events: that it is heard, that it measures
//  when it has to, and that what it says can be true.

import Monitoring

/// The watchdogs of one unit. Pure: times are those of frames.
struct Watchdogs: Sendable {
    /// Not measuring for so long inside the monitoring hours is an event, in milliseconds.
    static let stoppedMaximum: Int64 = 300_000
    /// The same level, to 0.1 dB, for so long is one.
    static let unchangedMaximum: Int64 = 600_000

    private let hours: ScheduleWindows?
    private let maxDwell: Int64
    private let noData: Int64
    var state: State

    struct State: Hashable, Sendable, Codable {
        var sampleAt: Int64?
        var feed: JournaledFeed?
        /// Since when the meter has not been measuring.
        var stoppedAt: Int64?
        /// The level that does not change, and since when.
        var level: Int16?
        var levelSince: Int64?
        var levelAt: Int64?
        /// The monitoring hours that hold; `nil`: to be looked up.
        var span: ScheduleWindows.Span?
        var connectivity: SoundEvent?
        /// The onset of the event of a lost unit that ended because it moved: where it stands now it
        /// is lost from when that is looked at, which is another event.
        var lostAt: Int64?
        var notMeasuring: SoundEvent?
        var implausible: SoundEvent?
    }

    init(plan: MonitoringPlan, clock: any LocalClock, state: State = State()) {
        hours = plan.monitoringHours.map { ScheduleWindows($0, on: clock) }
        maxDwell = plan.maxDwellMilliseconds
        noData = plan.noDataMilliseconds
        self.state = state
    }

    /// Another plan for the same assignment. Only changed hours end what they began.
    mutating func follow(
        _ plan: MonitoringPlan, clock: any LocalClock, hoursChanged: Bool, at time: Int64,
        decidedAt: Int64, _ output: inout RuleOutput
    ) {
        if hoursChanged {
            state.span = nil
            state.stoppedAt = state.stoppedAt.map { max($0, time) }
            Watchdogs.close(&state.notMeasuring, .ruleChanged, at: time, decidedAt, &output)
        }
        self = Watchdogs(plan: plan, clock: clock, state: state)
    }

    mutating func take(
        at time: Int64, _ flags: FrameState, _ level: Int16, into output: inout RuleOutput
    ) {
        Watchdogs.close(&state.connectivity, .recovered, at: time, time, &output)
        state.sampleAt = time
        state.lostAt = nil
        watchMeasuring(at: time, flags.contains(.measuring), &output)
        watchLevel(at: time, flags.contains(.measuring) ? level : nil, &output)
    }

    private mutating func watchMeasuring(
        at time: Int64, _ isMeasuring: Bool, _ output: inout RuleOutput
    ) {
        guard let hours else { return }
        if state.span.map({ time >= $0.end }) ?? true {
            if let span = state.span {
                Watchdogs.close(&state.notMeasuring, .windowEnd, at: span.end, time, &output)
            }
            state.span = hours.span(at: time)
        }
        guard !isMeasuring else {
            state.stoppedAt = nil
            Watchdogs.close(&state.notMeasuring, .recovered, at: time, time, &output)
            return
        }
        state.stoppedAt = state.stoppedAt ?? time
        guard let span = state.span, span.isInside, state.notMeasuring == nil else { return }
        let since = max(state.stoppedAt!, span.start)
        if time - since >= Watchdogs.stoppedMaximum {
            state.notMeasuring = Watchdogs.event(.notMeasuring, since: since, at: time, nil, &output)
        }
    }

    private mutating func watchLevel(
        at time: Int64, _ level: Int16?, _ output: inout RuleOutput
    ) {
        guard let level else {
            Watchdogs.close(&state.implausible, .measurementStopped, at: time, time, &output)
            (state.level, state.levelSince, state.levelAt) = (nil, nil, nil)
            return
        }
        guard level != FrameBlock.none else { return }
        if let last = state.levelAt, state.implausible != nil, time - last > noData {
            Watchdogs.close(&state.implausible, .noData, at: last, time, &output)
            state.level = nil
        }
        let isHole = state.levelAt.map { time - $0 > max(maxDwell, 30_000) } ?? true
        state.levelAt = time
        guard level == state.level, !isHole || state.implausible != nil else {
            Watchdogs.close(&state.implausible, .recovered, at: time, time, &output)
            state.level = level
            state.levelSince = time
            return
        }
        if state.implausible == nil, let since = state.levelSince,
            time - since >= Watchdogs.unchangedMaximum
        {
            state.implausible = Watchdogs.event(.implausible, since: since, at: time, level, &output)
        }
    }

    /// How the unit is being read changed.
    mutating func note(_ feed: JournaledFeed) {
        // One stretch of failing, whatever it is called meanwhile.
        var feed = feed
        if feed.isFailing, let known = state.feed, known.isFailing { feed.since = known.since }
        state.feed = feed
    }

    /// The upstream's clock went back.
    mutating func clockStep() {
        state.span = nil
        state.level = nil
        state.stoppedAt = nil
        state.sampleAt = nil
    }

    /// It has become `time`, and no frame came.
    mutating func tick(_ time: Int64, decidedAt: Int64, _ output: inout RuleOutput) {
        if let due = silentAt, due <= time {
            let since = state.sampleAt ?? state.feed!.since.milliseconds
            let onset = state.lostAt.map { max(time, $0 + 1) } ?? due
            state.connectivity = Watchdogs.event(.connectivity, since: since, at: onset, nil, &output)
        }
        if let last = state.levelAt, state.implausible != nil, last + noData <= time {
            Watchdogs.close(&state.implausible, .noData, at: last, decidedAt, &output)
            state.level = nil
        }
        if let span = state.span, state.notMeasuring != nil, span.end + noData <= time {
            Watchdogs.close(&state.notMeasuring, .windowEnd, at: span.end, decidedAt, &output)
        }
    }

    func deadline(after time: Int64) -> Int64 {
        var deadline = Deadline(after: time)
        if let silentAt { deadline.add(silentAt) }
        if let last = state.levelAt, state.implausible != nil { deadline.add(last + noData) }
        if let span = state.span, state.notMeasuring != nil, span.end != .max {
            deadline.add(span.end + noData)
        }
        return deadline.instant
    }

    /// When the unit counts as lost: its newest sample is older than three times its cadence, and
    /// three attempts, a cadence apart, have failed.
    private var silentAt: Int64? {
        guard state.connectivity == nil, let feed = state.feed, feed.isFailing else { return nil }
        let cadence = max(1000, feed.cadenceMilliseconds)
        let since = feed.since.milliseconds
        return max((state.sampleAt ?? since) + 3 * cadence + 1, since + 2 * cadence)
    }

    /// Ends all, for a reason.
    mutating func end(
        _ reason: SoundEvent.ClearReason, at time: Int64, decidedAt: Int64,
        _ output: inout RuleOutput
    ) {
        state.lostAt = state.connectivity?.onsetAt.milliseconds ?? state.lostAt
        Watchdogs.close(&state.connectivity, reason, at: time, decidedAt, &output)
        Watchdogs.close(&state.notMeasuring, reason, at: time, decidedAt, &output)
        Watchdogs.close(&state.implausible, reason, at: time, decidedAt, &output)
    }

    var openEvents: [SoundEvent] {
        [state.connectivity, state.notMeasuring, state.implausible].compactMap { $0 }
    }

    private static func event(
        _ kind: SoundEvent.Kind, since: Int64, at time: Int64, _ tenths: Int16?,
        _ output: inout RuleOutput
    ) -> SoundEvent {
        let event = SoundEvent(
            kind: kind, unit: output.unit, location: output.location,
            firstExceededAt: Timestamp(milliseconds: since),
            onsetAt: Timestamp(milliseconds: time), tenths: tenths)
        output.isDecided = true
        output.events.append(event)
        return event
    }

    private static func close(
        _ event: inout SoundEvent?, _ reason: SoundEvent.ClearReason, at time: Int64,
        _ decidedAt: Int64, _ output: inout RuleOutput
    ) {
        guard var ended = event else { return }
        event = nil
        ended.end(reason, at: Timestamp(milliseconds: time), decidedAt: Timestamp(milliseconds: decidedAt))
        output.isDecided = true
        output.events.append(ended)
    }
}

extension JournaledFeed {
    /// The unit itself does not answer. An upstream that is down is one event of its own, and a
    /// unit that never was read was not lost.
    fileprivate var isFailing: Bool {
        switch fault.flatMap(FeedReport.Fault.init) {
        case .unreachable, .unusable: true
        case .upstreamDown, .neverRead, nil: false
        }
    }
}

extension SoundEvent {
    /// Ends it; never before its onset.
    mutating func end(_ reason: ClearReason, at time: Timestamp, decidedAt: Timestamp) {
        clearedAt = max(time, onsetAt)
        closedAt = decidedAt
        clearReason = reason
        lastExceededAt = clearedAt!
        exceededMilliseconds = clearedAt!.milliseconds(since: firstExceededAt)
    }
}
