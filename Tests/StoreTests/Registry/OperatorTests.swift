//  OperatorTests.swift · StoreTests

import Dispatch
import Foundation
import GRDB
import Monitoring
import Support
import Testing

@testable import Store

private let now = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
private let password = "correct horse battery"

private func later(_ milliseconds: Int64) -> Timestamp { now.advanced(byMilliseconds: milliseconds) }

@Suite(.timeLimit(.minutes(10))) struct `The registry's operators` {
    private let file = RegistryFile()
    private let book: SQLiteRegistry

    init() throws { book = try SQLiteRegistry(path: file.path) }

    private func add(
        _ name: String, _ role: AccessToken.Scope = .admin, _ text: String = password
    ) async throws -> Operator {
        try await book.addOperator(name, role: role, password: .given(text), at: now).person
    }

    private func session(_ name: String, _ text: String = password) async throws -> OperatorSession? {
        try await book.signIn(name: name, password: text, at: now)
    }

    @Test func `sign in with their name in either case, and their password`() async throws {
        let ada = try await add("Ada")
        let session = try #require(try await session("ada"))
        var expected = ada
        expected.lastSignIn = now
        #expect(session.holder == .operator(expected))
        #expect(try await book.operatorSession(session.id, at: later(1)) == session)
        #expect(try await book.operators() == [expected])
        for (name, text) in [
            ("ada", "correct horse batterY"), ("ada", ""), ("grace", password), ("", ""),
            ("ada", password + " "),
        ] {
            #expect(try await self.session(name, text) == nil)
        }
    }

    @Test func `have passwords that are kept nowhere, each with a salt of its own`() async throws {
        _ = try await add("ada")
        _ = try await add("grace")
        let rows = try await book.pool.read { db in
            try Data.fetchAll(db, sql: "SELECT password_hash FROM operator")
        }
        #expect(Set(rows).count == 2 && rows.allSatisfy { $0.count == 32 })
        try book.pool.close()
        for suffix in ["", "-wal"] {
            let bytes = (try? Data(contentsOf: URL(filePath: file.path + suffix))) ?? Data()
            #expect(bytes.range(of: Data(password.utf8)) == nil)
        }
    }

    @Test func `may write an accented letter as one or as two`() async throws {
        _ = try await add("ada", .viewer, "caf\u{E9} au lait, chaud")
        #expect(try await session("ada", "cafe\u{301} au lait, chaud") != nil)
    }

    @Test(arguments: [
        ("elevenchars", false), ("twelve chars", true), (String(repeating: "x", count: 256), true),
        (String(repeating: "x", count: 257), false), ("two lines\nof text", false),
    ])
    func `have passwords of 12 to 256 characters`(text: String, isGood: Bool) async throws {
        #expect((Operator.Password.fault(text) == nil) == isGood)
        if isGood { return }
        await #expect(throws: OperatorError.unsoundPassword(Operator.Password.fault(text)!)) {
            try await add("ada", .admin, text)
        }
        #expect(try await book.operators().isEmpty)
    }

    @Test func `can have a password made for them`() async throws {
        let (_, made) = try await book.addOperator("ada", role: .viewer, password: .made, at: now)
        let text = try #require(made)
        #expect(text.wholeMatch(of: /([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}/) != nil)
        #expect(try await session("ada", text) != nil)
    }

    @Test func `have names of their own`() async throws {
        _ = try await add("Ada")
        let grace = try await add("grace")
        await #expect(throws: OperatorError.taken("ADA")) { try await add("ADA") }
        await #expect(throws: OperatorError.unsoundName(" x")) { try await add(" x") }
        await #expect(throws: OperatorError.taken("ada")) {
            try await book.change(operator: grace.id, OperatorChange(name: "ada"), at: now)
        }
        let renamed = try await book.change(
            operator: grace.id, OperatorChange(name: "Grace"), at: now)
        #expect(renamed.person.name == "Grace" && renamed.password == nil)
    }

    @Test func `are signed out by a lower role, another password, and removal, and by no other change`()
        async throws
    {
        _ = try await add("root")
        let ada = try await add("ada", .operator)
        func ends(_ change: OperatorChange) async throws -> Bool {
            let session = try #require(try await self.session("ada"))
            let revision = try await book.accessRevision()
            _ = try await book.change(operator: ada.id, change, at: now)
            let isGone = try await book.operatorSession(session.id, at: now) == nil
            if isGone { #expect(try await book.accessRevision() != revision) }
            return isGone
        }
        #expect(try await !ends(OperatorChange(name: "Ada")))
        #expect(try await !ends(OperatorChange(role: .admin)))
        #expect(try await ends(OperatorChange(role: .viewer)))
        #expect(try await ends(OperatorChange(password: .given(password))))
        let session = try #require(try await self.session("ada"))
        #expect(try await book.remove(operator: ada.id, at: now).id == ada.id)
        #expect(try await book.operatorSession(session.id, at: now) == nil)
        #expect(try await self.session("ada") == nil)
        await #expect(throws: OperatorError.unknown(ada.id)) {
            try await book.remove(operator: ada.id, at: now)
        }
        #expect(try await add("ada").id != ada.id)
    }

    @Test func `keep an admin, unless a token is one`() async throws {
        let ada = try await add("ada")
        _ = try await add("grace", .operator)
        func fails(_ change: OperatorChange?) async throws {
            await #expect(throws: OperatorError.lastAdmin) {
                if let change {
                    _ = try await book.change(operator: ada.id, change, at: now)
                } else {
                    _ = try await book.remove(operator: ada.id, at: now)
                }
            }
        }
        try await fails(nil)
        try await fails(OperatorChange(role: .operator))
        _ = try book.createToken(name: "ci", scope: .operator, now: now)
        try await fails(nil)
        let (token, _) = try await book.makeToken(name: "x", scope: .admin, now: now, expires: nil)
        #expect(try await book.revokeToken(token.id, now: now))
        try await fails(nil)
        _ = try book.createToken(name: "root", scope: .admin, now: now)
        _ = try await book.remove(operator: ada.id, at: now)
    }

    @Test func `have sessions that end after 12 hours of no use, and 30 days`() async throws {
        _ = try await add("ada")
        let hour: Int64 = 3_600_000
        let session = try #require(try await session("ada"))
        #expect(try await book.operatorSession(session.id, at: later(12 * hour)) == nil)
        for step in 1...65 {
            let time = later(Int64(step) * 11 * hour)
            #expect(try await book.operatorSession(session.id, at: time) != nil)
        }
        #expect(try await book.operatorSession(session.id, at: later(30 * 24 * hour - 1)) != nil)
        #expect(try await book.operatorSession(session.id, at: later(30 * 24 * hour)) == nil)
        _ = try await book.beginSession(ofToken: 7, at: later(30 * 24 * hour))
        let count = try await book.pool.read { db in
            try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM operator_session")
        }
        #expect(count == 1, "sessions that are over are forgotten")
    }

    @Test func `let somebody in at all`() async throws {
        #expect(try !book.hasCredentials())
        let ada = try await add("ada")
        #expect(try book.hasCredentials())
        _ = try book.createToken(name: "ci", scope: .admin, now: now)
        _ = try await book.remove(operator: ada.id, at: now)
        #expect(try book.hasCredentials())
    }

    @Test func `wait for their turn, so many of them`() async throws {
        let bench = PasswordBench()
        let gate = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Bool.self) { group async throws in
            for _ in 0..<PasswordBench.waitingMaximum + 3 {
                group.addTask {
                    do {
                        return try await bench.run { gate.wait() == () }
                    } catch OperatorError.busy {
                        return false
                    }
                }
            }
            for _ in 0..<3 { #expect(try await group.next() == false) }
            for _ in 0..<PasswordBench.waitingMaximum { gate.signal() }
            for _ in 0..<PasswordBench.waitingMaximum { #expect(try await group.next() == true) }
        }
        gate.signal()
        #expect(try await bench.run { gate.wait() == () })
    }
}

@Suite struct `A password's hash` {
    // RFC 7914, section 12: the second vector, of which a hash has the first 32 bytes.
    @Test func `is scrypt's`() throws {
        let hash = PasswordHash(
            cost: .init(n: 1024, r: 8, p: 16), salt: Array("NaCl".utf8),
            bytes: bytes("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"))
        #expect(hash.matches("password"))
        #expect(!hash.matches("passwore"))
        #expect(PasswordHash.Cost().n >= 1 << 15 && PasswordHash.Cost().r == 8)
        #expect(!PasswordHash.nobody.matches(""))
    }

    private func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.utf8.count, by: 2).map { index in
            let start = hex.index(hex.startIndex, offsetBy: index)
            return UInt8(hex[start..<hex.index(start, offsetBy: 2)], radix: 16)!
        }
    }
}

@Suite struct `The audit log` {
    private let registry = TemporaryRegistry()
    private var book: SQLiteRegistry { registry.book }

    private func entry(_ number: Int64) -> AuditEntry {
        AuditEntry(
            id: number, at: later(number), by: "ada", action: "PUT /api/x/{y}", path: "/api/x/1",
            status: 200, address: "::1", detail: "role admin")
    }

    @Test func `tells the newest first, page by page`() async throws {
        for number in 1...5 { try await book.record(entry(Int64(number))) }
        #expect(try await book.auditEntries(before: nil, limit: 2) == [entry(5), entry(4)])
        #expect(try await book.auditEntries(before: 2, limit: 9) == [entry(1)])
    }

    @Test func `keeps so many rows, and the oldest goes`() async throws {
        try await book.record(entry(1))
        try await book.record(entry(2))
        let last = AuditEntry.countMaximum + 1
        try await book.pool.write { db in
            try db.execute(sql: "UPDATE audit SET id = \(last) WHERE id = 2")
            try db.execute(sql: "UPDATE sqlite_sequence SET seq = \(last) WHERE name = 'audit'")
        }
        try await book.record(AuditEntry(at: now, by: "", action: "token create"))
        #expect(try await book.auditEntries(before: nil, limit: 9).map(\.id) == [last + 1, last])
    }
}
