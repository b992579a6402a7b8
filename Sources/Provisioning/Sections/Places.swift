//  Places.swift · Provisioning
//
//  Clients, their projects, the locations of those, which unit stood where, and the links that
//  let clients in. An entry is taken whole: a key that it leaves out has its default.

import Monitoring

extension Client {
    init?(_ entry: Entry, id: String) {
        guard let name = entry.required("name", .label) else { return nil }
        self.init(id: id, name: name)
    }
}

extension Project {
    init?(_ entry: Entry, id: String) {
        let name = entry.required("name", .label)
        let client = entry.required("client", .identifier)
        let status: Status? = entry.optional("status", .word)
        let timeZone = entry.required("time_zone", .timeZone)
        let hours = entry.entry("monitoring_hours").flatMap { Schedule($0) }
        guard let name, let client, let timeZone else { return nil }
        self.init(
            id: id, name: name, client: client, status: status ?? .active, timeZone: timeZone,
            monitoringHours: hours)
    }
}

extension Location {
    init?(_ entry: Entry, id: String) {
        let project = entry.required("project", .identifier)
        let name = entry.required("name", .label)
        let kind: Kind? = entry.optional("kind", .word)
        let status: Status? = entry.optional("status", .word)
        let latitude = entry.optional("latitude", .number(-90...90))
        let longitude = entry.optional("longitude", .number(-180...180))
        if (latitude == nil) != (longitude == nil) {
            let missing = latitude == nil ? "latitude" : "longitude"
            entry.note("\(missing)", "is missing beside the other one. Give both or none.")
        }
        guard let project, let name else { return nil }
        self.init(
            id: id, project: project, name: name, kind: kind ?? .sound, status: status ?? .active,
            latitude: latitude, longitude: longitude)
    }
}

extension Assignment {
    init?(_ entry: Entry) {
        let location = entry.required("location", .identifier)
        let unit = entry.required("unit", .unitID)
        let from = entry.required("from", .time)
        let to = entry.optional("to", .time)
        if let from, let to, to <= from {
            entry.note("to", "is \(to), which is not after from. Give a later time, or null.")
        }
        guard let location, let unit = unit.flatMap({ UnitID($0) }), let from else { return nil }
        self.init(location: location, unit: unit, from: from, to: to)
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
