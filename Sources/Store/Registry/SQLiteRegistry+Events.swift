//  SQLiteRegistry+Events.swift · Store
//
//  Events as people ask for them: newest first, by pages, with what is still open before all.

import GRDB
package import Monitoring

extension SQLiteRegistry: EventBook {
    package func events(_ question: EventQuestion) async throws -> EventPage {
        precondition((1...1000).contains(question.limit), "a page has 1 to 1,000 events")
        return try look { db in try EventSearch(question).page(db) }
    }

    package func event(_ id: Int64) async throws -> SoundEvent? {
        try look { try SoundEvent.stored(id, $0) }
    }

    package func acknowledge(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent? {
        try await add(note, to: id, isAcknowledgement: true)
    }

    package func comment(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent? {
        try await add(note, to: id, isAcknowledgement: false)
    }

    private func add(
        _ note: SoundEvent.Note, to id: Int64, isAcknowledgement: Bool
    ) async throws -> SoundEvent? {
        try await pool.write { db in
            guard let event = try SoundEvent.stored(id, db) else { return nil }
            let notes = isAcknowledgement ? event.acknowledgements : event.comments
            guard notes.count < SoundEvent.notesMaximum else { throw NotesFull() }
            try db.execute(
                sql: """
                    INSERT INTO event_note (event, is_acknowledgement, at_ms, by, note)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [id, isAcknowledgement, note.at.milliseconds, note.by, note.note])
            if isAcknowledgement {
                try db.execute(
                    sql: "UPDATE event SET acknowledged = 1 WHERE id = ?", arguments: [id])
            }
            return try SoundEvent.stored(id, db)
        }
    }
}

/// A question as conditions of SQL.
struct EventSearch {
    private let question: EventQuestion
    /// Of which units, location or project; true when neither is asked for.
    private var scope = "TRUE"
    private var scopeArguments: StatementArguments = []

    init(_ question: EventQuestion) {
        self.question = question
        func limit(_ condition: String, _ argument: String?) {
            guard let argument else { return }
            scope += " AND \(condition)"
            scopeArguments += [argument]
        }
        limit("unit = ?", question.unit?.name)
        limit("location = ?", question.location)
        limit("location IN (SELECT id FROM location WHERE project = ?)", question.project)
    }

    func page(_ db: Database) throws -> EventPage {
        let active =
            question.cursor == nil
            ? try events(
                EventSearch.active, [], from: EventSearch.activeIndex,
                limit: EventQuestion.activeMaximum, db) : []
        let room = max(0, question.limit - active.count)
        // One more than there is room for tells whether there is another page.
        var ended: [SoundEvent] = []
        if question.status != .active {
            let (condition, arguments) = endedCondition
            ended = try events(condition, arguments, limit: room + 1, db)
        }
        var next: EventQuestion.Cursor?
        if ended.count > room {
            ended.removeLast()
            next =
                ended.last.map { .init(onset: $0.onsetAt, id: $0.id) }
                ?? .init(onset: Timestamp(milliseconds: .max), id: .max)
        }
        return EventPage(
            events: (active + ended).sorted { ($0.onsetAt, $0.id) > ($1.onsetAt, $1.id) },
            active: try count(EventSearch.active, from: EventSearch.activeIndex, db),
            unacknowledged: try count("acknowledged = 0", db), next: next)
    }

    private static let active = "cleared_ms IS NULL"
    /// Active events are few, whatever a unit has had. SQLite, which knows no numbers of rows, would
    /// look through all events of the unit or location that is asked for.
    private static let activeIndex = "event INDEXED BY event_active"

    private var endedCondition: (String, StatementArguments) {
        var condition = "cleared_ms IS NOT NULL"
        var arguments: StatementArguments = []
        if question.status == .unacknowledged { condition += " AND acknowledged = 0" }
        if let range = question.range {
            condition += " AND onset_ms < ? AND cleared_ms >= ?"
            arguments += [range.end.milliseconds, range.start.milliseconds]
        }
        if let cursor = question.cursor {
            condition += " AND (onset_ms, id) < (?, ?)"
            arguments += [cursor.onset.milliseconds, cursor.id]
        }
        return (condition, arguments)
    }

    /// Places are found in an index; only the rows of the page are read.
    private func events(
        _ condition: String, _ arguments: StatementArguments, from source: String = "event",
        limit: Int, _ db: Database
    ) throws -> [SoundEvent] {
        let sql = """
            SELECT * FROM event WHERE id IN (
                SELECT id FROM \(source) WHERE \(condition) AND \(scope)
                    ORDER BY onset_ms DESC, id DESC LIMIT ?)
            ORDER BY onset_ms DESC, id DESC
            """
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: sql), arguments: arguments + scopeArguments + [limit])
        return try SoundEvent.stored(rows, db)
    }

    private func count(
        _ condition: String, from source: String = "event", _ db: Database
    ) throws -> Int {
        try Int.fetchOne(
            db.cachedStatement(
                sql: "SELECT count(*) FROM \(source) WHERE \(condition) AND \(scope)"),
            arguments: scopeArguments)!
    }
}
