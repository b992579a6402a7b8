//  Site.swift · Monitoring
//
//  For whom is measured, and where.

/// Somebody who lets measure.
package struct Client: Hashable, Sendable, Codable {
    package let id: String
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// A client's job: locations with one clock and one set of hours.
package struct Project: Hashable, Sendable, Codable {
    package enum Status: String, CaseIterable, Sendable, Codable {
        case active, archived, deleted
    }
    package let id: String
    package var name: String
    /// ``Client/id``.
    package var client: String
    package var status: Status
    /// Of the time zone database: `Europe/London`.
    package var timeZone: String
    /// When units have to be measuring; `nil`: nobody is told of a stopped one.
    package var monitoringHours: Schedule?

    package init(
        id: String, name: String, client: String, status: Status = .active, timeZone: String,
        monitoringHours: Schedule? = nil
    ) {
        self.id = id
        self.name = name
        self.client = client
        self.status = status
        self.timeZone = timeZone
        self.monitoringHours = monitoringHours
    }
}

/// A place at which levels are measured.
package struct Location: Hashable, Sendable, Codable {
    package enum Kind: String, CaseIterable, Sendable, Codable { case sound, vibration }
    package enum Status: String, CaseIterable, Sendable, Codable { case active, removed }
    package let id: String
    /// ``Project/id``.
    package var project: String
    package var name: String
    package var kind: Kind
    package var status: Status
    /// Degrees, WGS 84; both or none.
    package var latitude: Double?
    package var longitude: Double?

    package init(
        id: String, project: String, name: String, kind: Kind = .sound, status: Status = .active,
        latitude: Double? = nil, longitude: Double? = nil
    ) {
        self.id = id
        self.project = project
        self.name = name
        self.kind = kind
        self.status = status
        self.latitude = latitude
        self.longitude = longitude
    }
}

/// A unit at a location for a while. A unit is at one location at a time, and a location has one
/// unit at a time.
package struct Assignment: Hashable, Sendable, Codable {
    /// ``Location/id``.
    package let location: String
    package let unit: UnitID
    package let from: Timestamp
    /// `nil`: it stands there still.
    package var to: Timestamp?

    package init(location: String, unit: UnitID, from: Timestamp, to: Timestamp? = nil) {
        self.location = location
        self.unit = unit
        self.from = from
        self.to = to
    }

    package func holds(at time: Timestamp) -> Bool { from <= time && to.map { time < $0 } ?? true }
}
