//  Places.swift · Provisioning
//
//  Clients, their projects, the locations of those, which unit stood where, and the links that
//  let clients in.

import Monitoring

package struct ClientEntry: Sendable {
    let id: String
    let name: String

    init?(_ entry: Entry, id: String) {
        guard let name = entry.required("name", .label) else { return nil }
        self.id = id
        self.name = name
    }
}

package struct ProjectEntry: Sendable {
    enum Status: String, CaseIterable { case active, archived, deleted }

    let id: String
    let name: String
    let client: String
    let status: Status
    /// Of the time zone database: `Europe/London`.
    let timeZone: String

    init?(_ entry: Entry, id: String) {
        let name = entry.required("name", .label)
        let client = entry.required("client", .identifier)
        status = entry.optional("status", .word) ?? .active
        let timeZone = entry.required("time_zone", .timeZone)
        guard let name, let client, let timeZone else { return nil }
        self.id = id
        self.name = name
        self.client = client
        self.timeZone = timeZone
    }
}

package struct LocationEntry: Sendable {
    enum Kind: String, CaseIterable { case sound, vibration }
    enum Status: String, CaseIterable { case active, removed }

    let id: String
    let project: String
    let name: String
    let kind: Kind
    let status: Status
    /// Degrees, WGS 84.
    let latitude: Double?
    let longitude: Double?

    init?(_ entry: Entry, id: String) {
        let project = entry.required("project", .identifier)
        let name = entry.required("name", .label)
        kind = entry.optional("kind", .word) ?? .sound
        status = entry.optional("status", .word) ?? .active
        latitude = entry.optional("latitude", .number(-90...90))
        longitude = entry.optional("longitude", .number(-180...180))
        if (latitude == nil) != (longitude == nil) {
            let missing = latitude == nil ? "latitude" : "longitude"
            entry.note("\(missing)", "is missing beside the other one. Give both or none.")
        }
        guard let project, let name else { return nil }
        self.id = id
        self.project = project
        self.name = name
    }
}

package struct AssignmentEntry: Sendable {
    let location: String
    let unit: String
    let from: Timestamp
    /// `nil`: it stands there still.
    let to: Timestamp?

    init?(_ entry: Entry) {
        let location = entry.required("location", .identifier)
        let unit = entry.required("unit", .unitID)
        let from = entry.required("from", .time)
        to = entry.optional("to", .time)
        if let from, let to, to <= from {
            entry.note("to", "is \(to), which is not after from. Give a later time, or null.")
        }
        guard let location, let unit, let from else { return nil }
        self.location = location
        self.unit = unit
        self.from = from
    }
}

package struct LinkEntry: Sendable {
    let client: String
    let label: String
    /// A secret; `nil`: one is to be made.
    let token: String?
    /// `nil`: never.
    let expires: Timestamp?
    let isOneTime: Bool
    let isRevoked: Bool

    init?(_ entry: Entry) {
        let client = entry.required("client", .identifier)
        let label = entry.required("label", .label)
        token = entry.optional("token", .linkToken)
        expires = entry.optional("expires", .time)
        isOneTime = entry.optional("one_time", .flag) ?? false
        isRevoked = entry.optional("revoked", .flag) ?? false
        guard let client, let label else { return nil }
        self.client = client
        self.label = label
    }
}

extension Form<String> {
    fileprivate static let linkToken = text(
        "32 to 128 of A-Z, a-z, 0-9, - and _, or leave it out and one is made", isSecret: true
    ) { text in
        (32...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { UnitID.isPlain(String(UnicodeScalar($0))) }
    }
}
