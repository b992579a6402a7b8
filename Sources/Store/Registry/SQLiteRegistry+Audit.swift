//  SQLiteRegistry+Audit.swift · Store

import GRDB
package import Monitoring

extension SQLiteRegistry: AuditLog {
    package func record(_ entry: AuditEntry) async throws {
        try await pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO audit (at_ms, by, action, path, status, address, detail)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    entry.at.milliseconds, entry.by, entry.action, entry.path, entry.status,
                    entry.address, entry.detail,
                ])
            // Ids have no holes: nothing else deletes rows.
            try db.execute(
                sql: "DELETE FROM audit WHERE id <= ?",
                arguments: [db.lastInsertedRowID - AuditEntry.countMaximum])
        }
    }

    package func auditEntries(before id: Int64?, limit: Int) async throws -> [AuditEntry] {
        try look { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                arguments: [id ?? .max, limit]
            ).map { row in
                AuditEntry(
                    id: row["id"], at: Timestamp(milliseconds: row["at_ms"]), by: row["by"],
                    action: row["action"], path: row["path"], status: row["status"],
                    address: row["address"], detail: row["detail"])
            }
        }
    }

    @Sendable static func makeAudit(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE audit (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    at_ms INTEGER NOT NULL,
                    by TEXT NOT NULL,
                    action TEXT NOT NULL,
                    path TEXT NOT NULL,
                    status INTEGER,
                    address TEXT NOT NULL,
                    detail TEXT NOT NULL
                )
                """)
    }
}
