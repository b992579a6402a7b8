//  PlaceState.swift · Serve

import Monitoring

/// What a place is doing at one moment.
struct PlaceState: Sendable {
    /// The word for it, for people.
    enum Status: String, CaseIterable {
        case live, delayed, stopped, unassigned, waiting, unreachable
        case upstreamDown = "upstream_down"
    }

    let place: Place
    let now: Timestamp
    let status: Status
    let feed: LiveState.Status?
    /// The newest frame that was measured here, scrubbed.
    let newest: Frame?
    let cadenceMilliseconds: Int64?

    /// - Parameter state: of the unit that stands there; `nil` while none does.
    init(_ place: Place, _ state: LiveState?, at now: Timestamp) {
        self.place = place
        self.now = now
        guard let state, let stay = place.stay else {
            (status, feed, newest, cadenceMilliseconds) = (.unassigned, nil, nil, nil)
            return
        }
        let feed = state.status(at: now)
        newest = state.newest.flatMap(stay.scrubbed)
        cadenceMilliseconds = state.feed.map(\.cadenceMilliseconds)
        self.feed = feed
        switch feed {
        case .upstreamDown: status = .upstreamDown
        case .unreachable: status = .unreachable
        case .waiting: status = .waiting
        case .ok, .stale:
            guard let newest else {
                status = .waiting
                return
            }
            if !newest.state.contains(.measuring) {
                status = .stopped
            } else {
                status = feed == .ok ? .live : .delayed
            }
        }
    }

    /// `nil` before the first reading.
    var ageMilliseconds: Int64? { newest.map { max(0, now.milliseconds(since: $0.time)) } }
}
