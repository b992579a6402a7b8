//  UnitFeed+Faults.swift · Simulator
//
//  What goes wrong with one unit on request: how it begins and ends, and what it does to polls.

extension UnitFeed {
    /// Whether a poll of the meter succeeds.
    var isAnswering: Bool {
        isPlugged && meter != nil && !faults.has(.unplugged) && !faults.has(.neverReached)
            && isListed
    }

    /// Whether it is on the roster now.
    var isListed: Bool { isKnown && !faults.has(.removed) }

    mutating func add(_ entry: FaultTimeline.Entry) {
        faults.add(entry)
        findNextTurn()
    }

    mutating func removeFault(id: Int, at elapsed: Int64) {
        faults.remove(id: id, at: elapsed)
        findNextTurn()
    }

    /// The polls before `time` are not made.
    mutating func skip(to time: UpstreamTime) {
        if nextPoll < time { nextPoll = time }
    }

    mutating func findNextTurn() {
        nextTurn =
            playStart == UnitFeed.never || faults.nextEdge == .max
            ? UnitFeed.never : playStart.advanced(byMicroseconds: faults.nextEdge)
    }

    /// What begins or ends at ``nextTurn``.
    mutating func turn() {
        let time = nextTurn
        for edge in faults.turn() {
            switch edge {
            case .begins(let entry): begin(entry, at: time)
            case .ends(let entry): end(entry, at: time)
            }
        }
        findNextTurn()
    }

    private mutating func begin(_ fault: FaultTimeline.Entry, at time: UpstreamTime) {
        switch fault.kind {
        case .unplugged:
            if row == nil { unansweredSince = time }
        case .reset: resetMeasurement(at: time)
        case .stopped:
            hear(until: time)
            meter?.stop()
        case .phantomRestart:
            stopMeasurement(at: time)
            // The stop is seen for a second, whoever polls when.
            let begin = time.advanced(byMicroseconds: 1_000_000)
            phantom = begin..<time.advanced(byMicroseconds: Int64(fault.seconds) * 1_000_000)
        case .neverReached:
            row = nil
            trail = Trail()
            background = BackgroundPolls()
            monitor?.lastFrame = nil
            unansweredSince = time
        case .removed:
            // A monitor's poll that is under way writes the deleted row again.
            if monitor?.isRunning != true { row = nil }
        default: break
        }
    }

    private mutating func end(_ fault: FaultTimeline.Entry, at time: UpstreamTime) {
        switch fault.kind {
        case .stopped:
            hear(until: time)
            _ = meter?.start()
        case .phantomRestart:
            _ = startMeasurement(at: time)
            phantom = nil
        default: break
        }
    }

    /// What becomes of a reading on its way from the meter.
    func distorted(_ reading: Reading) -> Reading {
        guard !faults.active.isEmpty else { return reading }
        var values = faults.has(.noLevels) ? MeterReading() : reading.values
        if faults.has(.over) { values.isOver = true }
        if faults.has(.under) { values.isUnder = true }
        if faults.has(.outOfOrder), let leq = values[.leq] { values[.lmin] = leq + 30 }
        var distorted = Reading(
            time: reading.time, values: values, isMeasuring: reading.isMeasuring,
            measurementStart: reading.measurementStart)
        if faults.has(.blankField) { distorted.display = .blank }
        if faults.has(.garbledLevels) { distorted.display = .garbled }
        if faults.has(.measureWord) { distorted.stateWord = .measure }
        if faults.has(.garbledState) { distorted.stateWord = .garbled }
        return distorted
    }

    /// What the upstream's wall clock shows at an instant of the play.
    func stamp(_ time: UpstreamTime) -> UpstreamTime {
        let shown = time.advanced(byMicroseconds: clockError)
        return faults.has(.wholeSeconds) ? shown.wholeSecond : shown
    }

    private static let replaySpacing = 5

    /// The frame that is sent again behind `frame`, if that is its turn: five readings old.
    mutating func oldFrame(behind frame: FeedFrame?) -> FeedFrame? {
        guard let frame, var monitor else { return nil }
        defer { self.monitor = monitor }
        monitor.sentCount += 1
        guard monitor.sentCount % UnitFeed.replaySpacing == 0 else { return nil }
        defer { monitor.oldFrame = frame }
        return faults.has(.replay) ? monitor.oldFrame : nil
    }
}

// The cache row as it is answered.
extension UnitFeed {
    enum ShownRow {
        case none
        /// Made at that whole second for a unit that never answered.
        case created(UpstreamTime)
        case read(Reading)
    }

    /// From registration to the background poller's first try.
    private static let creationMicroseconds: Int64 = 10_000_000

    func shownRow(at now: UpstreamTime) -> ShownRow {
        if let row { return .read(row) }
        guard let creation, now >= creation else { return .none }
        return .created(creation.advanced(byMicroseconds: clockError).wholeSecond)
    }

    /// What the background poller noted.
    func shownPolls(at now: UpstreamTime) -> BackgroundPolls {
        guard row == nil, let creation, now >= creation else { return background }
        return .unanswered(since: creation, at: now, unreachableAfter: UnitFeed.failuresMax)
    }

    private var creation: UpstreamTime? {
        unansweredSince?.advanced(byMicroseconds: UnitFeed.creationMicroseconds)
    }
}
