//  LedgerTests.swift · NotifyTests
//
//  Events as the pipeline records them, and what is to be told of them: both or neither, once.

import GRDB
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `Events that are recorded` {
    private let file = RegistryFile()
    private let event: SoundEvent = {
        var event = SoundEvent.sample()
        event.id = 0
        return event
    }()

    private func registry() async throws -> SQLiteRegistry {
        let registry = try SQLiteRegistry(path: file.path)
        try await registry.add(.webhook(), secret: nil)
        return registry
    }

    @discardableResult
    private func record(_ events: SoundEvent..., in registry: SQLiteRegistry) async throws -> [Int64] {
        var batch = LedgerBatch()
        batch.events = events
        return try await registry.record(batch)
    }

    private func kinds(_ registry: SQLiteRegistry) async throws -> [Monitoring.Notification.Kind] {
        try await registry.log().map(\.kind)
    }

    @Test func `are told of with their ids, onset and end`() async throws {
        let registry = try await registry()
        let ids = try await record(event, in: registry)
        let other = SoundEvent.sample(onset: "2026-11-23T23:55:00Z").cleared()
        let otherIDs = try await record(event.cleared(), other, in: registry)
        let log = try await registry.log()
        #expect(log.map(\.kind) == [.onset, .clear, .onset, .clear])
        #expect(log.map { $0.event?.id } == [ids[0], ids[0], otherIDs[1], otherIDs[1]])
        #expect(log.map { $0.event?.isActive } == [true, false, false, false])
        #expect(log.map(\.eventKey) == [event.key, event.key, other.key, other.key])
    }

    @Test func `once more after a crash are told of once`() async throws {
        var louder = event
        louder.peakTenths = 700
        do {
            let registry = try await registry()
            try await record(event, in: registry)
            try await record(louder, in: registry)
        }
        let again = try SQLiteRegistry(path: file.path)
        for step in [event, louder, event.cleared(), event, louder, event.cleared()] {
            try await record(step, in: again)
        }
        #expect(try await kinds(again) == [.onset, .clear])
    }

    @Test func `are told of as an alarm once, though the warning is redone`() async throws {
        let registry = try await registry()
        var warning = event
        warning.level = .warning
        for step in [warning, event, warning, event] { try await record(step, in: registry) }
        #expect(try await kinds(registry) == [.onset, .escalation])
    }

    @Test func `are not there when what tells of them cannot be written`() async throws {
        let registry = try await registry()
        try await registry.pool.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER full BEFORE INSERT ON delivery
                    BEGIN SELECT RAISE(ABORT, 'the disk is full'); END
                    """)
        }
        await #expect(throws: DatabaseError.self) { try await record(event, in: registry) }
        #expect(try await registry.openEvents() == [])
        try await registry.pool.write { try $0.execute(sql: "DROP TRIGGER full") }
        try await record(event, in: registry)
        #expect(try await kinds(registry) == [.onset])
    }

    @Test func `are not told of again when somebody acknowledges them`() async throws {
        let registry = try await registry()
        let id = try await record(event, in: registry)[0]
        let note = SoundEvent.Note(at: event.onsetAt, by: "op", note: "seen")
        _ = try await registry.acknowledge(id, note)
        try await record(event, in: registry)
        #expect(try await kinds(registry) == [.onset])
    }

    @Test func `of a location are told of with its name`() async throws {
        let registry = try await registry()
        try await registry.configure { _, sites in
            sites.clients["c"] = Client(id: "c", name: "C")
            sites.projects["p"] = Project(id: "p", name: "Harbour", client: "c", timeZone: "UTC")
            sites.locations["loc-a1"] = Location(id: "loc-a1", project: "p", name: "North gate")
        }
        try await record(event, .watchdog(), in: registry)
        let due = try await registry.dueDeliveries(at: "2100-01-01T00:00:00Z")
        #expect(due.map(\.place) == ["North gate, Harbour"])
    }

    @Test func `by a rule that names a recipient need one that is there`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        let rule = AlertRule(
            id: "r1", site: .unit(UnitID("a")!), name: "R", thresholdTenths: 650, recipients: ["ops"])
        try await registry.configure { roster, _ in
            let unit = UnitID("a")!
            roster.units[unit] = Monitoring.Unit(id: unit, upstream: "north", upstreamUnit: "a")
        }
        #expect(try await registry.sites().recipients == [])
        await #expect(throws: RuleBookError.unknownRecipients(["ops"])) {
            _ = try await registry.add(rule)
        }
        try await registry.add(.webhook(), secret: nil)
        #expect(try await registry.sites().recipients == ["ops"], "known at once, not after a restart")
        _ = try await registry.add(rule)
        _ = try await registry.removeRecipient("ops", at: "2026-11-23T12:00:00Z")
        #expect(try await registry.sites().recipients == [])
    }

    @Test func `before there were recipients end without a word`() async throws {
        let pool = try DatabasePool(path: file.path)
        try SQLiteRegistry.migrations.migrate(pool, upTo: "4 events and the journal")
        let stored = event
        try await pool.write { _ = try stored.store($0) }
        try pool.close()
        let registry = try await registry()
        try await record(event.cleared(), in: registry)
        #expect(try await registry.log() == [])
        #expect(try await registry.openEvents() == [])
    }
}
