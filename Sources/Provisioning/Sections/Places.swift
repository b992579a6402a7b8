//  Places.swift · Provisioning
//
//  Clients, their projects, the locations of those, which unit stood where, and the links that
//  let clients in. An entry is taken whole: a key that it leaves out has its default.

import Monitoring

extension Client {
    /// - Parameter known: what keys that are left out keep; `nil`: they have their defaults. So the
    ///   others.
    init?(_ entry: Entry, id: String, over known: Client? = nil) {
        guard let name = entry.required("name", .label, known?.name) else { return nil }
        self.init(id: id, name: name)
    }
}

extension Project {
    init?(_ entry: Entry, id: String, over known: Project? = nil) {
        let name = entry.required("name", .label, known?.name)
        let client = entry.required("client", .identifier, known?.client)
        let status: Status = entry.value("status", .word, known?.status, .active)
        let timeZone = entry.required("time_zone", .timeZone, known?.timeZone)
        let hours =
            entry.has("monitoring_hours")
            ? entry.entry("monitoring_hours").flatMap { Schedule($0, over: known?.monitoringHours) }
            : known?.monitoringHours
        guard let name, let client, let timeZone else { return nil }
        self.init(
            id: id, name: name, client: client, status: status, timeZone: timeZone,
            monitoringHours: hours)
    }
}

extension Location {
    init?(_ entry: Entry, id: String, over known: Location? = nil) {
        let project = entry.required("project", .identifier, known?.project)
        let name = entry.required("name", .label, known?.name)
        let kind: Kind = entry.value("kind", .word, known?.kind, .sound)
        let status: Status = entry.value("status", .word, known?.status, .active)
        let latitude = entry.optional("latitude", .number(-90...90), known?.latitude)
        let longitude = entry.optional("longitude", .number(-180...180), known?.longitude)
        if (latitude == nil) != (longitude == nil) {
            let missing = latitude == nil ? "latitude" : "longitude"
            entry.note("\(missing)", "is missing beside the other one. Give both or none.")
        }
        guard let project, let name else { return nil }
        self.init(
            id: id, project: project, name: name, kind: kind, status: status, latitude: latitude,
            longitude: longitude)
    }
}

extension Assignment {
    /// - Parameter start: the beginning, when the entry leaves it out; `nil`: it must not.
    init?(_ entry: Entry, startingAt start: Timestamp? = nil) {
        let location = entry.required("location", .identifier)
        let unit = entry.required("unit", .unitID)
        let from =
            start.map { entry.value("from", .time, nil, $0) } ?? entry.required("from", .time)
        let to = entry.end(of: from)
        guard let location, let unit = unit.flatMap({ UnitID($0) }), let from else { return nil }
        self.init(location: location, unit: unit, from: from, to: to)
    }
}

extension Entry {
    /// When something that began at `from` ended; `nil`: it has not.
    func end(of from: Timestamp?) -> Timestamp? {
        let to = optional("to", .time)
        if let from, let to, to <= from {
            note("to", "is \(to), which is not after from. Give a later time, or null.")
        }
        return to
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
