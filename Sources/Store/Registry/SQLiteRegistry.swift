//  SQLiteRegistry.swift · Store
//
//  What people configure, in SQLite through GRDB. Small and rarely written; levels are never here.
//  Several processes may have it open: `earshot token create` works beside a running service.

import GRDB
package import Monitoring

/// The registry file of a data folder.
package struct SQLiteRegistry: Sendable {
    let pool: DatabasePool

    /// Opens the registry, made and brought up to date when needed.
    /// - Parameter path: its folder must exist.
    package init(path: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        pool = try DatabasePool(path: path, configuration: configuration)
        try SQLiteRegistry.migrations.migrate(pool)
    }

    /// Every change of the schema, in order; one that has landed is never edited.
    static var migrations: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 units and tokens") { db in
            try db.execute(
                sql: """
                    CREATE TABLE unit (
                        id TEXT NOT NULL PRIMARY KEY,
                        upstream TEXT NOT NULL,
                        upstream_unit TEXT NOT NULL,
                        ln1_percent REAL,
                        ln2_percent REAL,
                        frequency_weighting TEXT,
                        time_weighting TEXT,
                        rate TEXT NOT NULL DEFAULT 'auto',
                        UNIQUE (upstream, upstream_unit)
                    );
                    CREATE TABLE token (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        name TEXT NOT NULL,
                        scope TEXT NOT NULL,
                        secret_sha256 BLOB NOT NULL UNIQUE,
                        created_ms INTEGER NOT NULL,
                        expires_ms INTEGER,
                        revoked_ms INTEGER
                    );
                    """)
        }
        return migrator
    }
}

extension SQLiteRegistry: UnitDirectory {
    package func units() async throws -> [Unit] {
        try await pool.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM unit ORDER BY id").compactMap(Unit.init(row:))
        }
    }

    package func upstreams() async throws -> [Upstream] { [] }

    package func revision() async throws -> Int64 { 0 }

    package func remove(_ unit: UnitID) async throws -> Bool {
        try await pool.write { db in
            try db.execute(sql: "DELETE FROM unit WHERE id = ?", arguments: [unit.name])
            return db.changesCount > 0
        }
    }

    package func adopt(_ upstreamUnits: [String], of upstream: Upstream) async throws -> [Unit] {
        try await pool.write { db in
            for name in upstreamUnits.sorted() {
                let known = try Bool.fetchOne(
                    db,
                    sql: "SELECT EXISTS (SELECT 1 FROM unit WHERE upstream = ? AND upstream_unit = ?)",
                    arguments: [upstream.id, name])!
                guard !known, UnitID(name) != nil else { continue }
                try db.execute(
                    sql: "INSERT INTO unit (id, upstream, upstream_unit) VALUES (?, ?, ?)",
                    arguments: [try SQLiteRegistry.freeName(like: name, db), upstream.id, name])
            }
            return try Row.fetchAll(
                db, sql: "SELECT * FROM unit WHERE upstream = ? ORDER BY id",
                arguments: [upstream.id]
            ).compactMap(Unit.init(row:))
        }
    }

    package func update(_ unit: Unit) async throws {
        try await pool.write { db in
            try db.execute(
                sql: """
                    UPDATE unit SET ln1_percent = ?, ln2_percent = ?, frequency_weighting = ?,
                        time_weighting = ?, rate = ? WHERE id = ?
                    """,
                arguments: [
                    unit.ln1Percent, unit.ln2Percent, unit.frequencyWeighting, unit.timeWeighting,
                    unit.rate.rawValue, unit.id.name,
                ])
        }
    }

    private static func freeName(like name: String, _ db: Database) throws -> String {
        var candidate = name
        var number = 2
        while try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM unit WHERE id = ?)", arguments: [candidate])!
        {
            candidate = "\(name.prefix(58))-\(number)"
            number += 1
        }
        return candidate
    }
}

extension Unit {
    /// `nil` for a row that no version of this program wrote.
    fileprivate init?(row: Row) {
        guard let id = UnitID(row["id"] as String) else { return nil }
        self.init(
            id: id, upstream: row["upstream"], upstreamUnit: row["upstream_unit"],
            ln1Percent: row["ln1_percent"], ln2Percent: row["ln2_percent"],
            frequencyWeighting: row["frequency_weighting"], timeWeighting: row["time_weighting"],
            rate: Rate(rawValue: row["rate"]) ?? .auto)
    }
}
