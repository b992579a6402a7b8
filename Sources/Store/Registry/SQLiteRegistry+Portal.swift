//  SQLiteRegistry+Portal.swift · Store
//
//  Links and sessions of clients. Whose a location is, is asked inside one query, so that nothing
//  tells a foreign one from one that is not there.

import Foundation
import GRDB
package import Monitoring

extension SQLiteRegistry: PortalBook {
    package func makeLink(
        _ draft: PortalLinkDraft, at now: Timestamp
    ) async throws -> (link: PortalLink, token: String)? {
        let token = try SQLiteRegistry.secret(prefix: "el_")
        let hash = Data(SQLiteRegistry.sha256(Array(token.utf8)))
        let link = try await pool.write { db -> PortalLink? in
            let isThere = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM client WHERE id = ?)", arguments: [draft.client])!
            return isThere ? try SQLiteRegistry.insert(draft, hash, at: now, db) : nil
        }
        return link.map { ($0, token) }
    }

    private static func insert(
        _ draft: PortalLinkDraft, _ hash: Data, at now: Timestamp, _ db: Database
    ) throws -> PortalLink {
        try db.execute(
            sql: """
                INSERT INTO portal_link
                    (client, label, secret_sha256, created_ms, expires_ms, is_one_time, purpose, project)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                draft.client, draft.label, hash, now.milliseconds, draft.expires?.milliseconds,
                draft.isOneTime, draft.purpose.rawValue, draft.project,
            ])
        return PortalLink(
            id: db.lastInsertedRowID, client: draft.client, label: draft.label, created: now,
            expires: draft.expires, isOneTime: draft.isOneTime, purpose: draft.purpose,
            project: draft.project)
    }

    package func links(of client: String) async throws -> [PortalLink] {
        try look { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM portal_link WHERE client = ? AND purpose = 'client' ORDER BY id DESC
                    """,
                arguments: [client]
            ).map(PortalLink.init(row:))
        }
    }

    package func revoke(
        link id: Int64, of client: String, at now: Timestamp
    ) async throws -> Bool {
        try await revoke("id = ? AND client = ?", [id, client], at: now)
    }

    package func revoke(linkWithSecretHash hash: [UInt8], at now: Timestamp) async throws -> Bool {
        try await revoke("secret_sha256 = ?", [Data(hash)], at: now)
    }

    private func revoke(
        _ condition: String, _ arguments: StatementArguments, at now: Timestamp
    ) async throws -> Bool {
        try await pool.write { db in
            try db.execute(
                sql: """
                    UPDATE portal_link SET revoked_ms = ? WHERE revoked_ms IS NULL AND \(condition)
                    """,
                arguments: [now.milliseconds] + arguments)
            return db.changesCount > 0
        }
    }

    package func hasLink(withSecretHash hash: [UInt8]) async throws -> Bool {
        try look { db in try SQLiteRegistry.link(hash, db) != nil }
    }

    package func link(
        withSecretHash hash: [UInt8], at now: Timestamp
    ) async throws -> PortalLink? {
        try look { db in try SQLiteRegistry.link(hash, db) }.flatMap { $0.lets(inAt: now) ? $0 : nil }
    }

    package func enter(
        withSecretHash hash: [UInt8], at now: Timestamp
    ) async throws -> PortalSession? {
        try await pool.write { db in
            guard let link = try SQLiteRegistry.link(hash, db), link.lets(inAt: now) else {
                return nil
            }
            return try SQLiteRegistry.begin(link, at: now, db)
        }
    }

    package func enter(openProject id: String, at now: Timestamp) async throws -> PortalSession? {
        let secret = try SQLiteRegistry.secret(prefix: "eo_")
        return try await pool.write { db in
            let client = try String.fetchOne(
                db, sql: "SELECT client FROM project WHERE id = ? AND status = 'active'", arguments: [id])
            guard let client else { return nil }
            let known = try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM portal_link WHERE purpose = 'open' AND project = ? AND client = ?
                        AND revoked_ms IS NULL
                    """,
                arguments: [id, client]
            ).map(PortalLink.init(row:))
            var draft = PortalLinkDraft(client: client, label: "Quick share", expires: nil)
            draft.purpose = .open
            draft.project = id
            // Nobody ever learns this one's secret: it stands for the address without one.
            let hash = Data(SQLiteRegistry.sha256(Array(secret.utf8)))
            let link = try known ?? SQLiteRegistry.insert(draft, hash, at: now, db)
            return try SQLiteRegistry.begin(link, at: now, db)
        }
    }

    private static func begin(
        _ link: PortalLink, at now: Timestamp, _ db: Database
    ) throws -> PortalSession {
        try forgetOver(at: now, db)
        try db.execute(
            sql: "UPDATE portal_link SET use_count = use_count + 1, used_ms = ? WHERE id = ?",
            arguments: [now.milliseconds, link.id])
        try db.execute(
            sql: "INSERT INTO portal_session (link, began_ms, used_ms) VALUES (?, ?, ?)",
            arguments: [link.id, now.milliseconds, now.milliseconds])
        return PortalSession(
            id: db.lastInsertedRowID, link: link.id,
            scope: ClientScope(client: link.client, project: link.project),
            purpose: link.purpose, began: now, lastUsed: now)
    }

    /// Nothing is kept of sessions that time has ended, nor of links of previews that nobody has a
    /// session of: both are made by every click.
    private static func forgetOver(at now: Timestamp, _ db: Database) throws {
        let end = now.milliseconds - SessionTerms.lifetimeMilliseconds
        try db.execute(sql: "DELETE FROM portal_session WHERE began_ms <= ?", arguments: [end])
        try db.execute(
            sql: """
                DELETE FROM portal_link WHERE purpose = 'preview' AND expires_ms <= ?
                    AND NOT EXISTS (SELECT 1 FROM portal_session WHERE link = portal_link.id)
                """,
            arguments: [now.milliseconds])
    }

    private static func link(_ hash: [UInt8], _ db: Database) throws -> PortalLink? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM portal_link WHERE secret_sha256 = ?"),
            arguments: [Data(hash)]
        ).map(PortalLink.init(row:))
    }

    package func session(_ id: Int64, at now: Timestamp) async throws -> PortalSession? {
        let found = try look { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT portal_session.id AS session, portal_session.began_ms,
                                portal_session.used_ms AS session_used_ms, portal_link.*
                            FROM portal_session
                            JOIN portal_link ON portal_link.id = portal_session.link
                            WHERE portal_session.id = ? AND portal_session.ended_ms IS NULL
                        """),
                arguments: [id]
            ).map { row in (link: PortalLink(row: row), session: PortalSession(row: row)) }
        }
        guard let (link, session) = found, link.keepsSessions(at: now), session.holds(at: now) else {
            return nil
        }
        if now.milliseconds(since: session.lastUsed) >= SessionTerms.useStepMilliseconds {
            try await pool.write { db in
                try db.execute(
                    sql: "UPDATE portal_session SET used_ms = ? WHERE id = ?",
                    arguments: [now.milliseconds, id])
            }
        }
        return session
    }

    package func end(session id: Int64, at now: Timestamp) async throws {
        try await pool.write { db in
            try db.execute(
                sql: "UPDATE portal_session SET ended_ms = ? WHERE id = ? AND ended_ms IS NULL",
                arguments: [now.milliseconds, id])
        }
    }

    package func locations(in scope: ClientScope) async throws -> [OwnedLocation] {
        try look { db in
            try SQLiteRegistry.owned(scope, "ORDER BY location.name, location.id", [], db)
        }
    }

    package func location(_ id: String, in scope: ClientScope) async throws -> OwnedLocation? {
        try look { db in
            try SQLiteRegistry.owned(scope, "AND location.id = ?", [id], db).first
        }
    }

    private static func owned(
        _ scope: ClientScope, _ further: String, _ arguments: StatementArguments, _ db: Database
    ) throws -> [OwnedLocation] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT location.*, project.name AS project_name, project.client,
                            project.time_zone, project.monitoring_hours
                        FROM location JOIN project ON project.id = location.project
                        WHERE project.client = ? AND (? IS NULL OR project.id = ?)
                            AND project.status = 'active'
                            AND location.status = 'active' AND location.kind = 'sound' \(further)
                    """),
            arguments: [scope.client, scope.project, scope.project] + arguments
        ).compactMap { row in
            guard let location = Location(row: row) else { return nil }
            return OwnedLocation(
                location: location,
                project: Project(
                    id: location.project, name: row["project_name"], client: row["client"],
                    timeZone: row["time_zone"]))
        }
    }

    /// What ends an access raises the revision, for those who keep sockets open.
    @Sendable static func makePortal(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE portal_link (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    client TEXT NOT NULL REFERENCES client (id),
                    label TEXT NOT NULL,
                    secret_sha256 BLOB NOT NULL UNIQUE,
                    created_ms INTEGER NOT NULL,
                    expires_ms INTEGER,
                    is_one_time INTEGER NOT NULL,
                    purpose TEXT NOT NULL,
                    project TEXT REFERENCES project (id),
                    used_ms INTEGER,
                    use_count INTEGER NOT NULL DEFAULT 0,
                    revoked_ms INTEGER
                );
                CREATE INDEX portal_link_client ON portal_link (client, id);
                CREATE TABLE portal_session (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    link INTEGER NOT NULL REFERENCES portal_link (id),
                    began_ms INTEGER NOT NULL,
                    used_ms INTEGER NOT NULL,
                    ended_ms INTEGER
                );
                CREATE INDEX portal_session_link ON portal_session (link);
                CREATE INDEX portal_session_began ON portal_session (began_ms);
                CREATE TRIGGER portal_link_ended AFTER UPDATE OF revoked_ms, expires_ms ON portal_link
                BEGIN UPDATE revision SET number = number + 1; END;
                CREATE TRIGGER portal_session_ended AFTER UPDATE OF ended_ms ON portal_session
                BEGIN UPDATE revision SET number = number + 1; END;
                """)
    }
}

extension PortalLink {
    init(row: Row) {
        func time(_ column: String) -> Timestamp? {
            (row[column] as Int64?).map(Timestamp.init(milliseconds:))
        }
        self.init(
            id: row["id"], client: row["client"], label: row["label"],
            created: Timestamp(milliseconds: row["created_ms"]), expires: time("expires_ms"),
            isOneTime: row["is_one_time"],
            purpose: PortalLink.Purpose(rawValue: row["purpose"]) ?? .client,
            project: row["project"], lastUsed: time("used_ms"), useCount: row["use_count"],
            revoked: time("revoked_ms"))
    }
}

extension PortalSession {
    fileprivate init(row: Row) {
        self.init(
            id: row["session"], link: row["id"],
            scope: ClientScope(client: row["client"], project: row["project"]),
            purpose: PortalLink.Purpose(rawValue: row["purpose"]) ?? .client,
            began: Timestamp(milliseconds: row["began_ms"]),
            lastUsed: Timestamp(milliseconds: row["session_used_ms"]))
    }
}
