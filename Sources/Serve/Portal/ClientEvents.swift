//  ClientEvents.swift · Serve

import Monitoring

/// Some events of a location that its client sees, and how many of them are active.
struct ClientEvents {
    var events: [SoundEvent]
    var active: Int
    /// `nil` at the end.
    var next: EventQuestion.Cursor?

    /// So many pages of the book are read for one answer; one that is not full then has a `next`.
    private static let pageMaximum = 10

    /// Reads on in the book until there are as many events as the question asks for.
    ///
    /// - Parameters:
    ///   - question: of one location.
    ///   - hidden: rules that are no longer shown to clients, whatever they were at the time.
    init(
        _ question: EventQuestion, in book: any EventBook, without hidden: Set<String>
    ) async throws {
        var question = question
        let wanted = question.limit
        question.limit = min(1000, max(wanted, 100))
        var seen: [SoundEvent] = []
        var active = 0
        next = nil
        for number in 1...ClientEvents.pageMaximum {
            let page = try await book.events(question)
            let shown = page.events.filter {
                $0.isForClients && !hidden.contains($0.rule?.id ?? "")
            }
            // The first page has all that are active, the others none.
            if number == 1, question.cursor == nil { active = shown.count(where: \.isActive) }
            seen += shown
            next = page.next
            guard seen.count < wanted, let cursor = page.next else { break }
            question.cursor = cursor
        }
        // Active ones are never left out.
        let most = max(wanted, seen.lastIndex(where: \.isActive).map { $0 + 1 } ?? 0)
        if seen.count > most {
            seen.removeLast(seen.count - most)
            next = seen.last.map { EventQuestion.Cursor(onset: $0.onsetAt, id: $0.id) }
        }
        events = seen
        self.active = active
    }
}

extension EventQuestion {
    /// What a client asks of a place's events.
    ///
    /// - Throws: as ``init(_:sites:)``.
    init(ofClients query: QueryText, at place: Place) throws(Problem) {
        for name in ["unit", "location", "project"] where try query.text(name) != nil {
            throw .unprocessable(name, "is said by the path already")
        }
        // Whether an operator has acknowledged one is none of a client's.
        _ = try query.word("status", of: ["active", "all"])
        try self.init(query, sites: Sites())
        location = place.location.id
    }
}
