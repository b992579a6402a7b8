//  SQLiteRegistry+Ledger.swift · Store
//
//  What the machines came to: events, the journal that moved them, and where they stood. The
//  journal is kept for good, for replays: a line is some 200 bytes, one with a plan about 500 for
//  each rule. A unit has a few a day, and one for each reading while a clock that was set back
//  catches up.

import Foundation
import GRDB
package import Monitoring

extension SQLiteRegistry: EventLedger {
    package func record(_ batch: LedgerBatch) async throws -> [Int64] {
        try await pool.write { db in
            for entry in batch.entries { try entry.store(db) }
            for checkpoint in batch.checkpoints { try checkpoint.store(db) }
            return try batch.events.map { event in
                let before = try SoundEvent.stored(key: event.key, db)
                let after = try event.store(db)
                try SQLiteRegistry.enqueueDeliveries(for: after, before: before, db)
                return after.id
            }
        }
    }

    package func checkpoints() async throws -> [MonitorCheckpoint] {
        try look { db in
            try Row.fetchAll(db, sql: "SELECT * FROM checkpoint ORDER BY unit")
                .compactMap(MonitorCheckpoint.init(row:))
        }
    }

    package func journal(of unit: UnitID, after number: Int64) async throws -> [JournalEntry] {
        try look { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM journal WHERE unit = ? AND number > ? ORDER BY number",
                arguments: [unit.name, number]
            ).map { try JournalEntry(row: $0, unit: unit) }
        }
    }

    package func lastJournalNumber() async throws -> Int64 {
        try look { try Int64.fetchOne($0, sql: "SELECT max(number) FROM journal") ?? 0 }
    }

    package func openEvents() async throws -> [SoundEvent] {
        try look { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM event WHERE cleared_ms IS NULL ORDER BY onset_ms, id")
            return try SoundEvent.stored(rows, db)
        }
    }

    package func recordedEvents(
        of unit: UnitID, in range: TimeRange
    ) async throws -> [SoundEvent] {
        try look { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM event WHERE unit = ? AND kind = 'rule' AND onset_ms < ?
                        AND (cleared_ms IS NULL OR cleared_ms >= ?)
                    ORDER BY onset_ms, id
                    """,
                arguments: [unit.name, range.end.milliseconds, range.start.milliseconds])
            return try SoundEvent.stored(rows, db)
        }
    }
}

/// A journal entry that cannot be read: what follows from it cannot be told either.
struct UnreadableJournal: Error {
    let unit: UnitID
    let number: Int64
}

extension JournalEntry {
    fileprivate init(row: Row, unit: UnitID) throws {
        let number: Int64 = row["number"]
        guard let input = try? StoredJSON.value(row["input"], as: MonitorInput.self) else {
            throw UnreadableJournal(unit: unit, number: number)
        }
        self.init(
            number: number, unit: unit,
            watermark: (row["watermark_ms"] as Int64?).map(Timestamp.init(milliseconds:)),
            at: Timestamp(milliseconds: row["at_ms"]), input: input)
    }

    fileprivate func store(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO journal (number, unit, watermark_ms, at_ms, input)
                VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                number, unit.name, watermark?.milliseconds, at.milliseconds,
                try StoredJSON.text(input),
            ])
    }
}

extension MonitorCheckpoint {
    fileprivate init?(row: Row) {
        guard let unit = UnitID(row["unit"] as String) else { return nil }
        self.init(
            unit: unit, journalNumber: row["journal_number"],
            watermark: (row["watermark_ms"] as Int64?).map(Timestamp.init(milliseconds:)),
            version: row["version"], state: Array(row["state"] as Data))
        offsetMilliseconds = row["offset_ms"]
    }

    fileprivate func store(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO checkpoint
                    (unit, journal_number, watermark_ms, offset_ms, version, state)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                unit.name, journalNumber, watermark?.milliseconds, offsetMilliseconds, version,
                Data(state),
            ])
    }
}
