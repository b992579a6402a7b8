//  UnitIntake.swift · Ingest
//
//  Answers about one unit in, observations out. Everything that is known of a unit between two
//  readings is here, and nothing in here waits.
//
//      answer ─▶ SampleFilter ─▶ ReadingOrder ─▶ MeasuringState ─▶ MeasurementRun ─▶ Frame
//            └─▶ UnitFeed ─▶ FeedReport, on change     Frame ─▶ HoleBook ─▶ trail ─▶ Frame

import Monitoring

/// Turns what an upstream says of one unit into observations. Pure; answers in order of arrival.
struct UnitIntake: Sendable {
    let unit: UnitID
    private(set) var counts = IntakeCounts()
    /// What was wrong so far, and how often. At most one entry for each reason.
    private(set) var faults: [FaultReason: UInt64] = [:]
    private(set) var cellular: CellularMeter
    /// Whether the upstream runs a feed for it; `nil` while not known.
    private(set) var hasMonitor: Bool?
    /// What the upstream's trail may fill.
    private(set) var holes: HoleBook
    private var filter = SampleFilter()
    private var order = ReadingOrder()
    private var measuring = MeasuringState()
    /// While measuring.
    private var run: MeasurementRun?
    private var feed = UnitFeed()
    private var isFull = false
    /// Whether readings do come fast. An upstream's loop sleeps on for up to 10 s after it was
    /// asked; until it wakes, a reading of 9 s ago is not late.
    private var isFast = false
    private var newestFromMonitor: Timestamp?
    /// The percentile that cannot be below the other, by the percentages that are configured.
    private var percentileOrder: (higher: Metric, lower: Metric)?
    /// When the last new reading came, and whether the upstream's word on it was found false since.
    private var movedAt: Duration?
    private var isLieCounted = false

    /// Two readings at most this far apart show that the upstream watches.
    private static let fastMaximumMilliseconds: Int64 = 5000
    /// Cadences without a new reading after which the meter does not answer, whatever is said.
    private static let missedCount = 3

    /// - Parameter newest: the newest frame of the unit that is stored, to carry on from.
    init(unit: UnitID, newest: Frame? = nil, at now: Moment) {
        self.unit = unit
        cellular = CellularMeter(since: now)
        holes = HoleBook(newest: newest)
        if let newest {
            filter = SampleFilter(newest)
            order = ReadingOrder(newest: newest.time)
            measuring = MeasuringState(newest)
            if measuring.isMeasuring { run = MeasurementRun(newest) }
        }
    }

    /// Takes what is configured of the unit.
    mutating func configure(_ unit: Unit) {
        percentileOrder =
            switch (unit.ln1Percent, unit.ln2Percent) {
            case (let first?, let second?) where first < second: (.ln1, .ln2)
            case (let first?, let second?) where first > second: (.ln2, .ln1)
            default: nil
            }
    }

    mutating func count(_ reason: FaultReason) { faults[reason, default: 0] += 1 }

    mutating func read(_ answer: SLMMStatus, at now: Moment) -> [Observation] {
        switch answer {
        case .neverRead:
            count(.neverRead)
            feed.fault = .neverRead
            return tell(at: now)
        case .reading(let reading, let isReachable):
            let (frame, isProof) = frame(reading, from: .status, at: now)
            if isProof || feed.fault != .unreachable { feed.fault = nil }
            // For a unit with a feed the upstream never updates this field.
            if hasMonitor == false, isReachable == false { lose() }
            if isReachable == true { doubtReachability(at: now) }
            return tell(at: now) + (frame.map { [.frame($0)] } ?? [])
        }
    }

    mutating func receive(_ message: SLMMMonitorMessage, at now: Moment) -> [Observation] {
        switch message {
        case .heartbeat:
            return []
        case .unreachable:
            filter.begin(.monitor)
            lose()
            return tell(at: now)
        case .reading(let reading):
            if let before = newestFromMonitor,
                (1...UnitIntake.fastMaximumMilliseconds).contains(
                    reading.time.milliseconds(since: before))
            {
                isFast = isFull
            }
            newestFromMonitor = reading.time
            let (frame, isProof) = frame(reading, from: .monitor, at: now)
            guard let frame else { return [] }
            if isProof || feed.fault != .unreachable { feed.fault = nil }
            return tell(at: now) + [.frame(frame)]
        }
    }

    /// An answer came that could not be used, or none although others get theirs.
    mutating func refuse(at now: Moment) -> [Observation] {
        feed.fault = .unusable
        return tell(at: now)
    }

    /// A socket is about to open: it will begin with a reading of any age.
    mutating func openSocket() { filter.reopen(.monitor) }

    /// The upstream's own word on its feeds, which a newer reading overrules.
    ///
    /// - Parameters:
    ///   - name: the unit's name there.
    ///   - monitors: `nil` while not known.
    mutating func learn(
        of name: String, from monitors: SLMMMonitors?, at now: Moment
    ) -> [Observation] {
        learn(
            hasMonitor: monitors?.running.contains(name),
            isUnreachable: monitors?.unreachable.contains(name) ?? false, at: now)
    }

    /// - Parameter hasMonitor: whether it runs one for this unit; `nil` while not known.
    mutating func learn(
        hasMonitor: Bool?, isUnreachable: Bool, at now: Moment
    ) -> [Observation] {
        self.hasMonitor = hasMonitor
        if isUnreachable {
            lose()
        } else if feed.fault == .unreachable, hasMonitor == true {
            feed.fault = nil
        }
        return tell(at: now)
    }

    mutating func askTrail(at now: Duration) -> TrailQuestion? { holes.ask(at: now) }

    mutating func forgetHoles() { holes.forget() }

    /// Takes the trail's answer.
    ///
    /// - Returns: frames without `lp` and without a start, which the trail does not tell.
    mutating func fill(_ question: TrailQuestion, from trail: SLMMTrail) -> [Observation] {
        for reason in trail.faults { count(reason) }
        return holes.close(question, with: trail).compactMap { point in
            guard isInOrder(point.levels) else {
                count(.outOfOrder)
                return nil
            }
            return .frame(
                Frame(
                    unit: unit, time: point.time, levels: point.levels,
                    state: FrameState.measuring.from(.trail)))
        }
    }

    mutating func setUpstreamFailed(_ isFailed: Bool, at now: Moment) -> [Observation] {
        feed.isUpstreamFailed = isFailed
        return tell(at: now)
    }

    /// - Parameter isGone: whether the upstream has stopped listing it.
    mutating func setGone(_ isGone: Bool, at now: Moment) -> [Observation] {
        feed.isGone = isGone
        return tell(at: now)
    }

    /// - Parameter isFull: whether the unit is asked for at full rate.
    mutating func setRate(isFull: Bool, at now: Moment) -> [Observation] {
        self.isFull = isFull
        if !isFull { isFast = false }
        newestFromMonitor = nil
        return tell(at: now)
    }

    private mutating func tell(at now: Moment) -> [Observation] {
        feed.cadence = isFull && isFast ? .full : hasMonitor == false ? .background : .idle
        cellular.set(feed.cadenceInForce, at: now)
        return feed.report(at: now.date).map { [.feed(unit, $0)] } ?? []
    }

    private mutating func lose() {
        if feed.fault != .unreachable { count(.unreachable) }
        feed.fault = .unreachable
    }

    /// The upstream says that it reaches the meter: is that so?
    private mutating func doubtReachability(at now: Moment) {
        let limit: Duration = .milliseconds(feed.cadence.rawValue) * UnitIntake.missedCount
        let isStill = movedAt.map { now.elapsed - $0 > limit } ?? false
        guard !isLieCounted, isStill || feed.fault == .unreachable else { return }
        isLieCounted = true
        count(.falselyReachable)
    }

    /// - Returns: the frame of a new reading, and whether it shows that the meter answers.
    private mutating func frame(
        _ reading: SLMMReading, from source: ReadingSource, at now: Moment
    ) -> (Frame?, isProof: Bool) {
        let isFirst: Bool
        switch filter.judge(reading, from: source) {
        case .new(let first): isFirst = first
        case .repeated:
            counts.repeated += 1
            return (nil, false)
        case .toldByOther:
            counts.toldByOther += 1
            return (nil, false)
        case .replayed:
            count(.replayed)
            return (nil, false)
        }
        counts.frames += 1
        movedAt = now.elapsed
        isLieCounted = false
        let place = order.judge(reading.time)
        let frame = frame(reading, at: place)
        // One without levels is not stored, so a hole goes on.
        if place != .late, frame.levels != Levels() { holes.observe(frame, at: now.elapsed) }
        return (frame, !isFirst)
    }

    private mutating func frame(_ reading: SLMMReading, at place: ReadingOrder.Place) -> Frame {
        var frame = Frame(
            unit: unit, time: reading.time, levels: reading.levels, state: reading.flags)
        if place == .stepped { run?.noteClockStep(at: reading.time) }
        if place != .late { follow(reading) }
        let isMeasuring =
            place == .late && reading.word != .unclear
            ? reading.word != .stopped : measuring.isMeasuring
        for reason in reading.faults {
            // What a stopped meter has not accumulated is not missing.
            let isMissed = isMeasuring || reading.levels[.lp] == nil
            if reason != .missingLevel || isMissed { count(reason) }
        }
        guard isMeasuring else { return frame }
        frame.state.insert(.measuring)
        let isInOrder = isInOrder(reading.levels)
        if !isInOrder { count(.outOfOrder) }
        guard place != .late else {
            if !isInOrder { frame.levels = reading.levels.momentary }
            frame.measurementStart = run.map { $0.start(ofLate: reading) } ?? reading.measurementStart
            return frame
        }
        var followed = reading
        if !isInOrder {
            // Nothing that such a reading has accumulated speaks for or against a reset.
            followed.levels = reading.levels.momentary
            followed.exposure = nil
        }
        var run = self.run ?? MeasurementRun()
        switch run.follow(followed) {
        case .continues: break
        case .reset: count(.hiddenReset)
        case .doubtful:
            count(.outOfOrder)
            followed.levels = reading.levels.momentary
        }
        self.run = run
        frame.levels = followed.levels
        frame.measurementStart = run.start
        return frame
    }

    /// Whether it measures, by a reading that is newer than those before.
    private mutating func follow(_ reading: SLMMReading) {
        let wasPhantom = measuring.isPhantom
        measuring.observe(reading)
        if measuring.isPhantom, !wasPhantom { count(.phantomStart) }
        if !measuring.isMeasuring { run = nil }
    }

    private func isInOrder(_ levels: Levels) -> Bool {
        guard levels.isInOrder else { return false }
        guard let order = percentileOrder, let higher = levels[order.higher],
            let lower = levels[order.lower]
        else { return true }
        return lower <= higher
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

    package init() {}
    package static func += (a: inout IntakeCounts, b: IntakeCounts) {
        a.frames += b.frames
        a.repeated += b.repeated
        a.toldByOther += b.toldByOther
    }
}
