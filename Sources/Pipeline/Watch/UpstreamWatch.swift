//  UpstreamWatch.swift · Pipeline
//
//  Looks each second whether upstreams answer: one that does not is one event.

import Logging
package import Monitoring
import ServiceLifecycle

/// Raises and ends the events of upstreams.
package struct UpstreamWatch: Service {
    /// An upstream that fails for less is not told of, in milliseconds: one lost answer is nothing.
    static let patienceMilliseconds: Int64 = 30_000

    private let upstreams: any UpstreamHealth
    private let open: [SoundEvent]
    private let keeper: EventKeeper
    private let clock: any WallClock
    private let pace: any Clock<Duration>

    /// - Parameter open: events of upstreams that were open when the program ended.
    package init(
        upstreams: any UpstreamHealth, open: [SoundEvent], keeper: EventKeeper,
        clock: any WallClock, pace: any Clock<Duration> = ContinuousClock()
    ) {
        self.upstreams = upstreams
        self.open = open
        self.keeper = keeper
        self.clock = clock
        self.pace = pace
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var watchdogs: [String: UpstreamWatchdog] = [:]
            for event in open {
                guard let upstream = event.upstream else { continue }
                watchdogs[upstream] = UpstreamWatchdog(upstream: upstream, event: event)
            }
            while !Task.isCancelled {
                try? await pace.sleep(for: .seconds(1))
                let events = UpstreamWatch.look(
                    at: upstreams.upstreams(), with: &watchdogs, now: clock.now)
                guard !events.isEmpty else { continue }
                var batch = LedgerBatch()
                batch.events = events
                keeper.submit(batch)
            }
        }
    }

    /// What began or ended. Pure. An upstream that is no more is not down either.
    static func look(
        at statuses: [UpstreamStatus], with watchdogs: inout [String: UpstreamWatchdog],
        now: Timestamp
    ) -> [SoundEvent] {
        var events: [SoundEvent] = []
        var gone = Set(watchdogs.keys)
        for status in statuses {
            gone.remove(status.id)
            guard status.state != .starting else { continue }
            var watchdog = watchdogs[status.id] ?? UpstreamWatchdog(upstream: status.id)
            let isFailing =
                status.state != .ok
                && (watchdog.event != nil
                    || now.milliseconds(since: status.since) >= patienceMilliseconds)
            let event = watchdog.observe(
                failingSince: isFailing ? status.since : nil, at: now)
            watchdogs[status.id] = watchdog
            if let event { events.append(event) }
        }
        for id in gone.sorted() {
            if let event = watchdogs[id]?.observe(failingSince: nil, at: now) {
                events.append(event)
            }
            watchdogs[id] = nil
        }
        return events
    }
}
