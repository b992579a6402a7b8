//  Health.swift · Monitoring
//
//  What the stages say about themselves, for `/readyz` and pages.

/// How an upstream is doing.
package struct UpstreamStatus: Hashable, Sendable {
    package enum State: String, Sendable {
        /// Answers.
        case ok
        /// Not asked yet.
        case starting
        /// Refuses connections, or answers nothing usable.
        case down
        /// Accepts connections and does not answer in time.
        case stalled
    }
    package let id: String
    package let url: String
    package let state: State
    /// Units read through it.
    package let units: Int
    /// Since when this state holds.
    package let since: Timestamp
    /// Its units at full rate.
    package var fullRateCount = 0
    /// Feeds that run there, whoever started them; `nil` while not known.
    package var monitorCount: Int?
    /// How far the upstream's clock is ahead of ours, from its `Date`; `nil` before the first
    /// answer. To the second.
    package var clockOffsetMilliseconds: Int64?
    /// What the last failed request failed at, as a sentence; `nil` after a good one.
    package var failure: String?
    /// Requests made since the start, and those that got no usable answer.
    package var requestCount: UInt64 = 0
    package var failureCount: UInt64 = 0

    package init(id: String, url: String, state: State, units: Int, since: Timestamp) {
        self.id = id
        self.url = url
        self.state = state
        self.units = units
        self.since = since
    }
}

/// Tells how the upstreams are doing. Implemented by ingest.
package protocol UpstreamHealth: Sendable {
    /// All upstreams, sorted by id.
    func upstreams() -> [UpstreamStatus]
}

/// Tells how the store is doing. Implemented by the store.
package protocol StoreHealth: Sendable {
    /// Why the store cannot do all of its work now, as sentences; empty when it can.
    func reasons() -> [String]
    /// Everything that cannot be read.
    func damage() -> [Damage]
}
