//  Demand.swift · Monitoring
//
//  Who needs which unit at full rate, and what became of it. A unit at full rate polls its meter
//  each second over a cellular line, and an upstream freezes beyond 15 connections.

/// Who needs a unit at full rate. Implemented by ingest.
package protocol Demand: Sendable {
    /// A viewer of `unit` arrived: an open unit or location page, not an overview tile.
    func begin(_ unit: UnitID)
    /// A viewer counted by ``begin(_:)`` left.
    func end(_ unit: UnitID)
    /// Sets the units that enabled rules need at full rate. They go before all viewers.
    func setRuleNeeds(_ units: Set<UnitID>)
}

/// At what rate a unit is read, and why.
package struct UnitRate: Hashable, Sendable {
    /// Whether it is asked for at full rate. Readings may come fast only some seconds later.
    package var isFull: Bool
    package var reason: Reason
    /// Open pages that look at it.
    package var viewerCount: Int

    /// The first five hold at full rate, the others at the idle one or below.
    package enum Reason: String, CaseIterable, Sendable {
        /// `rate` is `full`.
        case configuredFull = "configured_full"
        /// An enabled rule cannot be judged at the idle cadence.
        case rule
        /// Somebody looks.
        case viewer
        /// The last viewer left less than 30 s ago.
        case lingering
        /// Nobody needs more.
        case unwanted
        /// `rate` is `idle`.
        case configuredIdle = "configured_idle"
        /// It is wanted, but 13 units of its upstream are at full rate, which is all that the
        /// upstream bears: rules go first, then the newest viewers.
        case upstreamFull = "upstream_full"
        /// It is wanted, but 13 feeds run at its upstream, whoever started them, and its own is
        /// none of them.
        case monitorsFull = "monitors_full"
    }

    package init(isFull: Bool, reason: Reason, viewerCount: Int = 0) {
        self.isFull = isFull
        self.reason = reason
        self.viewerCount = viewerCount
    }
}

/// How much cellular data a unit's polling by its upstream costs. An estimate: the upstream does
/// not count it.
package struct CellularEstimate: Hashable, Sendable {
    /// At the present rate.
    package var bytesPerDay: Int64
    /// Since ``since``.
    package var bytes: Int64
    /// When counting began: the start of the service, or the unit's first appearance.
    package var since: Timestamp

    package init(bytesPerDay: Int64, bytes: Int64, since: Timestamp) {
        self.bytesPerDay = bytesPerDay
        self.bytes = bytes
        self.since = since
    }
}

/// How one unit is being read.
package struct UnitReport: Hashable, Sendable {
    package var rate: UnitRate
    package var cellular: CellularEstimate
    /// Whether the upstream listed it last time; `nil` before the first list.
    package var isListed: Bool?
    /// Whether a feed runs for it at the upstream; without one the upstream polls it in the
    /// background, each 30 s at best. `nil` while not known.
    package var hasMonitor: Bool?

    package init(
        rate: UnitRate, cellular: CellularEstimate, isListed: Bool? = nil, hasMonitor: Bool? = nil
    ) {
        self.rate = rate
        self.cellular = cellular
        self.isListed = isListed
        self.hasMonitor = hasMonitor
    }
}

/// Tells how units are being read. Implemented by ingest.
package protocol UnitHealth: Sendable {
    /// - Returns: `nil` for a unit that is not read: it is not known, or its upstream is not
    ///   configured any more. O(1).
    func report(of unit: UnitID) -> UnitReport?
}
