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
    /// What the last request failed at, in a few words; `nil` after a good one.
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
    /// What somebody should look at though all work is done, as sentences.
    func warnings() -> [String]
    /// Everything that cannot be read.
    func damage() -> [Damage]
    /// Its numbers now. O(units + segments).
    func statistics() -> StoreStatistics
}

extension StoreHealth {
    package func warnings() -> [String] { [] }
}

/// The store in numbers; what happened counts from the start of the service.
package struct StoreStatistics: Hashable, Sendable {
    /// Segments of one level.
    package struct Segments: Hashable, Sendable {
        package var count = 0
        package var bytes = 0
        package init() {}
    }

    /// Durable in the log, not yet in a segment.
    package var framesInHead = 0
    /// Taken, not yet durable.
    package var framesWaiting = 0
    /// Made durable by commits and imports.
    package var framesStored: UInt64 = 0
    package var logFiles = 0
    package var logBytes = 0
    /// By level.
    package var segments: [UInt8: Segments] = [:]
    /// Group commits that wrote something.
    package var commits: UInt64 = 0
    /// How long the last of them took; `nil` before the first.
    package var lastCommit: Duration?
    /// Parts that cannot be read.
    package var damageCount = 0

    package init() {}
}

/// What became of the frames that came through the pipeline, since the start of the service.
///
/// Taken is the sum of accepted, late, repeated and dropped; accepted and late go to the store,
/// and end up as stored, duplicates, conflicts, rejected or lost.
package struct PipelineCounts: Hashable, Sendable {
    package var taken: UInt64 = 0
    /// New, shown as live.
    package var accepted: UInt64 = 0
    /// At or before their unit's watermark: not shown as live.
    package var late: UInt64 = 0
    /// Taken from an upstream's trail into a hole: not shown as live.
    package var filled: UInt64 = 0
    /// The reading before, once more.
    package var repeated: UInt64 = 0
    /// Not used, by reason.
    package var dropped: [FaultReason: UInt64] = [:]
    /// How often an upstream's clock went back.
    package var clockSteps: UInt64 = 0

    package var stored: UInt64 = 0
    /// Stored already.
    package var duplicates: UInt64 = 0
    /// Another frame of the same unit and time is stored: refused.
    package var conflicts: UInt64 = 0
    /// Outside the times that the store takes.
    package var rejected: UInt64 = 0
    /// Neither disk nor memory took them.
    package var lost: UInt64 = 0

    /// Observations in the channel now, and how many it holds before senders wait.
    package var waiting = 0
    package var waitingMaximum = 0

    package init() {}
}

/// Tells what became of frames. Implemented by the pipeline.
package protocol PipelineHealth: Sendable {
    var counts: PipelineCounts { get }
    /// What somebody should look at, as sentences; empty when all is well.
    func warnings() -> [String]
}

extension PipelineHealth {
    package func warnings() -> [String] { [] }
}
