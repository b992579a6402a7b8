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
            // In the database itself, so that no writer of any version can forget it.
            for table in ["unit", "upstream"] {
                for change in ["INSERT", "UPDATE", "DELETE"] {
                    try db.execute(
                        sql: """
                            CREATE TRIGGER \(table)_\(change.lowercased()) AFTER \(change) ON \(table)
                            BEGIN UPDATE revision SET number = number + 1; END
                            """)
                }
            }
        }
        migrator.registerMigration(
            "4 recipients and deliveries", migrate: createNotifications)
        return migrator
    }
}
