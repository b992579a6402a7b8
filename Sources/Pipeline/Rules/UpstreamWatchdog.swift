//  UpstreamWatchdog.swift · Pipeline
//
//  An upstream that does not answer is one event, and not one of each of its units.

package import Monitoring

/// Watches over one upstream. Pure; times are of our clock.
package struct UpstreamWatchdog: Hashable, Sendable {
    package let upstream: String
    /// The event while it lasts.
    package private(set) var event: SoundEvent?

    /// - Parameter event: one that was open when the program ended, to go on with.
    package init(upstream: String, event: SoundEvent? = nil) {
        self.upstream = upstream
        self.event = event
    }

    /// Takes note of whether the upstream fails, as ingest judges it.
    ///
    /// - Parameters:
    ///   - failingSince: since when it does; `nil`: it answers.
    /// - Returns: the event, when it began or ended.
    package mutating func observe(failingSince: Timestamp?, at now: Timestamp) -> SoundEvent? {
        if let failingSince {
            guard event == nil else { return nil }
            event = SoundEvent(
                kind: .upstreamDown, unit: nil, upstream: upstream, firstExceededAt: failingSince,
                onsetAt: now)
            return event
        }
        guard var ended = event else { return nil }
        event = nil
        ended.end(.recovered, at: now, decidedAt: now)
        return ended
    }
}
