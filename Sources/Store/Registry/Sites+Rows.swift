//  Sites+Rows.swift · Store
//
//  Clients, projects, locations, assignments and rules as rows of the registry.

import GRDB
import Monitoring

extension Sites {
    /// Everything stored, without rows that no version of this program wrote; but of rules, and of
    /// a project's hours, it is told that they cannot be read.
    init(_ db: Database) throws {
        self.init()
        for row in try Row.fetchAll(db, sql: "SELECT * FROM client") {
            clients[row["id"]] = Client(id: row["id"], name: row["name"])
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM project") {
            guard var project = Project(row: row) else { continue }
            if let text = row["monitoring_hours"] as String? {
                let hours = try? StoredJSON.value(text, as: Schedule.self)
                project.monitoringHours = hours.flatMap { $0.isSound ? $0 : nil }
                if project.monitoringHours == nil { unreadableHours.insert(project.id) }
            }
            projects[project.id] = project
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM location") {
            locations[row["id"]] = Location(row: row)
        }
        assignments = try Row.fetchAll(
            db, sql: "SELECT * FROM assignment ORDER BY from_ms, location, unit"
        ).compactMap(Assignment.init(row:))
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT rule.*, rule_version.body FROM rule LEFT JOIN rule_version
                    ON rule_version.rule = rule.id AND rule_version.version = rule.version
                """)
        for row in rows { take(rule: row) }
        // Who is told of events comes with a later migration; before it there is nobody.
        if try db.tableExists("recipient") {
            recipients = Set(try String.fetchAll(db, sql: "SELECT id FROM recipient"))
        }
    }

    private mutating func take(rule row: Row) {
        let (id, version): (String, Int) = (row["id"], row["version"])
        guard (row["deleted_ms"] as Int64?) == nil else {
            deletedRules[id] = version
            return
        }
        let site: AlertRule.Site? =
            (row["location"] as String?).map { .location($0) }
            ?? (row["unit"] as String?).flatMap { UnitID($0) }.map { .unit($0) }
        let body = row["body"] as String? ?? ""
        guard let rule = try? StoredJSON.value(body, as: AlertRule.self), rule.isSound,
            rule.id == id, rule.version == version, rule.site == site
        else {
            unreadable[id] = UnreadableRule(version: version, site: site)
            return
        }
        rules[id] = rule
    }

    /// Writes what differs from `before`, which is what is stored. Nothing but a rule, or a client
    /// with its links, is taken away by being left out: what has ended says so itself.
    func store(over before: Sites, _ db: Database) throws {
        for (id, client) in clients where before.clients[id] != client {
            try db.execute(
                sql: """
                    INSERT INTO client (id, name) VALUES (?, ?)
                        ON CONFLICT (id) DO UPDATE SET name = excluded.name
                    """,
                arguments: [id, client.name])
        }
        for (id, project) in projects
        where before.projects[id] != project
            || before.unreadableHours.contains(id) && !unreadableHours.contains(id)
        {
            try project.store(db)
        }
        for (id, location) in locations where before.locations[id] != location {
            try location.store(db)
        }
        let known = Set(before.assignments)
        for assignment in assignments where !known.contains(assignment) {
            try assignment.store(db)
        }
        for (id, rule) in rules where before.rules[id] != rule { try rule.store(db) }
        for id in deletedRules.keys where before.deletedRules[id] == nil {
            try db.execute(
                sql: "UPDATE rule SET deleted_ms = strftime('%s', 'now') * 1000 WHERE id = ?",
                arguments: [id])
        }
        for id in before.clients.keys where clients[id] == nil { try Client.remove(id, db) }
    }
}

extension Client {
    /// It must have no projects.
    fileprivate static func remove(_ id: String, _ db: Database) throws {
        for sql in [
            "DELETE FROM portal_session WHERE link IN (SELECT id FROM portal_link WHERE client = ?)",
            "DELETE FROM portal_link WHERE client = ?",
            "DELETE FROM client WHERE id = ?",
        ] {
            try db.execute(sql: sql, arguments: [id])
        }
    }
}

extension Project {
    /// Without its monitoring hours.
    fileprivate init?(row: Row) {
        guard let status = Status(rawValue: row["status"]) else { return nil }
        self.init(
            id: row["id"], name: row["name"], client: row["client"], status: status,
            timeZone: row["time_zone"])
    }

    fileprivate func store(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO project (id, name, client, status, time_zone, monitoring_hours)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET name = excluded.name, client = excluded.client,
                        status = excluded.status, time_zone = excluded.time_zone,
                        monitoring_hours = excluded.monitoring_hours
                """,
            arguments: [
                id, name, client, status.rawValue, timeZone,
                try monitoringHours.map(StoredJSON.text),
            ])
    }
}

extension Location {
    init?(row: Row) {
        guard let kind = Kind(rawValue: row["kind"]), let status = Status(rawValue: row["status"])
        else { return nil }
        self.init(
            id: row["id"], project: row["project"], name: row["name"], kind: kind, status: status,
            latitude: row["latitude"], longitude: row["longitude"])
    }

    fileprivate func store(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO location (id, project, name, kind, status, latitude, longitude)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET project = excluded.project,
                        name = excluded.name, kind = excluded.kind, status = excluded.status,
                        latitude = excluded.latitude, longitude = excluded.longitude
                """,
            arguments: [id, project, name, kind.rawValue, status.rawValue, latitude, longitude])
    }
}

extension Assignment {
    fileprivate init?(row: Row) {
        guard let unit = UnitID(row["unit"] as String) else { return nil }
        self.init(
            location: row["location"], unit: unit, from: Timestamp(milliseconds: row["from_ms"]),
            to: (row["to_ms"] as Int64?).map(Timestamp.init(milliseconds:)))
    }

    fileprivate func store(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO assignment (location, unit, from_ms, to_ms) VALUES (?, ?, ?, ?)
                    ON CONFLICT (location, unit, from_ms) DO UPDATE SET to_ms = excluded.to_ms
                """,
            arguments: [location, unit.name, from.milliseconds, to?.milliseconds])
    }
}

extension AlertRule {
    /// Adds a version. Those before stay.
    fileprivate func store(_ db: Database) throws {
        guard isSound else { throw RuleBookError.unsound(id) }
        try db.execute(
            sql: """
                INSERT INTO rule (id, location, unit, version) VALUES (?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET version = excluded.version, deleted_ms = NULL,
                        location = excluded.location, unit = excluded.unit
                """,
            arguments: [id, site.location, site.unit?.name, version])
        try db.execute(
            sql: """
                INSERT INTO rule_version (rule, version, stored_ms, body)
                    VALUES (?, ?, strftime('%s', 'now') * 1000, ?)
                """,
            arguments: [id, version, try StoredJSON.text(self)])
    }
}
