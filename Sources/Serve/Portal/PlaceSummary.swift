//  PlaceSummary.swift · Serve
//
//  A place at a glance: what a tile shows.

import Monitoring

/// All places of a client at one moment.
struct PortalOverview: Sendable {
    let now: Timestamp
    let client: Client
    let session: PortalSession
    /// By name.
    let places: [PlaceSummary]
}

/// A place at a glance.
struct PlaceSummary: Sendable {
    let state: PlaceState
    /// Breaches of shown limits that last.
    let active: [SoundEvent]
    /// The limit that counts most now; `nil` when none is shown.
    let limit: PlaceLimit?
    let lane: Lane

    var place: Place { state.place }
}

/// A limit, and what it judges now.
struct PlaceLimit: Sendable {
    let rule: AlertRule
    let isInForce: Bool
    /// The limit's own quantity now, dB; `nil` while there is none.
    let decibels: Double?
    /// Of the breach that lasts.
    let activeSince: Timestamp?
}

/// A day in quarters of an hour.
struct Lane: Sendable {
    static let stepSeconds: Int64 = 900
    static let count = 96

    let from: Timestamp
    /// Energy means of `lp` in dB; `nil` where nothing was measured.
    let means: [Double?]
    /// Breaches of shown limits, ascending; without end: it lasts.
    let above: [(start: Timestamp, end: Timestamp?)]
}
