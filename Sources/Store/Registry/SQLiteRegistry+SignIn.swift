//  SQLiteRegistry+SignIn.swift · Store
//
//  Sessions of operators, and of tokens that were shown in a browser.

import Foundation
import GRDB
package import Monitoring

extension SQLiteRegistry {
    package func signIn(
        name: String, password: String, at now: Timestamp
    ) async throws -> OperatorSession? {
        let known = try look { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT * FROM operator WHERE name = ? COLLATE NOCASE AND removed_ms IS NULL
                        """),
                arguments: [name]
            ).flatMap { row in Operator(row: row).map { ($0, PasswordHash(row: row)) } }
        }
        let hash = known?.1 ?? .nobody
        // For nobody too: from the time it takes nobody learns who there is.
        let isRight = try await passwords.run { hash.matches(password) }
        guard isRight, var person = known?.0 else { return nil }
        person.lastSignIn = now
        let holder = OperatorSession.Holder.operator(person)
        let id = person.id
        return try await pool.write { db -> OperatorSession? in
            // Meanwhile the password may have been changed.
            try db.execute(
                sql: "UPDATE operator SET signed_in_ms = ? WHERE id = ? AND password_hash = ?",
                arguments: [now.milliseconds, id, Data(hash.bytes)])
            guard db.changesCount == 1 else { return nil }
            return try SQLiteRegistry.begin(holder, operator: id, token: nil, at: now, db)
        }
    }

    package func beginSession(
        ofToken id: Int64, at now: Timestamp
    ) async throws -> OperatorSession {
        try await pool.write { db in
            try SQLiteRegistry.begin(.token(id), operator: nil, token: id, at: now, db)
        }
    }

    private static func begin(
        _ holder: OperatorSession.Holder, operator id: Int64?, token: Int64?, at now: Timestamp,
        _ db: Database
    ) throws -> OperatorSession {
        try db.execute(
            sql: "DELETE FROM operator_session WHERE began_ms <= ?",
            arguments: [now.milliseconds - SessionTerms.lifetimeMilliseconds])
        try db.execute(
            sql: """
                INSERT INTO operator_session (operator, token, began_ms, used_ms) VALUES (?, ?, ?, ?)
                """,
            arguments: [id, token, now.milliseconds, now.milliseconds])
        return OperatorSession(
            id: db.lastInsertedRowID, holder: holder, began: now, lastUsed: now)
    }

    package func operatorSession(_ id: Int64, at now: Timestamp) async throws -> OperatorSession? {
        let found = try look { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT operator_session.id AS session, token, began_ms, used_ms, operator.*
                            FROM operator_session
                            LEFT JOIN operator ON operator.id = operator_session.operator
                            WHERE operator_session.id = ? AND ended_ms IS NULL AND removed_ms IS NULL
                        """),
                arguments: [id]
            ).flatMap(OperatorSession.init(row:))
        }
        guard let session = found, session.holds(at: now) else { return nil }
        if now.milliseconds(since: session.lastUsed) >= SessionTerms.useStepMilliseconds {
            try await pool.write { db in
                try db.execute(
                    sql: "UPDATE operator_session SET used_ms = ? WHERE id = ?",
                    arguments: [now.milliseconds, id])
            }
        }
        return session
    }

    package func end(operatorSession id: Int64, at now: Timestamp) async throws {
        try await pool.write { db in
            try db.execute(
                sql: "UPDATE operator_session SET ended_ms = ? WHERE id = ? AND ended_ms IS NULL",
                arguments: [now.milliseconds, id])
        }
    }

    package func accessRevision() async throws -> Int64 {
        try look { db in try SQLiteRegistry.revision(db) }
    }
}

extension PasswordHash {
    fileprivate init(row: Row) {
        func number(_ column: String) -> UInt64 { UInt64(max(0, row[column] as Int64)) }
        self.init(
            cost: Cost(n: number("scrypt_n"), r: number("scrypt_r"), p: number("scrypt_p")),
            salt: Array(row["password_salt"] as Data), bytes: Array(row["password_hash"] as Data))
    }
}

extension OperatorSession {
    /// `nil` for a role that this version does not know.
    fileprivate init?(row: Row) {
        let holder: Holder
        if let token = row["token"] as Int64? {
            holder = .token(token)
        } else if let person = Operator(row: row) {
            holder = .operator(person)
        } else {
            return nil
        }
        self.init(
            id: row["session"], holder: holder,
            began: Timestamp(milliseconds: row["began_ms"]),
            lastUsed: Timestamp(milliseconds: row["used_ms"]))
    }
}
