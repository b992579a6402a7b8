//  EventBook.swift · Monitoring
//
//  The events, for whoever shows them, and for whoever raises them.

/// All events that were ever raised. Implemented by the registry.
package protocol EventBook: Sendable {
    /// Events, newest onset first. The first page has all active events of the units, location or
    /// project asked for, whatever range and status; those after it have none.
    func events(_ question: EventQuestion) async throws -> EventPage
    /// The event of this id.
    func event(_ id: Int64) async throws -> SoundEvent?
    /// Adds an acknowledgement; a second one adds, it never overwrites.
    /// - Returns: the event after it; `nil` when there is none of this id.
    /// - Throws: ``NotesFull`` when it has ``SoundEvent/notesMaximum`` acknowledgements.
    func acknowledge(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent?
    /// Adds a comment.
    /// - Returns: the event after it; `nil` when there is none of this id.
    /// - Throws: ``NotesFull`` when it has ``SoundEvent/notesMaximum`` comments.
    func comment(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent?
}

/// An event has as many acknowledgements and comments as it may.
package struct NotesFull: Error, Hashable, Sendable {
    package init() {}
}

/// Which events are asked for.
package struct EventQuestion: Hashable, Sendable {
    package enum Status: String, CaseIterable, Sendable { case active, unacknowledged, all }
    package var status: Status = .all
    /// Those that last, from onset to clear, at some time in it; an active one always does.
    package var range: TimeRange?
    package var unit: UnitID?
    package var location: String?
    package var project: String?
    /// At most so many, 1 … 1,000; but active ones are not left out for it, and are at most
    /// ``EventQuestion/activeMaximum``.
    package var limit = 100
    /// Where the page before ended: its ``EventPage/next``.
    package var cursor: Cursor?

    /// The most active events of an answer; the newest.
    package static let activeMaximum = 1000

    /// A place in the order of events.
    package struct Cursor: Hashable, Sendable {
        package var onset: Timestamp
        package var id: Int64
        package init(onset: Timestamp, id: Int64) {
            self.onset = onset
            self.id = id
        }
    }

    package init() {}
}

/// Some events of a question, and how many need somebody.
package struct EventPage: Sendable {
    package var events: [SoundEvent]
    /// Active events of the units, location or project asked for, whatever range and status.
    package var active: Int
    /// Events that nobody acknowledged, likewise.
    package var unacknowledged: Int
    /// `nil` at the end.
    package var next: EventQuestion.Cursor?

    package init(
        events: [SoundEvent], active: Int, unacknowledged: Int, next: EventQuestion.Cursor?
    ) {
        self.events = events
        self.active = active
        self.unacknowledged = unacknowledged
        self.next = next
    }
}

/// Where the pipeline writes what its machines came to. Implemented by the registry.
///
/// Order of a batch: frames flushed by the store, then ``record(_:)``, then announced. So
/// what is recorded here follows from frames on disk, and nothing is announced that a crash could
/// take back.
package protocol EventLedger: Sendable {
    /// Stores everything of a batch, or nothing; on return it survives power loss. An event of a key
    /// that is stored is the same one: it is updated, and keeps its id, acknowledgements and
    /// comments. A journal entry of a number that is stored takes its place.
    ///
    /// - Returns: the ids of the batch's events, in their order.
    func record(_ batch: LedgerBatch) async throws -> [Int64]
    /// The newest checkpoint of each unit.
    func checkpoints() async throws -> [MonitorCheckpoint]
    /// A unit's journal, ascending by number: entries after `number`.
    func journal(of unit: UnitID, after number: Int64) async throws -> [JournalEntry]
    /// The highest number of any journal; 0 when there are none.
    func lastJournalNumber() async throws -> Int64
    /// The events that are recorded as active, of all kinds.
    func openEvents() async throws -> [SoundEvent]
    /// Events of rules of `unit` that touch `range`, ascending by onset; what a replay is compared
    /// with.
    func recordedEvents(of unit: UnitID, in range: TimeRange) async throws -> [SoundEvent]
}

/// What goes into the ledger at once.
package struct LedgerBatch: Sendable {
    package var entries: [JournalEntry] = []
    package var events: [SoundEvent] = []
    package var checkpoints: [MonitorCheckpoint] = []
    package init() {}
}

/// The state of a unit's machines after everything up to a place in its journal and its frames.
package struct MonitorCheckpoint: Hashable, Sendable {
    package var unit: UnitID
    /// The journal's last entry that had taken effect; 0 for none.
    package var journalNumber: Int64
    /// The last frame that had; `nil` for none.
    package var watermark: Timestamp?
    /// How far our clock was ahead of the unit's frames when the newest of them came; `nil` before
    /// the first.
    package var offsetMilliseconds: Int64?
    /// The form of ``state``; another one is not read.
    package var version: Int
    package var state: [UInt8]

    package init(
        unit: UnitID, journalNumber: Int64, watermark: Timestamp?, version: Int, state: [UInt8]
    ) {
        self.unit = unit
        self.journalNumber = journalNumber
        self.watermark = watermark
        self.version = version
        self.state = state
    }
}
