//  SQLiteRegistry+Migrations.swift · Store
//
//  Every change of the schema, in order; one that has landed is never edited.

import GRDB

extension SQLiteRegistry {
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
        migrator.registerMigration("2 upstreams and the revision") { db in
            try db.execute(
                sql: """
                    CREATE TABLE upstream (
                        id TEXT NOT NULL PRIMARY KEY,
                        url TEXT NOT NULL
                    );
                    ALTER TABLE unit ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
                    CREATE TABLE revision (number INTEGER NOT NULL);
                    INSERT INTO revision VALUES (1);
                    """)
            try countChanges(of: ["unit", "upstream"], db)
        }
        migrator.registerMigration("3 sites and rules", migrate: makeSites)
        migrator.registerMigration("4 events and the journal", migrate: makeEvents)
        migrator.registerMigration("5 recipients and deliveries", migrate: makeNotifications)
        migrator.registerMigration("6 links and sessions of clients", migrate: makePortal)
        migrator.registerMigration("7 operators and the audit log") { db in
            try makeOperators(db)
            try makeAudit(db)
        }
        return migrator
    }

    /// Lets each change of these tables raise the revision. In the database itself, so that no
    /// writer of any version can forget it.
    static func countChanges(of tables: [String], _ db: Database) throws {
        for table in tables {
            for change in ["INSERT", "UPDATE", "DELETE"] {
                try db.execute(
                    sql: """
                        CREATE TRIGGER \(table)_\(change.lowercased()) AFTER \(change) ON \(table)
                        BEGIN UPDATE revision SET number = number + 1; END
                        """)
            }
        }
    }

    @Sendable private static func makeSites(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE client (
                    id TEXT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL
                );
                CREATE TABLE project (
                    id TEXT NOT NULL PRIMARY KEY,
                    name TEXT NOT NULL,
                    client TEXT NOT NULL REFERENCES client (id),
                    status TEXT NOT NULL,
                    time_zone TEXT NOT NULL,
                    monitoring_hours TEXT
                );
                CREATE TABLE location (
                    id TEXT NOT NULL PRIMARY KEY,
                    project TEXT NOT NULL REFERENCES project (id),
                    name TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    status TEXT NOT NULL,
                    latitude REAL,
                    longitude REAL
                );
                CREATE INDEX location_project ON location (project);
                CREATE TABLE assignment (
                    location TEXT NOT NULL REFERENCES location (id),
                    unit TEXT NOT NULL,
                    from_ms INTEGER NOT NULL,
                    to_ms INTEGER,
                    PRIMARY KEY (location, unit, from_ms)
                ) WITHOUT ROWID;
                CREATE TABLE rule (
                    id TEXT NOT NULL PRIMARY KEY,
                    location TEXT REFERENCES location (id),
                    unit TEXT,
                    version INTEGER NOT NULL,
                    deleted_ms INTEGER,
                    CHECK ((location IS NULL) <> (unit IS NULL))
                );
                CREATE TABLE rule_version (
                    rule TEXT NOT NULL REFERENCES rule (id),
                    version INTEGER NOT NULL,
                    stored_ms INTEGER NOT NULL,
                    body TEXT NOT NULL,
                    PRIMARY KEY (rule, version)
                ) WITHOUT ROWID;
                CREATE TRIGGER rule_version_kept BEFORE DELETE ON rule_version
                BEGIN SELECT RAISE(ABORT, 'a version of a rule is kept for its events'); END;
                CREATE TRIGGER rule_version_fixed BEFORE UPDATE ON rule_version
                BEGIN SELECT RAISE(ABORT, 'a version of a rule is never changed'); END;
                """)
        try countChanges(of: ["client", "project", "location", "assignment", "rule"], db)
    }

    /// What is asked for is in the indexes: pages by time, and what needs somebody by itself.
    @Sendable private static func makeEvents(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE event (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    key TEXT NOT NULL UNIQUE,
                    kind TEXT NOT NULL,
                    unit TEXT,
                    upstream TEXT,
                    location TEXT,
                    onset_ms INTEGER NOT NULL,
                    cleared_ms INTEGER,
                    acknowledged INTEGER NOT NULL DEFAULT 0,
                    body TEXT NOT NULL
                );
                CREATE INDEX event_onset ON event (onset_ms, id, cleared_ms);
                CREATE INDEX event_unit ON event (unit, onset_ms, id, cleared_ms);
                CREATE INDEX event_location ON event (location, onset_ms, id, cleared_ms);
                CREATE INDEX event_active
                    ON event (onset_ms, id, unit, location, cleared_ms)
                    WHERE cleared_ms IS NULL;
                CREATE INDEX event_unacknowledged
                    ON event (onset_ms, id, cleared_ms, acknowledged) WHERE acknowledged = 0;
                CREATE INDEX event_unacknowledged_unit
                    ON event (unit, onset_ms, id, cleared_ms, acknowledged)
                    WHERE acknowledged = 0;
                CREATE INDEX event_unacknowledged_location
                    ON event (location, onset_ms, id, cleared_ms, acknowledged)
                    WHERE acknowledged = 0;
                CREATE TABLE event_note (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    event INTEGER NOT NULL REFERENCES event (id),
                    is_acknowledgement INTEGER NOT NULL,
                    at_ms INTEGER NOT NULL,
                    by TEXT NOT NULL,
                    note TEXT NOT NULL
                );
                CREATE INDEX event_note_event ON event_note (event, id);
                CREATE TABLE journal (
                    number INTEGER PRIMARY KEY,
                    unit TEXT NOT NULL,
                    watermark_ms INTEGER,
                    at_ms INTEGER NOT NULL,
                    input TEXT NOT NULL
                );
                CREATE INDEX journal_unit ON journal (unit, number);
                CREATE TABLE checkpoint (
                    unit TEXT NOT NULL PRIMARY KEY,
                    journal_number INTEGER NOT NULL,
                    watermark_ms INTEGER,
                    offset_ms INTEGER,
                    version INTEGER NOT NULL,
                    state BLOB NOT NULL
                ) WITHOUT ROWID;
                """)
    }
}
