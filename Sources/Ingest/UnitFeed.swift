//  UnitFeed.swift · Ingest
//
//  How one unit is being read, told once per change.

import Monitoring

/// Cadence and fault of one unit's feed. Pure.
struct UnitFeed: Hashable, Sendable {
    /// The upstream's intervals between readings, in milliseconds.
    enum Cadence: Int64, Hashable, Sendable {
        /// Somebody watches.
        case full = 1000
        /// Its feed runs, nobody watches.
        case idle = 10_000
        /// No feed runs: the upstream's slow background poll.
        case background = 30_000
    }

    private struct Told: Hashable {
        let cadence: Cadence
        let fault: FeedReport.Fault?
    }

    var cadence: Cadence = .idle
    /// What is wrong with this unit alone.
    var fault: FeedReport.Fault?
    var isUpstreamFailed = false
    /// The upstream does not list it any more.
    var isGone = false
    private var told: Told?

    /// The cadence at which the upstream polls the meter; `nil` while it does not, or in vain.
    var cadenceInForce: Cadence? {
        isUpstreamFailed || isGone || fault == .unreachable || fault == .neverRead ? nil : cadence
    }

    /// - Returns: the report to hand on; `nil` when it would say what the last one said.
    mutating func report(at now: Timestamp) -> FeedReport? {
        let telling = Told(
            cadence: cadence, fault: isUpstreamFailed ? .upstreamDown : isGone ? .unusable : fault)
        guard telling != told else { return nil }
        told = telling
        return FeedReport(
            cadenceMilliseconds: telling.cadence.rawValue, fault: telling.fault, since: now)
    }
}
