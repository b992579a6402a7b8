//  LedgerTests.swift · StoreTests

import GRDB
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The ledger of events` {
    private let file = RegistryFile()
    private let onset: Timestamp = "2026-03-10T01:00:00Z"

    private func batch(_ events: [SoundEvent]) -> LedgerBatch {
        var batch = LedgerBatch()
        batch.events = events
        return batch
    }

    private func entry(_ number: Int64, _ unit: UnitID, _ input: MonitorInput) -> JournalEntry {
        JournalEntry(number: number, unit: unit, watermark: onset, at: onset, input: input)
    }

    @Test func `finds an event again by its key when a crash has a step redone`() async throws {
        let note = SoundEvent.Note(at: onset, by: "op", note: "seen")
        var event = Sample.event(onset)
        var ids: [Int64] = []
        do {
            let registry = try await Sample.registry(file)
            ids = try await registry.record(batch([event, Sample.event(onset, unit: .b)]))
            _ = try await registry.acknowledge(ids[0], note)
            _ = try await registry.comment(ids[0], note)
        }
        // The process ended here and begins anew from frames that it had already judged.
        let registry = try SQLiteRegistry(path: file.path)
        #expect(try await registry.record(batch([event])) == [ids[0]])
        event.peakTenths = 755
        event.clearedAt = "2026-03-10T02:00:00Z"
        event.clearReason = .recovered
        event.isReplayed = true
        let other = Sample.event("2026-03-10T01:00:00.001Z")
        let redone = try await registry.record(batch([other, event]))
        #expect(redone[1] == ids[0] && !ids.contains(redone[0]))
        let stored = try #require(try await registry.event(ids[0]))
        #expect(stored.acknowledgements == [note] && stored.comments == [note])
        #expect(stored.peakTenths == 755 && stored.clearReason == .recovered && stored.isReplayed)
        let page = try await registry.events(EventQuestion())
        #expect(page.events.count == 3 && page.active == 2 && page.unacknowledged == 2)
    }

    @Test func `tells events apart by rule, version, unit and onset`() async throws {
        let registry = try await Sample.registry(file)
        var second = Sample.rule("r1")
        second.version = 2
        let events = [
            Sample.event(onset), Sample.event(onset, unit: .b),
            Sample.event(onset, rule: second), Sample.event(onset, rule: Sample.rule("r2")),
            Sample.event(onset, rule: nil), Sample.event("2026-03-10T01:00:00.001Z"),
        ]
        #expect(Set(try await registry.record(batch(events))).count == 6)
        #expect(Set(try await registry.record(batch(events))).count == 6)
        #expect(try await registry.events(EventQuestion()).events.count == 6)
    }

    @Test func `stores a batch as a whole or not at all`() async throws {
        let registry = try await Sample.registry(file)
        try await registry.pool.write {
            try $0.execute(
                sql: """
                    CREATE TRIGGER refuse BEFORE INSERT ON event
                    BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        var batch = batch([Sample.event(onset)])
        batch.entries = [entry(1, .a, .clockStep)]
        batch.checkpoints = [
            MonitorCheckpoint(unit: .a, journalNumber: 1, watermark: nil, version: 1, state: [1])
        ]
        await #expect(throws: DatabaseError.self) { try await registry.record(batch) }
        #expect(try await registry.lastJournalNumber() == 0)
        #expect(try await registry.checkpoints().isEmpty)
    }

    @Test func `gives back a unit's journal in order, after a number`() async throws {
        let registry = try await Sample.registry(file)
        #expect(try await registry.lastJournalNumber() == 0)
        let inputs: [MonitorInput] = [
            .plan(MonitoringPlan(unit: .a, location: "gate", rules: [Sample.rule("r1")])),
            .clockStep, .tick(onset), .plan(MonitoringPlan(unit: .a)), .clockStep,
        ]
        let entries = inputs.enumerated().map { entry(Int64($0) * 2 + 1, .a, $1) }
        var batch = LedgerBatch()
        batch.entries = entries.reversed() + [entry(4, .b, .clockStep)]
        _ = try await registry.record(batch)
        _ = try await registry.record(batch)
        #expect(try await registry.lastJournalNumber() == 9)
        #expect(try await registry.journal(of: .a, after: 0) == entries)
        #expect(try await registry.journal(of: .a, after: 3) == Array(entries[2...]))
        #expect(try await registry.journal(of: .b, after: 4).isEmpty)
        try await registry.pool.write {
            try $0.execute(sql: "UPDATE journal SET input = '{}' WHERE number = 5")
        }
        await #expect(throws: UnreadableJournal.self) {
            try await registry.journal(of: .a, after: 0)
        }
    }

    @Test func `keeps the newest checkpoint of each unit`() async throws {
        let registry = try await Sample.registry(file)
        func checkpoint(_ unit: UnitID, _ number: Int64) -> MonitorCheckpoint {
            MonitorCheckpoint(
                unit: unit, journalNumber: number, watermark: number == 1 ? nil : onset, version: 1,
                state: [UInt8(number), 0, 255])
        }
        var batch = LedgerBatch()
        batch.checkpoints = [checkpoint(.b, 1), checkpoint(.a, 2)]
        _ = try await registry.record(batch)
        batch.checkpoints = [checkpoint(.b, 3)]
        _ = try await registry.record(batch)
        #expect(try await registry.checkpoints() == [checkpoint(.a, 2), checkpoint(.b, 3)])
    }

    @Test func `tells the events of rules that touch a range, oldest first`() async throws {
        let registry = try await Sample.registry(file)
        func at(_ hour: Int64) -> Timestamp { onset.advanced(byMilliseconds: hour * 3_600_000) }
        let events = [
            Sample.event(at(6)), Sample.event(at(1), cleared: at(2)),
            Sample.event(at(3), cleared: at(9)), Sample.event(at(4), unit: .b),
            Sample.event(at(5), rule: nil), Sample.event(at(7), cleared: at(8)),
        ]
        _ = try await registry.record(batch(events))
        func onsets(_ from: Int64, _ to: Int64) async throws -> [Timestamp] {
            try await registry.recordedEvents(of: .a, in: TimeRange(start: at(from), end: at(to))!)
                .map(\.onsetAt)
        }
        #expect(try await onsets(0, 99) == [at(1), at(3), at(6), at(7)])
        #expect(try await onsets(2, 3) == [at(1)])
        #expect(try await onsets(8, 9) == [at(3), at(6), at(7)])
        #expect(try await onsets(20, 21) == [at(6)])
    }
}
