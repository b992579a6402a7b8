//  UnitFeed+Monitor.swift · Simulator
//
//  The monitor of a unit: who keeps it running, and what it says of the unit.

extension UnitFeed {
    struct Monitor: Sendable {
        var isKeptAlive = false
        var subscribers = 0
        /// What a new subscriber is given at once: the last frame that was no heartbeat.
        var lastFrame: FeedFrame?
        var lastSent: UpstreamTime
        /// What a replay sends: see ``UnitFeed/oldFrame(behind:)``.
        var oldFrame: FeedFrame?
        var sentCount = 0
        var isRunning: Bool { isKeptAlive || subscribers > 0 }
    }

    /// `idle`, `watched` or `backoff`.
    var mode: String {
        if !isReachable { return "backoff" }
        return pace == .watched ? "watched" : "idle"
    }

    /// The monitor's word, the only truthful one for a unit that has a monitor.
    var isReachable: Bool { isKnown && failures == 0 }

    var isWatched: Bool { monitor.map { $0.subscribers > 0 } ?? false }

    mutating func keepMonitor(at time: UpstreamTime) {
        monitorEnabled = true
        run(at: time) { $0.isKeptAlive = true }
    }

    mutating func dropMonitor() {
        monitorEnabled = false
        monitor?.isKeptAlive = false
    }

    /// The upstream begins anew and knows nothing of a monitor. There must be no subscriber.
    mutating func forgetMonitor() {
        precondition(!isWatched)
        monitor = nil
        failures = 0
    }

    /// - Returns: the frame to replay to the new subscriber. The sleeping loop is not woken.
    mutating func subscribe(at time: UpstreamTime) -> FeedFrame? {
        run(at: time) { $0.subscribers += 1 }
        return monitor?.lastFrame
    }

    mutating func unsubscribe() {
        precondition(isWatched)
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
