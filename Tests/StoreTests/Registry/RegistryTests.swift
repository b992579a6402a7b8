//  RegistryTests.swift · StoreTests

import Foundation
import GRDB
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The registry` {
    private let file = RegistryFile()
    private let north = Upstream(id: "north", url: "http://127.0.0.1:8100")
    private let south = Upstream(id: "south", url: "http://[FE80::2]:8101/")

    @Test func `adopts units once, and keeps what was set of them`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        var unit = try await registry.adopt(["b", "a"], of: north)[0]
        #expect(unit.id.name == "a" && unit.ln1Percent == nil && unit.rate == .auto)
        unit.ln1Percent = 1
        unit.rate = .full
        unit.upstream = "elsewhere"
        try await registry.update(unit)
        unit.upstream = "north"
        let again = try await SQLiteRegistry(path: file.path).adopt(["a", "b", "c"], of: north)
        #expect(again.map(\.id.name) == ["a", "b", "c"])
        #expect(again[0] == unit)
    }

    @Test func `gives a name that is taken the host, then the port, then a number`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        let others = ["http://fe80--2", "http://h:80", "http://h:81", "http://h:81"]
        var names: [String] = []
        for (number, url) in (["http://[FE80::2]:1/"] + others).enumerated() {
            let units = try await registry.adopt(
                ["a", "x y", "", "a@h"], of: Upstream(id: "\(number)", url: url))
            #expect(units.map(\.upstreamUnit) == ["a"])
            names += units.map(\.id.name)
        }
        #expect(names == ["a", "a@fe80--2", "a@h", "a@h:81", "a@h:81-2"])
        let units = try await registry.adopt(["a"], of: south)
        #expect(units.map(\.id.name) == ["a@fe80::2"])
    }

    @Test func `cuts a host that is too long for an id`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        let name = String(repeating: "n", count: 64)
        let host = String(repeating: "h", count: 200)
        for port in 1...3 {
            let upstream = Upstream(id: "\(port)", url: "http://\(host):\(port)")
            _ = try await registry.adopt([name], of: upstream)
        }
        let ids = try await registry.units().map(\.id.name)
        #expect(ids.count == 3 && ids.allSatisfy { $0.utf8.count <= 128 })
        #expect(ids.contains { $0.hasSuffix("h:3") })
    }

    @Test func `leaves units of an address to the upstream that is provisioned there`()
        async throws
    {
        let registry = try SQLiteRegistry(path: file.path)
        try await registry.change { $0.upstreams["north"] = north }
        let flag = Upstream(id: "127.0.0.1:8100", url: "http://127.0.0.1:8100/")
        let units = try await registry.adopt(["a"], of: flag)
        #expect(units.map(\.upstream) == ["north"])
        #expect(try await registry.adopt(["a"], of: north) == units)
        #expect(try await registry.upstreams() == [north])
    }

    @Test func `forgets a unit until it is put back, and gives its id to no other`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        let unit = try await registry.adopt(["a"], of: north)[0]
        #expect(try await registry.remove(unit.id))
        #expect(try await !registry.remove(unit.id))
        #expect(try await registry.unit(unit.id) == nil)
        #expect(try await registry.adopt(["a"], of: north).isEmpty)
        #expect(try await registry.adopt(["a"], of: south).map(\.id.name) == ["a@fe80::2"])
        await #expect(throws: UnknownUnit(id: unit.id)) { try await registry.update(unit) }
        try await registry.change {
            $0.units[unit.id] = $0.removed.removeValue(forKey: unit.id)
        }
        #expect(try await registry.unit(unit.id) == unit)
    }

    @Test func `tells each change by its revision, whoever made it, and nothing else`()
        async throws
    {
        let one = try SQLiteRegistry(path: file.path)
        let two = try SQLiteRegistry(path: file.path)
        var last = try await one.revision()
        func changed(_ number: Int64) -> Bool {
            defer { last = number }
            return number > last
        }
        let unit = try await two.adopt(["a"], of: north)[0]
        #expect(changed(try await one.revision()))
        #expect(try await one.units() == [unit])
        _ = try await two.adopt(["a"], of: north)
        try await two.update(unit)
        #expect(!changed(try await one.revision()))
        _ = try two.createToken(name: "ci", scope: .viewer, now: Timestamp(milliseconds: 0))
        #expect(!changed(try await one.revision()))

        var full = unit
        full.rate = .full
        try await two.update(full)
        #expect(changed(try await one.revision()))
        #expect(try await one.unit(unit.id) == full)
        try await two.change { [north] in $0.upstreams["north"] = north }
        #expect(changed(try await one.revision()))
        #expect(try await one.upstreams() == [north])
        _ = try await two.remove(unit.id)
        #expect(changed(try await one.revision()))
        #expect(try await one.units().isEmpty)
        try await two.change { $0.upstreams = [:] }
        #expect(changed(try await one.revision()))
        #expect(try await one.upstreams().isEmpty)
        let same = try await [one.revision(), two.revision()]
        #expect(same[0] == same[1])
    }

    @Test func `changes everything or nothing`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        let units = try await registry.adopt(["a", "b"], of: north)
        let revision = try await registry.revision()
        await #expect(throws: UnknownUnit.self) {
            try await registry.change { roster in
                roster.units = [:]
                throw UnknownUnit(id: units[0].id)
            }
        }
        // Two units of one name at one upstream: the second row is refused, the first undone.
        await #expect(throws: DatabaseError.self) {
            try await registry.change { $0.units[units[0].id]!.upstreamUnit = "b" }
        }
        #expect(try await registry.units() == units)
        #expect(try await registry.revision() == revision)
        try await registry.change {
            $0.units[units[0].id]!.upstreamUnit = "b"
            $0.units[units[1].id]!.upstreamUnit = "a"
        }
        #expect(try await registry.units().map(\.upstreamUnit) == ["b", "a"])
    }

    @Test func `may be made by several at once`() async throws {
        for _ in 0..<5 {
            let file = RegistryFile()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        let registry = try SQLiteRegistry(path: file.path)
                        _ = try await registry.adopt(["u\(number)"], of: north)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await SQLiteRegistry(path: file.path).units().count == 4)
        }
    }

    @Test func `takes over the registry of the first version`() async throws {
        let secret = "es_" + String(repeating: "5", count: 64)
        try file.writeFirstVersion(secret: secret)
        let registry = try SQLiteRegistry(path: file.path)
        let units = try await registry.units()
        #expect(units.map(\.id.name) == ["NL43-0001", "NL43-0001-2"])
        #expect(
            units[1]
                == Unit(
                    id: UnitID("NL43-0001-2")!, upstream: "south", upstreamUnit: "NL43-0001",
                    ln1Percent: 5, frequencyWeighting: "C", rate: .full))
        #expect(try await registry.adopt(["NL43-0001"], of: south) == [units[1]])
        let hash = SQLiteRegistry.sha256(Array(secret.utf8))
        #expect(try await registry.token(withSecretHash: hash)?.name == "ci")
        #expect(try await registry.revision() > 0)
        #expect(try await registry.upstreams().isEmpty)
    }
}

extension RegistryFile {
    /// What version 0.1 left behind: its schema as it was, two units and a token.
    func writeFirstVersion(secret: String) throws {
        try DatabaseQueue(path: path).write { db in
            try db.execute(
                sql: """
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('1 units and tokens');
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
                    INSERT INTO unit VALUES
                        ('NL43-0001', 'north', 'NL43-0001', NULL, NULL, NULL, NULL, 'auto'),
                        ('NL43-0001-2', 'south', 'NL43-0001', 5, NULL, 'C', NULL, 'full');
                    """)
            try db.execute(
                sql: "INSERT INTO token VALUES (7, 'ci', 'admin', ?, 1000, NULL, NULL)",
                arguments: [Data(SQLiteRegistry.sha256(Array(secret.utf8)))])
        }
    }
}
