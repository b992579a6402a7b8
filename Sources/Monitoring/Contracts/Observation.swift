//  Observation.swift · Monitoring
//
//  Ingest → pipeline: what was seen upstream.

/// Something that ingest saw at an upstream.
package enum Observation: Sendable, Hashable {
    /// A reading; possibly one that was seen before, or a late one: the pipeline's scrub decides.
    case frame(Frame)
    /// A change in how a unit is being read.
    case feed(UnitID, FeedReport)
}

/// How a unit is being read at present.
package struct FeedReport: Hashable, Sendable {
    /// The upstream's interval between readings at the rate asked for, in milliseconds.
    package let cadenceMilliseconds: Int64
    /// Why no readings come; `nil` while they do.
    package let fault: Fault?
    /// Since when this report holds.
    package let since: Timestamp

    package enum Fault: String, Sendable {
        /// The upstream says that it cannot reach the meter.
        case unreachable
        /// The upstream itself does not answer.
        case upstreamDown = "upstream_down"
        /// The upstream answers, but not with anything usable for this unit.
        case unusable
        /// The upstream has never had a reading of this unit.
        case neverRead = "waiting"
    }

    package init(cadenceMilliseconds: Int64, fault: Fault?, since: Timestamp) {
        self.cadenceMilliseconds = cadenceMilliseconds
        self.fault = fault
        self.since = since
    }
}

/// Where ingest hands over what it saw.
package protocol ObservationSink: Sendable {
    /// Hands over `observations`, oldest first within each unit.
    ///
    /// Waits while the pipeline is behind (its queue is bounded): the caller then polls later, and
    /// what it missed shows as a gap.
    func take(_ observations: [Observation]) async
}
