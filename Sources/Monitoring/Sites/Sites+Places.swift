//  Sites+Places.swift · Monitoring
//
//  How clients, projects, locations and assignments come, change and go, one at a time. Pure;
//  whoever keeps the sites does as it is decided here. Whole files are `Provisioning`'s.

/// Why a client, a project, a location or an assignment cannot be as it is wanted.
package enum SiteBookError: Error, Hashable, Sendable {
    /// There is none of this id, or of a project: it was deleted.
    case unknownClient(String)
    case unknownProject(String)
    case unknownLocation(String)
    case unknownUnit(UnitID)
    /// The location was measured for this client, and what was measured for one is never shown to
    /// another.
    case measured(location: String, client: String)
    /// The client has these.
    case hasProjects([String])
    /// It was removed, or its project has ended.
    case ended(location: String)
    /// The unit stands there in that time.
    case unitTaken(Assignment)
    /// Another unit stands there in that time.
    case locationTaken(Assignment)
}

extension Sites {
    /// Which assignments end where another begins.
    package struct Ending: Hashable, Sendable {
        /// That of the unit at another location: it moves.
        package let ofUnit: Bool
        /// That of another unit at the location: it is replaced.
        package let atLocation: Bool

        package init(ofUnit: Bool = false, atLocation: Bool = false) {
            self.ofUnit = ofUnit
            self.atLocation = atLocation
        }
    }

    package mutating func put(_ client: Client) { clients[client.id] = client }

    /// Takes a client away, and with it its links.
    package mutating func remove(client id: String) throws(SiteBookError) {
        guard clients[id] != nil else { throw .unknownClient(id) }
        let owned = projects.values.filter { $0.client == id }.map(\.id).sorted()
        guard owned.isEmpty else { throw .hasProjects(owned) }
        clients[id] = nil
    }

    /// Puts a project there, or in its own place. When it ends, so do its assignments, at `now`.
    package mutating func put(_ project: Project, at now: Timestamp) throws(SiteBookError) {
        guard clients[project.client] != nil else { throw .unknownClient(project.client) }
        let places = locations.values.filter { $0.project == project.id }.map(\.id).sorted()
        if let before = projects[project.id]?.client, before != project.client,
            let place = places.first(where: wasMeasured)
        {
            throw .measured(location: place, client: before)
        }
        projects[project.id] = project
        unreadableHours.remove(project.id)
        if project.status != .active { complete(at: Set(places), now) }
    }

    /// Puts a location there, or in its own place. When it is removed, its assignment ends, at `now`.
    package mutating func put(_ location: Location, at now: Timestamp) throws(SiteBookError) {
        let known = locations[location.id]
        guard let project = projects[location.project],
            project.status != .deleted || known?.project == project.id
        else { throw .unknownProject(location.project) }
        if let before = known.flatMap({ projects[$0.project]?.client }), before != project.client,
            wasMeasured(location.id)
        {
            throw .measured(location: location.id, client: before)
        }
        locations[location.id] = location
        if location.status != .active { complete(at: [location.id], now) }
    }

    /// Puts a unit at a location in use.
    ///
    /// - Parameters:
    ///   - ending: what else ends, where `wanted` begins.
    ///   - units: those that are configured.
    package mutating func assign(
        _ wanted: Assignment, ending: Ending = Ending(), units: some Collection<UnitID>
    ) throws(SiteBookError) {
        guard locations[wanted.location] != nil else { throw .unknownLocation(wanted.location) }
        guard units.contains(wanted.unit) else { throw .unknownUnit(wanted.unit) }
        guard isInUse(wanted.location) else { throw .ended(location: wanted.location) }
        for index in assignments.indices where assignments[index].holds(at: wanted.from) {
            let other = assignments[index]
            // What begins at the same instant cannot end there.
            guard other.from < wanted.from else { continue }
            let (isSameUnit, isSamePlace) = (
                other.unit == wanted.unit, other.location == wanted.location
            )
            let ends = ending.ofUnit && isSameUnit && !isSamePlace
                || ending.atLocation && isSamePlace && !isSameUnit
            if ends { assignments[index].to = wanted.from }
        }
        try checkRoom(for: wanted)
        let index = assignments.firstIndex {
            ($0.from, $0.location, $0.unit) > (wanted.from, wanted.location, wanted.unit)
        }
        assignments.insert(wanted, at: index ?? assignments.endIndex)
    }

    /// The assignment of a location that began at `from`.
    package func assignment(at location: String, from: Timestamp) -> Assignment? {
        assignments.first { $0.location == location && $0.from == from }
    }

    /// Gives an assignment another end.
    package mutating func replace(_ assignment: Assignment) throws(SiteBookError) {
        guard let index = assignments.firstIndex(where: {
            $0.location == assignment.location && $0.unit == assignment.unit
                && $0.from == assignment.from
        }) else { throw .unknownLocation(assignment.location) }
        guard assignments[index] != assignment else { return }
        let isLonger = assignments[index].to.map { old in assignment.to.map { $0 > old } ?? true }
        if isLonger ?? false, !isInUse(assignment.location) {
            throw .ended(location: assignment.location)
        }
        let before = assignments.remove(at: index)
        do throws(SiteBookError) {
            try checkRoom(for: assignment)
        } catch {
            assignments.insert(before, at: index)
            throw error
        }
        assignments.insert(assignment, at: index)
    }

    private func wasMeasured(_ location: String) -> Bool {
        assignments.contains { $0.location == location }
    }

    private mutating func complete(at locations: Set<String>, _ now: Timestamp) {
        for index in assignments.indices
        where locations.contains(assignments[index].location) && assignments[index].holds(at: now) {
            // None is empty.
            assignments[index].to = max(now, assignments[index].from.advanced(byMilliseconds: 1))
        }
    }

    private func checkRoom(for wanted: Assignment) throws(SiteBookError) {
        let others = assignments.filter { $0.overlaps(wanted) }
        if let other = others.first(where: { $0.unit == wanted.unit }) { throw .unitTaken(other) }
        if let other = others.first(where: { $0.location == wanted.location }) {
            throw .locationTaken(other)
        }
    }
}

extension Assignment {
    fileprivate func overlaps(_ other: Assignment) -> Bool {
        (to.map { other.from < $0 } ?? true) && (other.to.map { from < $0 } ?? true)
    }
}
