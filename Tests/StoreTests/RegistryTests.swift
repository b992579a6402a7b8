//  RegistryTests.swift · StoreTests

import Foundation
import Monitoring
import Testing

@testable import Store

@Suite struct `The registry` {
    private let path = FileManager.default.temporaryDirectory
        .appending(path: "earshot-registry-\(UUID().uuidString).sqlite").path()
    private let upstream = Upstream(id: "north", url: "http://127.0.0.1:8100")
    private let now = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!

    @Test func `adopts units once, and keeps what was set of them`() async throws {
        let registry = try SQLiteRegistry(path: path)
        var unit = try await registry.adopt(["b", "a"], of: upstream)[0]
        #expect(unit.id.name == "a" && unit.ln1Percent == nil && unit.rate == .auto)
        unit.ln1Percent = 1
        unit.rate = .full
        try await registry.update(unit)
        let again = try await SQLiteRegistry(path: path).adopt(["a", "b", "c"], of: upstream)
        #expect(again.map(\.id.name) == ["a", "b", "c"])
        #expect(again[0] == unit)
    }

    @Test func `gives a name that another upstream has a number, and leaves out impossible ones`()
        async throws
    {
        let registry = try SQLiteRegistry(path: path)
        _ = try await registry.adopt(["a"], of: upstream)
        let south = Upstream(id: "south", url: "http://127.0.0.1:8101")
        let units = try await registry.adopt(["a", "x y", ""], of: south)
        #expect(units.map(\.id.name) == ["a-2"] && units.map(\.upstreamUnit) == ["a"])
        #expect(try await registry.units().count == 2)
    }

    @Test func `knows a token by its hash only, and not after it has expired`() async throws {
        let registry = try SQLiteRegistry(path: path)
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
        let file = try Data(contentsOf: URL(filePath: path))
        #expect(file.range(of: Data(text.utf8)) == nil)
    }

    private func sha256(_ text: String) -> [UInt8] {
        SQLiteRegistry.sha256(Array(text.utf8))
    }
}
