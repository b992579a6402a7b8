//  SQLiteRegistry+Operators.swift · Store
//
//  Operators: made, changed, removed. What signs them in is `SQLiteRegistry+SignIn.swift`.

import Foundation
import GRDB
package import Monitoring

extension SQLiteRegistry: OperatorDirectory {
    package func operators() async throws -> [Operator] {
        try look { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT * FROM operator WHERE removed_ms IS NULL ORDER BY name COLLATE NOCASE
                        """)
            ).compactMap { Operator(row: $0) }
        }
    }

    package func addOperator(
        _ name: String, role: AccessToken.Scope, password: OperatorChange.NewPassword,
        at now: Timestamp
    ) async throws -> (person: Operator, password: String?) {
        guard AccessToken.isName(name) else { throw OperatorError.unsoundName(name) }
        let (hash, made) = try await hash(password)
        return try await pool.write { db in
            try SQLiteRegistry.checkFree(name, for: nil, db)
            try db.execute(
                sql: """
                    INSERT INTO operator (name, role, created_ms, password_hash, password_salt,
                            scrypt_n, scrypt_r, scrypt_p)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [name, role.rawValue, now.milliseconds] + hash.arguments)
            return (
                Operator(id: db.lastInsertedRowID, name: name, role: role, created: now), made
            )
        }
    }

    package func change(
        operator id: Int64, _ change: OperatorChange, at now: Timestamp
    ) async throws -> (person: Operator, password: String?) {
        if let name = change.name, !AccessToken.isName(name) {
            throw OperatorError.unsoundName(name)
        }
        var new: (hash: PasswordHash, made: String?)?
        if let password = change.password { new = try await hash(password) }
        let (hash, made) = (new?.hash, new?.made)
        return try await pool.write { db in
            var person = try SQLiteRegistry.person(id, db)
            let role = person.role
            person.name = change.name ?? person.name
            person.role = change.role ?? role
            try SQLiteRegistry.checkFree(person.name, for: id, db)
            if role == .admin, person.role < .admin { try SQLiteRegistry.checkAdmin(beside: id, db) }
            try db.execute(
                sql: "UPDATE operator SET name = ?, role = ? WHERE id = ?",
                arguments: [person.name, person.role.rawValue, id])
            if let hash {
                try db.execute(
                    sql: """
                        UPDATE operator SET password_hash = ?, password_salt = ?, scrypt_n = ?,
                            scrypt_r = ?, scrypt_p = ? WHERE id = ?
                        """,
                    arguments: hash.arguments + [id])
            }
            if hash != nil || person.role < role {
                try SQLiteRegistry.endSessions(ofOperator: id, at: now, db)
            }
            return (person, made)
        }
    }

    package func remove(operator id: Int64, at now: Timestamp) async throws -> Operator {
        try await pool.write { db in
            let person = try SQLiteRegistry.person(id, db)
            if person.role == .admin { try SQLiteRegistry.checkAdmin(beside: id, db) }
            // The row stays, so that its id is nobody else's; the hash has no use any more.
            try db.execute(
                sql: """
                    UPDATE operator SET removed_ms = ?, password_hash = x'', password_salt = x''
                        WHERE id = ?
                    """,
                arguments: [now.milliseconds, id])
            try SQLiteRegistry.endSessions(ofOperator: id, at: now, db)
            return person
        }
    }

    private func hash(
        _ password: OperatorChange.NewPassword
    ) async throws -> (hash: PasswordHash, made: String?) {
        let text: String
        var made: String?
        switch password {
        case .given(let given):
            if let fault = Operator.Password.fault(given) {
                throw OperatorError.unsoundPassword(fault)
            }
            text = given
        case .made:
            made = PasswordHash.makePassword()
            guard let made else { throw OperatorError.noHash }
            text = made
        }
        guard let hash = try await passwords.run({ PasswordHash(of: text) }) else {
            throw OperatorError.noHash
        }
        return (hash, made)
    }

    private static func person(_ id: Int64, _ db: Database) throws -> Operator {
        let row = try Row.fetchOne(
            db, sql: "SELECT * FROM operator WHERE id = ? AND removed_ms IS NULL", arguments: [id])
        guard let person = row.flatMap({ Operator(row: $0) }) else { throw OperatorError.unknown(id) }
        return person
    }

    private static func checkFree(_ name: String, for id: Int64?, _ db: Database) throws {
        let isTaken = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM operator
                    WHERE name = ? COLLATE NOCASE AND removed_ms IS NULL AND id IS NOT ?)
                """,
            arguments: [name, id])!
        if isTaken { throw OperatorError.taken(name) }
    }

    private static func checkAdmin(beside id: Int64, _ db: Database) throws {
        let isThere = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM operator
                        WHERE role = 'admin' AND removed_ms IS NULL AND id <> ?)
                    OR EXISTS (SELECT 1 FROM token
                        WHERE scope = 'admin' AND \(SQLiteRegistry.isLiveToken))
                """,
            arguments: [id])!
        if !isThere { throw OperatorError.lastAdmin }
    }

    private static func endSessions(
        ofOperator id: Int64, at now: Timestamp, _ db: Database
    ) throws {
        try db.execute(
            sql: "UPDATE operator_session SET ended_ms = ? WHERE operator = ? AND ended_ms IS NULL",
            arguments: [now.milliseconds, id])
    }

    /// What ends somebody's access raises the revision; that somebody came or was here does not.
    @Sendable static func makeOperators(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE operator (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    name TEXT NOT NULL,
                    role TEXT NOT NULL,
                    created_ms INTEGER NOT NULL,
                    signed_in_ms INTEGER,
                    removed_ms INTEGER,
                    password_hash BLOB NOT NULL,
                    password_salt BLOB NOT NULL,
                    scrypt_n INTEGER NOT NULL,
                    scrypt_r INTEGER NOT NULL,
                    scrypt_p INTEGER NOT NULL
                );
                CREATE UNIQUE INDEX operator_name
                    ON operator (name COLLATE NOCASE) WHERE removed_ms IS NULL;
                CREATE TABLE operator_session (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    operator INTEGER REFERENCES operator (id),
                    token INTEGER,
                    began_ms INTEGER NOT NULL,
                    used_ms INTEGER NOT NULL,
                    ended_ms INTEGER,
                    CHECK ((operator IS NULL) <> (token IS NULL))
                );
                CREATE INDEX operator_session_operator ON operator_session (operator);
                CREATE INDEX operator_session_began ON operator_session (began_ms);
                CREATE TRIGGER operator_lowered AFTER UPDATE OF role, removed_ms ON operator
                BEGIN UPDATE revision SET number = number + 1; END;
                CREATE TRIGGER operator_session_ended AFTER UPDATE OF ended_ms ON operator_session
                BEGIN UPDATE revision SET number = number + 1; END;
                CREATE TRIGGER token_revoked AFTER UPDATE OF revoked_ms ON token
                BEGIN UPDATE revision SET number = number + 1; END;
                """)
    }
}

extension PasswordHash {
    /// In the order of the table's columns.
    fileprivate var arguments: StatementArguments {
        [Data(bytes), Data(salt), Int64(cost.n), Int64(cost.r), Int64(cost.p)]
    }
}

extension Operator {
    /// `nil` for a role that this version does not know.
    init?(row: Row) {
        guard let role = AccessToken.Scope(rawValue: row["role"]) else { return nil }
        self.init(
            id: row["id"], name: row["name"], role: role,
            created: Timestamp(milliseconds: row["created_ms"]),
            lastSignIn: (row["signed_in_ms"] as Int64?).map(Timestamp.init(milliseconds:)))
    }
}
