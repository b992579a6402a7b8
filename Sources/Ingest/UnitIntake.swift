//  UnitIntake.swift · Ingest
//
//  Answers about one unit in, observations out. Everything that is known of a unit between two
//  readings is here, and nothing in here waits.
//
//      answer ─▶ SampleFilter ─▶ MeasuringState ─▶ order check ─▶ Frame
//            └─▶ UnitFeed ─▶ FeedReport, on change

import Monitoring

/// Turns what an upstream says of one unit into observations. Pure; answers in order of arrival.
struct UnitIntake: Sendable {
    let unit: UnitID
    private(set) var counts = IntakeCounts()
    private var filter = SampleFilter()
    private var measuring = MeasuringState()
    private var feed = UnitFeed()
    private var isFull = false
    /// Whether readings do come fast. An upstream's loop sleeps on for up to 10 s after it was
    /// asked; until it wakes, a reading of 9 s ago is not late.
    private var isFast = false
    private var newestFromMonitor: Timestamp?
    private var hasMonitor: Bool?

    /// Two readings at most this far apart show that the upstream watches.
    private static let fastMaximumMilliseconds: Int64 = 5000

    init(unit: UnitID) { self.unit = unit }

    mutating func read(_ answer: SLMMStatus, at now: Timestamp) -> [Observation] {
        switch answer {
        case .neverRead:
            feed.fault = .neverRead
            return tell(at: now)
        case .reading(let reading, let isReachable):
            let frame = frame(reading, from: .status)
            if frame != nil || feed.fault != .unreachable { feed.fault = nil }
            // For a unit with a feed the upstream never updates this field.
            if hasMonitor == false, isReachable == false { feed.fault = .unreachable }
            return tell(at: now) + (frame.map { [.frame($0)] } ?? [])
        }
    }

    mutating func receive(_ message: SLMMMonitorMessage, at now: Timestamp) -> [Observation] {
        switch message {
        case .heartbeat:
            return []
        case .unreachable:
            feed.fault = .unreachable
            return tell(at: now)
        case .reading(let reading):
            if let before = newestFromMonitor,
                (1...UnitIntake.fastMaximumMilliseconds).contains(
                    reading.time.milliseconds(since: before))
            {
                isFast = isFull
            }
            newestFromMonitor = reading.time
            guard let frame = frame(reading, from: .monitor) else { return [] }
            feed.fault = nil
            return tell(at: now) + [.frame(frame)]
        }
    }

    /// An answer came that could not be used.
    mutating func refuse(at now: Timestamp) -> [Observation] {
        counts.undecodable += 1
        feed.fault = .unusable
        return tell(at: now)
    }

    /// The upstream's own word on its feeds, which a newer reading overrules.
    ///
    /// - Parameter hasMonitor: whether it runs one for this unit; `nil` while not known.
    mutating func learn(
        hasMonitor: Bool?, isUnreachable: Bool, at now: Timestamp
    ) -> [Observation] {
        self.hasMonitor = hasMonitor
        if isUnreachable {
            feed.fault = .unreachable
        } else if feed.fault == .unreachable, hasMonitor == true {
            feed.fault = nil
        }
        return tell(at: now)
    }

    mutating func setUpstreamFailed(_ isFailed: Bool, at now: Timestamp) -> [Observation] {
        feed.isUpstreamFailed = isFailed
        return tell(at: now)
    }

    /// - Parameter isFull: whether the unit is asked for at full rate.
    mutating func setRate(isFull: Bool, at now: Timestamp) -> [Observation] {
        self.isFull = isFull
        if !isFull { isFast = false }
        newestFromMonitor = nil
        return tell(at: now)
    }

    private mutating func tell(at now: Timestamp) -> [Observation] {
        feed.cadence = isFull && isFast ? .full : hasMonitor == false ? .background : .idle
        return feed.report(at: now).map { [.feed(unit, $0)] } ?? []
    }

    private mutating func frame(_ reading: SLMMReading, from source: ReadingSource) -> Frame? {
        switch filter.judge(reading, from: source) {
        case .repeated:
            counts.repeated += 1
            return nil
        case .toldByOther:
            counts.toldByOther += 1
            return nil
        case .new:
            break
        }
        counts.frames += 1
        measuring.observe(reading)
        var levels = reading.levels
        if measuring.isMeasuring, !levels.isInOrder {
            counts.outOfOrder += 1
            levels = levels.momentary
        }
        return Frame(
            unit: unit, time: reading.time, levels: levels,
            state: measuring.isMeasuring ? reading.flags.union(.measuring) : reading.flags,
            measurementStart: measuring.measurementStart)
    }
}

/// What became of the answers about units.
package struct IntakeCounts: Hashable, Sendable {
    /// Handed on.
    package var frames: UInt64 = 0
    /// The same reading again, from the same source.
    package var repeated: UInt64 = 0
    /// The same reading, told by `/status` and by `/monitor`.
    package var toldByOther: UInt64 = 0
    /// Handed on without their cumulative values, which contradicted each other.
    package var outOfOrder: UInt64 = 0
    /// Not JSON, beyond a bound, or not the shape of this call.
    package var undecodable: UInt64 = 0

    package init() {}
    package static func += (a: inout IntakeCounts, b: IntakeCounts) {
        a.frames += b.frames
        a.repeated += b.repeated
        a.toldByOther += b.toldByOther
        a.outOfOrder += b.outOfOrder
        a.undecodable += b.undecodable
    }
}
