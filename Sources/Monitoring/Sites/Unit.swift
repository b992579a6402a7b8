//  Unit.swift · Monitoring
//
//  What is configured about a meter.

/// A sound level meter as configured.
package struct Unit: Hashable, Sendable {
    package let id: UnitID
    /// ``Upstream/id``.
    package var upstream: String
    /// The unit's name at the upstream, a plain one (``UnitID/isPlain(_:)``); two upstreams may use
    /// the same.
    package var upstreamUnit: String
    /// The percentages of the two percentile slots, 0.1 … 99.9 in tenths; `nil` until an operator
    /// sets them, because the upstream does not tell.
    package var ln1Percent: Double?
    package var ln2Percent: Double?
    /// `A`, `C` or `Z`; `nil` while not known.
    package var frequencyWeighting: String?
    /// `F`, `S` or `I`; `nil` while not known.
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
