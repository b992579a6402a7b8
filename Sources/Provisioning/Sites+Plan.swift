//  Sites+Plan.swift · Provisioning
//
//  What becomes of clients, projects, locations, assignments and rules when a file is applied.

import Monitoring

extension Sites {
    /// This with what `file` says.
    ///
    /// - Parameter units: all that will be configured.
    func applying(
        _ file: ProvisionFile, units: some Collection<UnitID>, _ problems: inout ProvisionProblems
    ) -> Sites {
        var sites = self
        for item in file.clients.items { sites.clients[item.value.id] = item.value }
        for item in file.projects.items {
            sites.projects[item.value.id] = item.value
            sites.unreadableHours.remove(item.value.id)
        }
        for item in file.locations.items { sites.locations[item.value.id] = item.value }
        problems.checkReferences(of: file, to: sites, units)
        problems.checkClients(of: file, from: self, to: sites)
        sites.assign(file.assignments.items, &problems)
        sites.putRules(file.rules.items, &problems)
        return sites
    }

    func tallies(
        from old: Sites, _ file: ProvisionFile
    ) -> [(section: String, tally: ProvisionPlan.Tally)] {
        func assignments(_ sites: Sites) -> [AssignmentKey: Assignment] {
            Dictionary(sites.assignments.map { (AssignmentKey($0), $0) }, uniquingKeysWith: { $1 })
        }
        return [
            ("clients", .init(from: old.clients, to: clients, file.clients.items.map(\.value.id))),
            (
                "projects",
                .init(from: old.projects, to: projects, file.projects.items.map(\.value.id))
            ),
            (
                "locations",
                .init(from: old.locations, to: locations, file.locations.items.map(\.value.id))
            ),
            (
                "assignments",
                .init(
                    from: assignments(old), to: assignments(self),
                    file.assignments.items.map { AssignmentKey($0.value) })
            ),
            ("rules", .init(from: old.rules, to: rules, file.rules.items.map(\.value.id))),
        ]
    }

    /// Adds assignments, or sets their ends.
    private mutating func assign(
        _ items: [Section<Assignment>.Item], _ problems: inout ProvisionProblems
    ) {
        var places: [AssignmentKey: String] = [:]
        var all = Dictionary(
            assignments.map { (AssignmentKey($0), $0) }, uniquingKeysWith: { $1 })
        for item in items {
            let key = AssignmentKey(item.value)
            if let first = places[key] {
                problems.note("\(item.place) is that of \(first). Give each assignment once.")
            }
            places[key] = item.place
            all[key] = item.value
        }
        assignments = all.values.sorted {
            ($0.from, $0.location, $0.unit) < ($1.from, $1.location, $1.unit)
        }
        problems.checkOverlaps(assignments, by: \.unit, places)
        problems.checkOverlaps(assignments, by: \.location, places)
    }

    private mutating func putRules(
        _ items: [Section<AlertRule>.Item], _ problems: inout ProvisionProblems
    ) {
        for item in items {
            let id = item.value.id
            if let site = rules[id]?.site ?? unreadable[id]?.site, site != item.value.site {
                problems.note(
                    "\(item.place) is \"\(id)\", which is a rule of \(site.words). A rule stays "
                        + "where it is: give another id.")
            }
            for recipient in item.value.recipients where !recipients.contains(recipient) {
                problems.check(
                    item.place, "recipients", recipient, isOf: recipients, "a recipient")
            }
            put(item.value)
        }
        for site in Set(items.map(\.value.site)) {
            let count = rules.values.count { $0.site == site }
            guard count > AlertRule.siteMaximum else { continue }
            problems.note(
                "rules are \(count) of \(site.words), where at most \(AlertRule.siteMaximum) may "
                    + "be. Give fewer.")
        }
    }
}

/// What an assignment is known by: its end may change.
struct AssignmentKey: Hashable {
    let location: String
    let unit: UnitID
    let from: Timestamp

    init(_ assignment: Assignment) {
        location = assignment.location
        unit = assignment.unit
        from = assignment.from
    }
}

extension AlertRule.Site {
    fileprivate var words: String {
        switch self {
        case .location(let id): "the location \"\(id)\""
        case .unit(let id): "the unit \"\(id)\""
        }
    }
}

extension ProvisionProblems {
    /// A unit is at one location at a time, and a location has one unit.
    ///
    /// - Parameter assignments: ascending by their beginning.
    fileprivate mutating func checkOverlaps<Subject: Hashable>(
        _ assignments: [Assignment], by subject: KeyPath<Assignment, Subject>,
        _ places: [AssignmentKey: String]
    ) {
        var longest: [Subject: Assignment] = [:]
        for next in assignments {
            let before = longest[next[keyPath: subject]]
            let isLonger = before?.to.map { end in next.to.map { $0 > end } ?? true } ?? (before == nil)
            if isLonger { longest[next[keyPath: subject]] = next }
            guard let before, before.to.map({ next.from < $0 }) ?? true else { continue }
            let place = places[AssignmentKey(next)]
            let (here, other) = place == nil ? (before, next) : (next, before)
            guard let place = place ?? places[AssignmentKey(before)] else { continue }
            note(
                "\(place) has the unit \"\(here.unit)\" at \"\(here.location)\" \(here.span), while "
                    + "\"\(other.unit)\" is at \"\(other.location)\" \(other.span). "
                    + "End one before the other begins.")
        }
    }

    /// What was measured for one client is never shown to another: a location at which somebody
    /// measured stays with its client.
    fileprivate mutating func checkClients(
        of file: ProvisionFile, from old: Sites, to new: Sites
    ) {
        let measured = Set(old.assignments.map(\.location))
        for item in file.locations.items where measured.contains(item.value.id) {
            guard let project = old.locations[item.value.id]?.project,
                let before = old.projects[project]?.client, item.value.project != project,
                let after = new.projects[item.value.project]?.client, after != before
            else { continue }
            note(
                "\(item.place).project is \"\(item.value.project)\", which is of the client "
                    + "\"\(after)\", and the location \"\(item.value.id)\" was measured for "
                    + "\"\(before)\". Give a project of \"\(before)\", or another location's id.")
        }
        for item in file.projects.items {
            guard let before = old.projects[item.value.id]?.client, before != item.value.client,
                let location = measured.sorted().first(where: {
                    old.locations[$0]?.project == item.value.id
                        && new.locations[$0]?.project == item.value.id
                })
            else { continue }
            note(
                "\(item.place).client is \"\(item.value.client)\", and the project's location "
                    + "\"\(location)\" was measured for \"\(before)\". Leave the client, or make "
                    + "another project.")
        }
    }

    fileprivate mutating func checkReferences(
        of file: ProvisionFile, to sites: Sites, _ units: some Collection<UnitID>
    ) {
        let clients = Set(file.clients.places.keys).union(sites.clients.keys)
        let projects = Set(file.projects.places.keys).union(sites.projects.keys)
        let locations = Set(file.locations.places.keys).union(sites.locations.keys)
        let units = Set(file.units.places.keys).union(units.map(\.name))
        for item in file.projects.items {
            check(item.place, "client", item.value.client, isOf: clients, "a client")
        }
        for item in file.locations.items {
            check(item.place, "project", item.value.project, isOf: projects, "a project")
        }
        for item in file.assignments.items {
            check(item.place, "location", item.value.location, isOf: locations, "a location")
            check(item.place, "unit", item.value.unit.name, isOf: units, "a unit")
        }
        for item in file.rules.items {
            switch item.value.site {
            case .location(let id): check(item.place, "location", id, isOf: locations, "a location")
            case .unit(let id): check(item.place, "unit", id.name, isOf: units, "a unit")
            }
        }
        for item in file.links.items {
            check(item.place, "client", item.value.client, isOf: clients, "a client")
        }
    }
}

extension Assignment {
    fileprivate var span: String { "from \(from)" + (to.map { " to \($0)" } ?? " on") }
}
