//  Place.swift · Serve
//
//  A location as its client may see it: which units stood there when, its limits, and what it is
//  doing now.

import Monitoring

/// A location of a client, with what is configured there.
struct Place: Sendable {
    let location: Location
    let project: Project
    let clock: ZoneClock
    /// Of this location, ascending by time.
    let stays: [UnitStay]
    /// The one that holds now.
    let stay: UnitStay?
    /// The unit that stands there now, for the labels of its values.
    let unit: Unit?
    /// Enabled ones that clients are shown, ascending by name.
    let rules: [AlertRule]
    /// Ids of rules that clients are not shown.
    let hiddenRules: Set<String>

    init(_ owned: OwnedLocation, in sites: Sites, units: [Unit], at now: Timestamp) {
        location = owned.location
        project = owned.project
        clock = ZoneClock(name: owned.project.timeZone) ?? .utc
        stays = sites.assignments.filter { $0.location == owned.location.id }.map { UnitStay($0) }
        let stay = stays.last { $0.contains(now) }
        self.stay = stay
        unit = units.first { $0.id == stay?.unit }
        let all = sites.rules(of: .location(owned.location.id))
        rules = all.filter { $0.isEnabled && $0.isVisibleToClient }
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        hiddenRules = Set(all.filter { !$0.isVisibleToClient }.map(\.id))
    }

    /// Whether a rule judges at `time`.
    func isInForce(_ rule: AlertRule, at time: Timestamp) -> Bool {
        ScheduleWindows(rule.schedule, on: clock).contains(time.milliseconds)
    }
}

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
