//  SQLiteRegistry+Links.swift · Store
//
//  Links of clients as a file has them: all at once, by the SHA-256 of their secrets.

import Foundation
import GRDB
import Monitoring

extension SQLiteRegistry {
    /// A secret for a link, of 256 random bits.
    package static func linkSecret() throws -> String { try secret(prefix: "el_") }

    /// All that were ever made.
    static func links(_ db: Database) throws -> [[UInt8]: PortalLink] {
        var links: [[UInt8]: PortalLink] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT * FROM portal_link") {
            links[[UInt8](row["secret_sha256"] as Data)] = PortalLink(row: row)
        }
        return links
    }

    /// Writes what differs from `before`, which is what is stored; what a link was used for stays.
    static func store(
        _ links: [[UInt8]: PortalLink], over before: [[UInt8]: PortalLink], _ db: Database
    ) throws {
        let changed = links.filter { before[$0.key] != $0.value }
        for (hash, link) in changed.sorted(by: { $0.value.label < $1.value.label }) {
            try db.execute(
                sql: """
                    INSERT INTO portal_link (client, label, secret_sha256, created_ms, expires_ms,
                            is_one_time, revoked_ms, purpose, project)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (secret_sha256) DO UPDATE SET label = excluded.label,
                            expires_ms = excluded.expires_ms, is_one_time = excluded.is_one_time,
                            revoked_ms = excluded.revoked_ms
                    """,
                arguments: [
                    link.client, link.label, Data(hash), link.created.milliseconds,
                    link.expires?.milliseconds, link.isOneTime, link.revoked?.milliseconds,
                    link.purpose.rawValue, link.project,
                ])
        }
    }
}
