//  Sites+Parts.swift · Serve
//
//  What belongs to what, as answers and pages show it.

import Monitoring

extension Sites {
    /// By id.
    func projects(of client: String) -> [Project] {
        projects.values.filter { $0.client == client }.sorted { $0.id < $1.id }
    }

    /// By id.
    func locations(of project: String) -> [Location] {
        locations.values.filter { $0.project == project }.sorted { $0.id < $1.id }
    }

    /// Oldest first.
    func assignments(of location: String) -> [Assignment] {
        assignments.filter { $0.location == location }
    }

    /// The unit that is at `location` now.
    func unit(at location: String, _ now: Timestamp) -> UnitID? {
        assignments.last { $0.location == location && $0.holds(at: now) }?.unit
    }

    /// The units that are at locations now.
    func unitsByLocation(at now: Timestamp) -> [String: UnitID] {
        Dictionary(
            assignments.filter { $0.holds(at: now) }.map { ($0.location, $0.unit) },
            uniquingKeysWith: { $1 })
    }
}
