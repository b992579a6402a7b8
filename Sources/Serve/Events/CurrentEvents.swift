//  CurrentEvents.swift · Serve
//
//  The events as they are now: records, and what has happened since of those that are open.

package import Monitoring

/// Records of events, brought up to the present; open ones that could not be recorded yet are on
/// the first page, with `saved` false and no id.
package struct CurrentEvents: EventBook {
    private let book: any EventBook
    private let open: any OpenEvents
    private let sites: any SiteBook

    package init(of book: any EventBook, open: any OpenEvents, sites: any SiteBook) {
        self.book = book
        self.open = open
        self.sites = sites
    }

    package func events(_ question: EventQuestion) async throws -> EventPage {
        var page = try await book.events(question)
        let current = open.openEvents()
        guard !current.isEmpty else { return page }
        let byKey = Self.byKey(current)
        page.events = page.events.map { follow($0, byKey) }
        guard question.cursor == nil else { return page }
        let unsaved = current.filter { !$0.isSaved }
        guard !unsaved.isEmpty else { return page }
        let locations = try await sites.sites().locations
        let missing = unsaved.filter { event in
            question.unit.map { $0 == event.unit } ?? true
                && question.location.map { $0 == event.location } ?? true
                && question.project.map { $0 == event.location.flatMap { locations[$0]?.project } }
                    ?? true
        }
        page.events = missing.sorted { $0.onsetAt > $1.onsetAt } + page.events
        page.active += missing.count
        page.unacknowledged += missing.count
        return page
    }

    package func event(_ id: Int64) async throws -> SoundEvent? {
        try await book.event(id).map(follow)
    }

    package func acknowledge(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent? {
        try await book.acknowledge(id, note).map(follow)
    }

    package func comment(_ id: Int64, _ note: SoundEvent.Note) async throws -> SoundEvent? {
        try await book.comment(id, note).map(follow)
    }

    private static func byKey(_ events: [SoundEvent]) -> [String: SoundEvent] {
        Dictionary(events.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    }

    private func follow(_ record: SoundEvent) -> SoundEvent {
        follow(record, Self.byKey(open.openEvents()))
    }

    private func follow(_ record: SoundEvent, _ current: [String: SoundEvent]) -> SoundEvent {
        guard record.isActive, let now = current[record.key] else { return record }
        return record.following(now)
    }
}
