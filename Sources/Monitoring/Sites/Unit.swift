//  Unit.swift · Monitoring
//
//  What is configured about meters and the services that they are reached through.

/// A device manager (SLMM) that units are reached through.
package struct Upstream: Hashable, Sendable {
    /// Ours, unique; for one given by URL only, its host and port.
    package let id: String
    /// Base URL, without a path: `http://127.0.0.1:8100`.
    package let url: String

    package init(id: String, url: String) {
        self.id = id
        self.url = url
    }
}

/// A sound level meter as configured.
package struct Unit: Hashable, Sendable {
    package let id: UnitID
    /// ``Upstream/id``.
    package var upstream: String
    /// The unit's name at the upstream; two upstreams may use the same.
    package var upstreamUnit: String
    /// The percentages of the two percentile slots; `nil` until an operator sets them, because the
    /// upstream does not tell.
    package var ln1Percent: Double?
    package var ln2Percent: Double?
    /// `A`, `C` or `Z`; `nil` while not known.
    package var frequencyWeighting: String?
    /// `F` or `S`; `nil` while not known.
    package var timeWeighting: String?
    package var rate: Rate

    /// How fast a unit shall be read.
    package enum Rate: String, CaseIterable, Sendable {
        /// Fast while somebody needs it.
        case auto
        /// Always at full rate: about eight times the cellular data.
        case full
        /// Never faster than the upstream's idle cadence.
        case idle
    }

    package init(
        id: UnitID, upstream: String, upstreamUnit: String, ln1Percent: Double? = nil,
        ln2Percent: Double? = nil, frequencyWeighting: String? = nil,
        timeWeighting: String? = nil, rate: Rate = .auto
    ) {
        self.id = id
        self.upstream = upstream
        self.upstreamUnit = upstreamUnit
        self.ln1Percent = ln1Percent
        self.ln2Percent = ln2Percent
        self.frequencyWeighting = frequencyWeighting
        self.timeWeighting = timeWeighting
        self.rate = rate
    }
}
