//  Sites.swift · Monitoring
//
//  Where is measured, for whom and by which limits, as one value: provisioning decides on it, the
//  registry keeps it.

/// Clients, projects, locations, assignments and rules as configured at one moment.
package struct Sites: Equatable, Sendable {
    package var clients: [String: Client]
    package var projects: [String: Project]
    package var locations: [String: Location]
    /// Ascending by ``Assignment/from``. Those of a unit do not overlap, nor do a location's.
    package var assignments: [Assignment]
    /// Those that are neither deleted nor unreadable.
    package var rules: [String: AlertRule]
    /// Rules that are stored and cannot be read; they are not applied.
    package var unreadable: [String: UnreadableRule]
    /// Projects whose monitoring hours are stored and cannot be read; they are not applied.
    package var unreadableHours: Set<String> = []
    /// The last versions of rules that were deleted: their ids are taken.
    package var deletedRules: [String: Int]
    /// Ids of those who can be told of events.
    package var recipients: Set<String>

    package init(
        clients: [String: Client] = [:], projects: [String: Project] = [:],
        locations: [String: Location] = [:], assignments: [Assignment] = [],
        rules: [String: AlertRule] = [:], unreadable: [String: UnreadableRule] = [:],
        deletedRules: [String: Int] = [:], recipients: Set<String> = []
    ) {
        self.clients = clients
        self.projects = projects
        self.locations = locations
        self.assignments = assignments
        self.rules = rules
        self.unreadable = unreadable
        self.deletedRules = deletedRules
        self.recipients = recipients
    }
}

extension Sites {
    /// Whether levels at this location are judged: neither it nor its project has ended.
    package func isInUse(_ location: String) -> Bool {
        guard let location = locations[location], location.status == .active else { return false }
        return projects[location.project]?.status == .active
    }

    /// The assignment by which `unit` is at a location in use.
    package func assignment(of unit: UnitID, at time: Timestamp) -> Assignment? {
        assignments.last { $0.unit == unit && $0.holds(at: time) && isInUse($0.location) }
    }

    /// The rules of a site, ascending by id.
    package func rules(of site: AlertRule.Site) -> [AlertRule] {
        rules.values.filter { $0.site == site }.sorted { $0.id < $1.id }
    }

    /// What each of `units` is to be judged by at `time`, in their order.
    ///
    /// - Complexity: O(units + assignments + rules).
    package func plans(of units: [UnitID], at time: Timestamp) -> [MonitoringPlan] {
        let present = Dictionary(
            assignments.filter { $0.holds(at: time) && isInUse($0.location) }
                .map { ($0.unit, $0) },
            uniquingKeysWith: { $1 })
        let rules = Dictionary(grouping: rules.values, by: \.site)
            .mapValues { $0.sorted { $0.id < $1.id } }
        return units.map { unit in
            guard let assignment = present[unit], let location = locations[assignment.location],
                let project = projects[location.project]
            else { return MonitoringPlan(unit: unit, rules: rules[.unit(unit)] ?? []) }
            return MonitoringPlan(
                unit: unit, location: location.id, assignedAt: assignment.from,
                timeZone: project.timeZone, monitoringHours: project.monitoringHours,
                rules: rules[.location(location.id)] ?? [])
        }
    }

    /// Which unit stood at a site when, in `range`, oldest first; of a unit the times at which it was
    /// at no location in use.
    package func past(of site: AlertRule.Site, in range: TimeRange) -> [PastStretch] {
        switch site {
        case .location(let id):
            let zone = locations[id].flatMap { projects[$0.project]?.timeZone } ?? "UTC"
            return assignments.filter { $0.location == id }.compactMap { assignment in
                let start = max(range.start, assignment.from)
                let end = min(range.end, assignment.to ?? range.end)
                guard start < end, let part = TimeRange(start: start, end: end) else { return nil }
                return PastStretch(
                    plan: MonitoringPlan(
                        unit: assignment.unit, location: id, assignedAt: assignment.from,
                        timeZone: zone),
                    range: part)
            }
        case .unit(let unit):
            var stretches: [PastStretch] = []
            var start = range.start
            func add(until end: Timestamp) {
                guard start < end, let gap = TimeRange(start: start, end: end) else { return }
                stretches.append(PastStretch(plan: MonitoringPlan(unit: unit), range: gap))
            }
            for taken in assignments
            where taken.unit == unit && taken.from < range.end && isInUse(taken.location) {
                add(until: taken.from)
                start = max(start, taken.to ?? range.end)
            }
            add(until: range.end)
            return stretches
        }
    }

    /// The time around `time` in which no assignment begins or ends: ``plans(of:at:)`` are the same
    /// in all of it.
    package func steadyRange(around time: Timestamp) -> TimeRange {
        let instants = assignments.flatMap { [$0.from] + ($0.to.map { [$0] } ?? []) }
        return TimeRange(
            start: instants.filter { $0 <= time }.max() ?? Timestamp(milliseconds: .min),
            end: instants.filter { $0 > time }.min() ?? Timestamp(milliseconds: .max))!
    }
}
