//  CurrentEventsTests.swift · ServeTests

import Monitoring
import Testing

@testable import Serve

@Suite struct `Events as they are now` {
    private struct Open: OpenEvents {
        let events: [SoundEvent]
        func openEvents() -> [SoundEvent] { events }
    }

    private func unsaved(_ location: String?, onset: Timestamp = "2026-11-23T17:00:00Z") -> SoundEvent {
        var event = SoundEvent(
            kind: .rule, unit: "a", location: location, rule: SoundEvent.sample().rule,
            firstExceededAt: onset, onsetAt: onset, tenths: 700)
        event.isSaved = false
        return event
    }

    @Test func `follow the running peak, and keep what people said`() async throws {
        let books = FakeBooks()
        var record = SoundEvent.sample()
        record.comments = [.init(at: "2026-11-23T16:01:00Z", by: "ops", note: "seen")]
        books.set([record])
        var open = record
        open.peakTenths = 799
        open.comments = []
        let events = CurrentEvents(of: books, open: Open(events: [open]), sites: books)
        let listed = try await events.events(EventQuestion()).events
        #expect(listed.map(\.peakTenths) == [799])
        #expect(listed.map(\.comments.count) == [1])
        #expect(try await events.event(1)?.peakTenths == 799)
    }

    @Test(arguments: [
        (nil, nil, nil, 2), ("a", nil, nil, 2), ("b-2", nil, nil, 0), (nil, "gate", nil, 1),
        (nil, nil, "p1", 1), (nil, nil, "p2", 0),
    ] as [(UnitID?, String?, String?, Int)])
    func `have those that are not on disk yet, of what was asked for`(
        unit: UnitID?, location: String?, project: String?, count: Int
    ) async throws {
        let books = FakeBooks()
        let later = unsaved(nil, onset: "2026-11-23T18:00:00Z")
        let events = CurrentEvents(
            of: books, open: Open(events: [unsaved("gate"), later]), sites: books)
        var question = EventQuestion()
        (question.unit, question.location, question.project) = (unit, location, project)
        let page = try await events.events(question)
        #expect(page.events.count == count)
        #expect(page.active == count && page.unacknowledged == count)
        question.cursor = books.next
        #expect(try await events.events(question).events.isEmpty)
    }
}
