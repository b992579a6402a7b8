//  EventTally.swift · Pipeline
//
//  An event while a machine adds to it.

import Monitoring

/// What a rule's last event has come to, in numbers. It is open until it is cleared; after that it
/// is kept to count the runs that its cooldown holds back.
struct EventTally: Hashable, Sendable, Codable {
    var copy: RuleCopy
    var level: SoundEvent.Level
    var firstExceededAt: Int64
    let onsetAt: Int64
    var escalatedAt: Int64?
    let onsetTenths: Int16
    var peakTenths: Int16
    var peakAt: Int64
    var lastExceededAt: Int64
    var lastTenths: Int16
    /// Of the samples beyond the limit, and of all, in ticks; and the time in which they lie.
    var exceededTicks: Int64
    var coveredTicks: Int64
    var spanTicks: Int64
    var suppressed = 0
    var samples = 1
    var isOverloaded: Bool
    var hasNoData = false
    var clearedAt: Int64?
    var closedAt: Int64?
    var reason: SoundEvent.ClearReason?

    init(
        _ copy: RuleCopy, _ level: SoundEvent.Level, from run: RunTally, onsetAt: Int64,
        tenths: Int16
    ) {
        self.copy = copy
        self.level = level
        self.onsetAt = onsetAt
        firstExceededAt = run.start
        onsetTenths = tenths
        peakTenths = tenths
        peakAt = onsetAt
        lastExceededAt = onsetAt
        lastTenths = tenths
        exceededTicks = run.exceededTicks
        coveredTicks = run.coveredTicks
        spanTicks = run.spanTicks
        isOverloaded = run.isOverloaded
    }

    /// A warning became an alarm: what lies beyond counts from that run.
    mutating func escalate(from run: RunTally, at time: Int64) {
        level = .alarm
        escalatedAt = time
        firstExceededAt = run.start
        lastExceededAt = time
        exceededTicks = run.exceededTicks
        coveredTicks = run.coveredTicks
        spanTicks = run.spanTicks
    }

    /// Takes a sample while it is open, `elapsed` ticks after the one before.
    mutating func take(
        _ sample: RuleMachine.Sample, _ elapsed: Int64, isBeyond: Bool, isAbove: Bool
    ) {
        samples += 1
        coveredTicks += sample.weight
        spanTicks += elapsed
        if sample.isOver { isOverloaded = true }
        if sample.value != FrameBlock.none { note(sample.value, at: sample.time, isAbove: isAbove) }
        guard isBeyond else { return }
        exceededTicks += sample.weight
        lastExceededAt = sample.time
    }

    /// Takes a value; a new peak is the first that goes beyond those before.
    @inline(__always)
    mutating func note(_ tenths: Int16, at time: Int64, isAbove: Bool) {
        lastTenths = tenths
        guard isAbove ? tenths > peakTenths : tenths < peakTenths else { return }
        peakTenths = tenths
        peakAt = time
    }

    /// Ends it. A clock that went back does not let it end before its onset.
    mutating func close(_ reason: SoundEvent.ClearReason, at time: Int64, decidedAt: Int64) {
        clearedAt = max(time, onsetAt)
        closedAt = decidedAt
        self.reason = reason
        hasNoData = false
    }

    func event(of unit: UnitID?, at location: String?) -> SoundEvent {
        var event = SoundEvent(
            kind: .rule, unit: unit, location: location, rule: copy.rule, level: level,
            firstExceededAt: Timestamp(milliseconds: firstExceededAt),
            onsetAt: Timestamp(milliseconds: onsetAt), tenths: onsetTenths)
        event.escalatedAt = escalatedAt.map(Timestamp.init(milliseconds:))
        event.peakTenths = peakTenths
        event.peakAt = Timestamp(milliseconds: peakAt)
        event.lastExceededAt = Timestamp(milliseconds: lastExceededAt)
        event.exceededMilliseconds = exceededTicks * Dwell.tickMilliseconds
        event.lastTenths = lastTenths
        event.clearedAt = clearedAt.map(Timestamp.init(milliseconds:))
        event.closedAt = closedAt.map(Timestamp.init(milliseconds:))
        event.clearReason = reason
        event.suppressed = suppressed
        event.samples = samples
        event.coverage =
            spanTicks > 0 ? min(1, Double(coveredTicks) / Double(spanTicks)) : nil
        event.isOverloaded = isOverloaded
        event.hasNoData = hasNoData
        return event
    }
}

/// Samples, or periods, running that are all beyond a limit.
struct RunTally: Hashable, Sendable, Codable {
    /// The first one's time, or the first period's start.
    let start: Int64
    var exceededTicks: Int64 = 0
    var coveredTicks: Int64 = 0
    var spanTicks: Int64 = 0
    var isOverloaded = false
    /// How many periods.
    var count = 0
    /// It has lasted, and the cooldown holds it back.
    var isHeld = false
    /// It was counted as suppressed already, at a higher limit.
    var isCounted = false

    init(start: Int64) { self.start = start }
}

extension RuleCopy: Hashable {
    static func == (a: RuleCopy, b: RuleCopy) -> Bool { a === b || a.rule == b.rule }
    func hash(into hasher: inout Hasher) { hasher.combine(rule) }
}
