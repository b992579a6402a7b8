//  UnitFeed.swift · Simulator
//
//  One unit as the upstream knows it: the cache row, the monitor, the trail, and the poll loop
//  that fills them. A name without a meter has a feed too, once somebody asks for its monitor:
//  its polls fail for ever, as with the real upstream. What goes wrong with a unit on request is
//  in `UnitFeed+Faults.swift`, the monitor in `UnitFeed+Monitor.swift`.
//
//  The state of the measurement is read every 30 s only while a monitor runs, and remembered in
//  between. So after a stop the monitor still believes in a measurement, and tells of a new one,
//  begun at its next poll, until it reads the state again: the *phantom restart*.

import Monitoring

/// What the upstream keeps of one unit. Pure: moved by ``wake()`` and by requests.
struct UnitFeed: Sendable {
    let name: String
    /// False for a name that was never on the roster.
    let isKnown: Bool
    /// False: the meter does not answer.
    var isPlugged = true
    /// What the upstream's wall clock is ahead of the play, in microseconds.
    var clockError: Int64 = 0
    /// The remembered wish to keep a monitor running.
    var monitorEnabled = true
    /// `nil` until a monitor ran.
    var monitor: Monitor?
    /// The last good reading; `nil` until there is one.
    var row: Reading?
    var trail = Trail()
    /// What the background poller notes; it skips units with a monitor.
    var background = BackgroundPolls()
    /// Since when the unit is on the roster without ever having answered.
    var unansweredSince: UpstreamTime?
    /// When the poll loop wakes; never while there is nothing to poll.
    var nextPoll = UnitFeed.never
    /// When a fault begins or ends next.
    var nextTurn = UnitFeed.never
    var faults = FaultTimeline()

    var meter: Meter?
    var playStart = UnitFeed.never
    var cadence: FeedCadence
    var readsStateNext = true
    var believesMeasuring = false
    var measurementStart: UpstreamTime?
    var failures = 0
    /// A stopped meter is believed to measure; until the end of this the state is not read.
    var phantom: Range<UpstreamTime>?
    private var random: SplitMix64

    static let never = UpstreamTime(microseconds: .max)
    /// Failed polls in a row before a unit is called unreachable.
    static let failuresMax = 3
    private static let heartbeatMicroseconds: Int64 = 25_000_000

    init(name: String, isKnown: Bool, isExact: Bool, seed: UInt64) {
        self.name = name
        self.isKnown = isKnown
        cadence = FeedCadence(isExact: isExact, start: UnitFeed.never)
        random = SplitMix64(seed: seed)
    }

    /// The play begins: `meter` measures since `time`, and is polled at once.
    mutating func begin(_ meter: Meter, at time: UpstreamTime) {
        self.meter = meter
        playStart = time
        cadence = FeedCadence(isExact: cadence.isExact, start: time)
        nextPoll = time
        believesMeasuring = true
        measurementStart = time
        if !isPlugged { unansweredSince = time }
        findNextTurn()
    }

    /// The play begins for a name without a meter: polls that were due before it are due now.
    mutating func beginWithoutMeter(at time: UpstreamTime) {
        nextPoll = max(nextPoll, time)
    }

    /// What is due next: a poll, or a fault's beginning or end.
    var nextWake: UpstreamTime { min(nextPoll, nextTurn) }

    /// Does what is due at ``nextWake``.
    ///
    /// - Returns: what to send, when somebody is subscribed, and the reading that was taken.
    mutating func wake() -> (frames: [FeedFrame], reading: Reading?) {
        // At the same instant the fault is first: it must be seen from its beginning.
        if nextTurn <= nextPoll {
            turn()
            return ([], nil)
        }
        return poll()
    }

    private mutating func poll() -> (frames: [FeedFrame], reading: Reading?) {
        let time = nextPoll
        let pace = self.pace
        guard isAnswering else {
            return (fail(at: time, pace: pace).map { [$0] } ?? [], nil)
        }
        failures = 0
        let reading = read(at: time, readsState: readsStateNext)
        if pace == .background { background.succeed(at: reading.time) }
        let step = cadence.next(after: time, pace: pace, random: &random)
        nextPoll = step.time
        readsStateNext = step.readsState
        let frame = send(.reading(reading), at: time)
        let replay = oldFrame(behind: frame)
        return ([frame, replay].compactMap { $0 }, reading)
    }

    /// The meter's answer to a request, now: fresher than the row, which it becomes.
    mutating func readNow(at time: UpstreamTime) -> Reading? {
        isAnswering ? read(at: time, readsState: true) : nil
    }

    /// - Returns: false when a measurement runs already: the real upstream answers 500.
    mutating func startMeasurement(at time: UpstreamTime) -> Bool {
        hear(until: time)
        guard meter?.start() == true else { return false }
        believesMeasuring = true
        measurementStart = stamp(time)
        restateRow(isMeasuring: true)
        return true
    }

    mutating func stopMeasurement(at time: UpstreamTime) {
        hear(until: time)
        meter?.stop()
        measurementStart = nil
        restateRow(isMeasuring: false)
    }

    mutating func resetMeasurement(at time: UpstreamTime) {
        hear(until: time)
        meter?.reset()
    }

    private mutating func read(at time: UpstreamTime, readsState: Bool) -> Reading {
        hear(until: time)
        if let phantom, time < phantom.upperBound {
            believesMeasuring = phantom.contains(time)
        } else if readsState || phantom != nil {
            believesMeasuring = meter!.isMeasuring
            phantom = nil
        }
        measurementStart = believesMeasuring ? measurementStart ?? stamp(time) : nil
        let reading = distorted(
            Reading(
                time: stamp(time), values: meter!.reading, isMeasuring: believesMeasuring,
                measurementStart: measurementStart))
        row = reading
        unansweredSince = nil
        trail.add(reading)
        return reading
    }

    private mutating func restateRow(isMeasuring: Bool) {
        guard let old = row else { return }
        row = Reading(
            time: old.time, values: old.values, isMeasuring: isMeasuring,
            measurementStart: measurementStart, display: old.display)
    }

    private mutating func fail(at time: UpstreamTime, pace: FeedCadence.Pace) -> FeedFrame? {
        failures += 1
        if pace == .background {
            background.fail(
                at: stamp(time), failures: failures, unreachableAfter: UnitFeed.failuresMax)
            nextPoll =
                isKnown
                ? cadence.next(after: time, pace: .background, random: &random).time
                : UnitFeed.never
            return nil
        }
        nextPoll = cadence.retry(
            after: time, failures: failures, isWatched: pace == .watched, isKnown: isKnown)
        readsStateNext = true
        if failures == UnitFeed.failuresMax { return send(.unreachable, at: time) }
        guard failures > UnitFeed.failuresMax, let lastSent = monitor?.lastSent,
            time.microseconds(since: lastSent) >= UnitFeed.heartbeatMicroseconds
        else { return nil }
        return send(.unreachableHeartbeat, at: time)
    }

    private mutating func send(_ content: FeedFrame.Content, at time: UpstreamTime) -> FeedFrame? {
        guard monitor?.isRunning == true else { return nil }
        let frame = FeedFrame(
            time: stamp(time.advanced(byMicroseconds: FeedFrame.delayMicroseconds)),
            content: content)
        if content != .unreachableHeartbeat { monitor?.lastFrame = frame }
        monitor?.lastSent = time
        return monitor!.subscribers > 0 ? frame : nil
    }

    mutating func hear(until time: UpstreamTime) {
        let second = Int(time.microseconds(since: playStart) / 1_000_000)
        meter?.hear(throughSecond: second)
    }

    var pace: FeedCadence.Pace {
        guard let monitor, monitor.isRunning else { return .background }
        return monitor.subscribers > 0 ? .watched : .idle
    }
}
