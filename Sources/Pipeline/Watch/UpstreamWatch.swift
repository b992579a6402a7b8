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
            var watched: [String: Watched] = [:]
            for event in open {
                guard let upstream = event.upstream else { continue }
                watched[upstream] = Watched(
                    watchdog: UpstreamWatchdog(upstream: upstream, event: event),
                    failingSince: event.firstExceededAt)
            }
            while !Task.isCancelled {
                try? await pace.sleep(for: .seconds(1))
                let events = UpstreamWatch.look(
                    at: upstreams.upstreams(), with: &watched, now: clock.now)
                if !events.isEmpty { keeper.submit(events) }
            }
        }
    }

    struct Watched {
        var watchdog: UpstreamWatchdog
        /// Since when it has not answered, however it failed meanwhile.
        var failingSince: Timestamp?
    }

    /// What began or ended. Pure. An upstream that is no more is not down either.
    static func look(
        at statuses: [UpstreamStatus], with watched: inout [String: Watched], now: Timestamp
    ) -> [SoundEvent] {
        var events: [SoundEvent] = []
        var gone = Set(watched.keys)
        for status in statuses {
            gone.remove(status.id)
            guard status.state != .starting else { continue }
            var one = watched[status.id]
                ?? Watched(watchdog: UpstreamWatchdog(upstream: status.id))
            one.failingSince = status.state == .ok ? nil : one.failingSince ?? status.since
            let isDue = one.failingSince.map { since in
                one.watchdog.event != nil || now.milliseconds(since: since) >= patienceMilliseconds
            } ?? false
            let event = one.watchdog.observe(failingSince: isDue ? one.failingSince : nil, at: now)
            watched[status.id] = one
            if let event { events.append(event) }
        }
        for id in gone.sorted() {
            if let event = watched[id]?.watchdog.observe(failingSince: nil, at: now) {
                events.append(event)
            }
            watched[id] = nil
        }
        return events
    }
}
