//  SQLiteRegistry+Tokens.swift · Store
//
//  API tokens: only the SHA-256 of a secret is stored.

import CCrypto
import Foundation
import GRDB
package import Monitoring

extension SQLiteRegistry: TokenDirectory, TokenBook {
    package func token(withSecretHash hash: [UInt8]) async throws -> AccessToken? {
        try liveToken("secret_sha256 = ?", [Data(hash)])
    }

    package func token(withID id: Int64) async throws -> AccessToken? {
        try liveToken("id = ?", [id])
    }

    package func makeToken(
        name: String, scope: AccessToken.Scope, now: Timestamp, expires: Timestamp?
    ) async throws -> (token: AccessToken, secret: String) {
        try makeTokenNow(name: name, scope: scope, now: now, expires: expires)
    }

    /// As the other, for those who cannot wait; only its text.
    package func createToken(
        name: String, scope: AccessToken.Scope, now: Timestamp, expires: Timestamp? = nil
    ) throws -> String {
        try makeTokenNow(name: name, scope: scope, now: now, expires: expires).secret
    }

    private func makeTokenNow(
        name: String, scope: AccessToken.Scope, now: Timestamp, expires: Timestamp?
    ) throws -> (token: AccessToken, secret: String) {
        let text = try SQLiteRegistry.secret(prefix: "es_")
        let hash = SQLiteRegistry.sha256(Array(text.utf8))
        let id = try pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO token (name, scope, secret_sha256, created_ms, expires_ms)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    name, scope.rawValue, Data(hash), now.milliseconds, expires?.milliseconds,
                ])
            return db.lastInsertedRowID
        }
        return (
            AccessToken(id: id, name: name, scope: scope, created: now, expires: expires), text
        )
    }

    /// Whether anybody could sign in, with a token or as an operator.
    package func hasCredentials() throws -> Bool {
        try pool.read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM token WHERE \(SQLiteRegistry.isLiveToken))
                        OR EXISTS (SELECT 1 FROM operator WHERE removed_ms IS NULL)
                    """)!
        }
    }

    package func tokenRecords() async throws -> [TokenRecord] {
        try look { db in
            try Row.fetchAll(db, sql: "SELECT * FROM token ORDER BY id").compactMap { row in
                AccessToken(row: row).map { token in
                    TokenRecord(
                        token: token,
                        revoked: (row["revoked_ms"] as Int64?).map(Timestamp.init(milliseconds:)))
                }
            }
        }
    }

    package func revokeToken(_ id: Int64, now: Timestamp) async throws -> Bool {
        try await pool.write { db in
            try db.execute(
                sql: "UPDATE token SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL",
                arguments: [now.milliseconds, id])
            return db.changesCount > 0
        }
    }

    package enum TokenError: Error { case noRandomness }

    /// 256 random bits, in hexadecimal behind what tells their kind.
    static func secret(prefix: String) throws -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        guard RAND_bytes(&bytes, 32) == 1 else { throw TokenError.noRandomness }
        let digits = Array("0123456789abcdef".utf8)
        let hex = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return prefix + String(decoding: hex, as: UTF8.self)
    }

    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 32)
        SHA256(bytes, bytes.count, &hash)
        return hash
    }

    /// Expiry is compared with SQLite's own clock, so that a caller cannot get it wrong.
    static let isLiveToken = """
        revoked_ms IS NULL
            AND (expires_ms IS NULL OR expires_ms > CAST(strftime('%s', 'now') AS INTEGER) * 1000)
        """

    private func liveToken(
        _ condition: String, _ arguments: StatementArguments
    ) throws -> AccessToken? {
        try look { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: "SELECT * FROM token WHERE \(condition) AND \(SQLiteRegistry.isLiveToken)"),
                arguments: arguments
            ).flatMap(AccessToken.init(row:))
        }
    }
}

extension AccessToken {
    /// `nil` for a scope that this version does not know.
    fileprivate init?(row: Row) {
        guard let scope = Scope(rawValue: row["scope"]) else { return nil }
        self.init(
            id: row["id"], name: row["name"], scope: scope,
            created: Timestamp(milliseconds: row["created_ms"]),
            expires: (row["expires_ms"] as Int64?).map(Timestamp.init(milliseconds:)))
    }
}
