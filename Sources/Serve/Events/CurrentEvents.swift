//  CurrentEvents.swift · Serve
//
//  The events as they are now: records, and what has happened since of those that are open.

package import Monitoring

/// Records of events, brought up to the present.
package struct CurrentEvents: EventBook {
    private let book: any EventBook
    private let open: any OpenEvents

    package init(of book: any EventBook, open: any OpenEvents) {
        self.book = book
        self.open = open
    }

    package func events(_ question: EventQuestion) async throws -> EventPage {
        var page = try await book.events(question)
        let current = current()
        if !current.isEmpty { page.events = page.events.map { follow($0, current) } }
        return page
    }

    package func event(_ id: Int64) async throws -> SoundEvent? {
        try await book.event(id).map { follow($0, current()) }
    }

    package func acknowledge(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent? {
        try await book.acknowledge(id, note).map { follow($0, current()) }
    }

    package func comment(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent? {
        try await book.comment(id, note).map { follow($0, current()) }
    }

    private func current() -> [String: SoundEvent] {
        Dictionary(open.openEvents().map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    }

    private func follow(_ record: SoundEvent, _ current: [String: SoundEvent]) -> SoundEvent {
        guard record.isActive, let now = current[record.key] else { return record }
        return record.following(now)
    }
}
