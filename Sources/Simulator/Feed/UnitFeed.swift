//  UnitFeed.swift · Simulator
//
//  One unit as the upstream knows it: the cache row, the monitor, the trail, and the poll loop
//  that fills them. A name without a meter has a feed too, once somebody asks for its monitor:
//  its polls fail for ever, as with the real upstream.
//
//  The state of the measurement is read every 30 s only while a monitor runs, and remembered in
//  between. So after a stop the monitor still believes in a measurement, and tells of a new one,
//  begun at its next poll, until it reads the state again: the *phantom restart*.

import Monitoring

/// What the upstream keeps of one unit. Pure: moved by ``poll()`` and by requests.
struct UnitFeed: Sendable {
    let name: String
    /// False for a name that is not on the roster.
    let isKnown: Bool
    /// False: the meter does not answer.
    var isPlugged = true
    /// The remembered wish to keep a monitor running.
    private(set) var monitorEnabled = true
    /// `nil` until a monitor ran.
    private(set) var monitor: Monitor?
    /// The cache row; `nil` until the first poll.
    private(set) var row: Reading?
    private(set) var trail = Trail()
    /// What the background poller notes; it skips units with a monitor.
    private(set) var background = BackgroundPolls()
    /// When the poll loop wakes; never while there is nothing to poll.
    private(set) var nextPoll = UnitFeed.never

    private var meter: Meter?
    private var playStart = UnitFeed.never
    private var cadence: FeedCadence
    private var random: SplitMix64
    private var readsStateNext = true
    private var believesMeasuring = false
    private var measurementStart: UpstreamTime?
    private var failures = 0

    struct Monitor: Sendable {
        var isKeptAlive = false
        var subscribers = 0
        /// What a new subscriber is given at once: the last frame that was no heartbeat.
        var lastFrame: FeedFrame?
        var lastSent: UpstreamTime
        var isRunning: Bool { isKeptAlive || subscribers > 0 }
    }

    static let never = UpstreamTime(microseconds: .max)
    /// Failed polls in a row before a unit is called unreachable.
    private static let failuresMax = 3
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
    }

    /// The play begins for a name without a meter: polls that were due before it are due now.
    mutating func beginWithoutMeter(at time: UpstreamTime) {
        nextPoll = max(nextPoll, time)
    }

    /// Polls the meter at ``nextPoll``.
    ///
    /// - Returns: what to send, when somebody is subscribed.
    mutating func poll() -> FeedFrame? {
        let time = nextPoll
        let pace = self.pace
        guard isPlugged, meter != nil else { return fail(at: time, pace: pace) }
        failures = 0
        read(at: time, readsState: readsStateNext)
        if pace == .background { background.succeed(at: time) }
        let step = cadence.next(after: time, pace: pace, random: &random)
        nextPoll = step.time
        readsStateNext = step.readsState
        return send(.reading(row!), at: time)
    }

    /// The meter's answer to a request, now: fresher than the row, which it becomes.
    mutating func readNow(at time: UpstreamTime) -> Reading? {
        guard isPlugged, meter != nil else { return nil }
        read(at: time, readsState: true)
        return row
    }

    /// - Returns: false when a measurement runs already: the real upstream answers 500.
    mutating func startMeasurement(at time: UpstreamTime) -> Bool {
        hear(until: time)
        guard meter?.start() == true else { return false }
        believesMeasuring = true
        measurementStart = time
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

    private mutating func read(at time: UpstreamTime, readsState: Bool) {
        hear(until: time)
        if readsState { believesMeasuring = meter!.isMeasuring }
        measurementStart = believesMeasuring ? measurementStart ?? time : nil
        let reading = Reading(
            time: time, values: meter!.reading, isMeasuring: believesMeasuring,
            measurementStart: measurementStart)
        row = reading
        trail.add(reading)
    }

    private mutating func restateRow(isMeasuring: Bool) {
        guard let old = row else { return }
        row = Reading(
            time: old.time, values: old.values, isMeasuring: isMeasuring,
            measurementStart: measurementStart)
    }

    private mutating func fail(at time: UpstreamTime, pace: FeedCadence.Pace) -> FeedFrame? {
        failures += 1
        if pace == .background {
            background.fail(at: time, failures: failures, unreachableAfter: UnitFeed.failuresMax)
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
            time: time.advanced(byMicroseconds: FeedFrame.delayMicroseconds), content: content)
        if content != .unreachableHeartbeat { monitor?.lastFrame = frame }
        monitor?.lastSent = time
        return monitor!.subscribers > 0 ? frame : nil
    }

    private mutating func hear(until time: UpstreamTime) {
        let second = Int(time.microseconds(since: playStart) / 1_000_000)
        meter?.hear(throughSecond: second)
    }

    private var pace: FeedCadence.Pace {
        guard let monitor, monitor.isRunning else { return .background }
        return monitor.subscribers > 0 ? .watched : .idle
    }
}

// The monitor.
extension UnitFeed {
    /// `idle`, `watched` or `backoff`.
    var mode: String {
        if !isReachable { return "backoff" }
        return pace == .watched ? "watched" : "idle"
    }

    /// The monitor's word, the only truthful one for a unit that has a monitor.
    var isReachable: Bool { isKnown && failures == 0 }

    mutating func keepMonitor(at time: UpstreamTime) {
        monitorEnabled = true
        run(at: time) { $0.isKeptAlive = true }
    }

    mutating func dropMonitor() {
        monitorEnabled = false
        monitor?.isKeptAlive = false
    }

    /// - Returns: the frame to replay to the new subscriber. The sleeping loop is not woken.
    mutating func subscribe(at time: UpstreamTime) -> FeedFrame? {
        run(at: time) { $0.subscribers += 1 }
        return monitor?.lastFrame
    }

    mutating func unsubscribe() {
        precondition(monitor.map { $0.subscribers > 0 } ?? false)
        monitor?.subscribers -= 1
    }

    private mutating func run(at time: UpstreamTime, _ change: (inout Monitor) -> Void) {
        let wasRunning = monitor?.isRunning ?? false
        var monitor = monitor ?? Monitor(lastSent: time)
        change(&monitor)
        self.monitor = monitor
        guard !wasRunning, !cadence.isExact || !isKnown else { return }
        // A monitor's loop begins by itself, it does not wait for the background poller's turn.
        readsStateNext = true
        if isKnown {
            if playStart != UnitFeed.never {
                nextPoll = min(nextPoll, time.advanced(byMicroseconds: 1_030_000))
            }
        } else {
            failures = 0
            nextPoll = time
        }
    }
}
