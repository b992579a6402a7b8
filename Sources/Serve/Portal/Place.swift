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
