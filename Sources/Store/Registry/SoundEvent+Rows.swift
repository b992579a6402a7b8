//  SoundEvent+Rows.swift · Store
//
//  Events as rows: what is looked for in columns, all of it as JSON, notes in a table of their own.

import GRDB
import Monitoring

extension SoundEvent {
    static func stored(_ id: Int64, _ db: Database) throws -> SoundEvent? {
        let row = try Row.fetchOne(db, sql: "SELECT * FROM event WHERE id = ?", arguments: [id])
        return try stored(row.map { [$0] } ?? [], db).first
    }

    /// The event of a key as it is stored, without notes.
    static func stored(key: String, _ db: Database) throws -> SoundEvent? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM event WHERE key = ?"), arguments: [key]
        ).flatMap(SoundEvent.init(row:))
    }

    /// The events of `rows`, in their order, with their notes.
    static func stored(_ rows: [Row], _ db: Database) throws -> [SoundEvent] {
        var events = rows.compactMap(SoundEvent.init(row:))
        guard !events.isEmpty else { return [] }
        let marks = databaseQuestionMarks(count: events.count)
        let notes = try Row.fetchAll(
            db, sql: "SELECT * FROM event_note WHERE event IN (\(marks)) ORDER BY id",
            arguments: StatementArguments(events.map(\.id)))
        let notesByEvent = Dictionary(grouping: notes) { $0["event"] as Int64 }
        for index in events.indices {
            for row in notesByEvent[events[index].id] ?? [] {
                let note = Note(
                    at: Timestamp(milliseconds: row["at_ms"]), by: row["by"], note: row["note"])
                if row["is_acknowledgement"] {
                    events[index].acknowledgements.append(note)
                } else {
                    events[index].comments.append(note)
                }
            }
        }
        return events
    }

    /// An event whose JSON cannot be read is still what its columns say.
    private init?(row: Row) {
        if let event = try? StoredJSON.value(row["body"], as: SoundEvent.self) {
            self = event
        } else {
            guard let kind = Kind(rawValue: row["kind"]) else { return nil }
            let onset = Timestamp(milliseconds: row["onset_ms"])
            self.init(
                kind: kind, unit: (row["unit"] as String?).flatMap { UnitID($0) },
                upstream: row["upstream"], location: row["location"], firstExceededAt: onset,
                onsetAt: onset)
            clearedAt = (row["cleared_ms"] as Int64?).map(Timestamp.init(milliseconds:))
        }
        id = row["id"]
        isSaved = true
    }

    /// Writes this event over the one of its key, whose id and notes stay.
    /// - Returns: the event as it is stored now, without notes.
    func store(_ db: Database) throws -> SoundEvent {
        var event = self
        event.id = 0
        event.isSaved = true
        event.acknowledgements = []
        event.comments = []
        event.id = try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    INSERT INTO event
                        (key, kind, unit, upstream, location, onset_ms, cleared_ms, body)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (key) DO UPDATE SET location = excluded.location,
                        cleared_ms = excluded.cleared_ms, body = excluded.body
                    RETURNING id
                    """),
            arguments: [
                key, kind.rawValue, unit?.name, upstream, location, onsetAt.milliseconds,
                clearedAt?.milliseconds, try StoredJSON.text(event),
            ])!
        return event
    }
}
