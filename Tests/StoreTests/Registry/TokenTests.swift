//  TokenTests.swift · StoreTests

import Foundation
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The registry's tokens` {
    private let file = RegistryFile()
    private let now = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!

    @Test func `are known by their hash only, and not after they have expired`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        let text = try registry.createToken(name: "ci", scope: .admin, now: now)
        #expect(text.utf8.count == 67)
        let token = try #require(try await registry.token(withSecretHash: sha256(text)))
        #expect(token.name == "ci" && token.scope == .admin)
        #expect(try await registry.token(withID: token.id) == token)
        #expect(try await registry.token(withSecretHash: sha256(text + " ")) == nil)
        let old = try registry.createToken(
            name: "old", scope: .viewer, now: now,
            expires: Timestamp(rfc3339: "2020-01-01T00:00:00Z"))
        #expect(try await registry.token(withSecretHash: sha256(old)) == nil)
        let file = try Data(contentsOf: URL(filePath: file.path))
        #expect(file.range(of: Data(text.utf8)) == nil)
    }

    @Test func `are listed with those that have ended, and end once`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        #expect(try !registry.hasCredentials())
        _ = try registry.createToken(
            name: "old", scope: .viewer, now: now,
            expires: Timestamp(rfc3339: "2020-01-01T00:00:00Z"))
        #expect(try !registry.hasCredentials())
        let text = try registry.createToken(name: "ci", scope: .operator, now: now)
        #expect(try registry.hasCredentials())
        let records = try await registry.tokenRecords()
        #expect(records.map(\.token.name) == ["old", "ci"] && records[1].revoked == nil)
        let id = records[1].token.id
        let later = now.advanced(byMilliseconds: 1000)
        #expect(try await registry.revokeToken(id, now: later))
        #expect(try await !registry.revokeToken(id, now: now))
        #expect(try await !registry.revokeToken(99, now: now))
        #expect(try await registry.tokenRecords()[1].revoked == later)
        #expect(try await registry.token(withID: id) == nil)
        #expect(try await registry.token(withSecretHash: sha256(text)) == nil)
        #expect(try !registry.hasCredentials())
    }

    private func sha256(_ text: String) -> [UInt8] {
        SQLiteRegistry.sha256(Array(text.utf8))
    }
}
