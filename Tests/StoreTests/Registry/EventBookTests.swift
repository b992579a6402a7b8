//  EventBookTests.swift · StoreTests

import GRDB
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `Events in the registry` {
    private let file = RegistryFile()

    // Hours of one day, as onset–clear; without a clear it is active.
    //   0 gate a 01–02   1 gate a 03–09   2 yard b 04–05   3 gate a 06–   4 gate a 07–08   5 b 07–
    private func filled() async throws -> SQLiteRegistry {
        let registry = try await Sample.registry(file)
        var batch = LedgerBatch()
        batch.events = [
            Sample.event(at(1), cleared: at(2)), Sample.event(at(3), cleared: at(9)),
            Sample.event(at(4), cleared: at(5), unit: .b, location: "yard"),
            Sample.event(at(6)), Sample.event(at(7), cleared: at(8)),
            Sample.event(at(7), unit: .b, location: nil, rule: nil),
        ]
        let ids = try await registry.record(batch)
        #expect(ids == [1, 2, 3, 4, 5, 6])
        return registry
    }

    @Test func `come back as they were, saved and with their id`() async throws {
        let registry = try await filled()
        var event = Sample.event(at(3), cleared: at(9))
        event.id = 2
        event.isSaved = true
        #expect(try await registry.event(2) == event)
        #expect(try await registry.event(7) == nil)
    }

    @Test func `are answered newest onset first`() async throws {
        let page = try await filled().events(EventQuestion())
        #expect(page.events.map(\.id) == [6, 5, 4, 3, 2, 1])
        #expect(page.active == 2 && page.unacknowledged == 6 && page.next == nil)
    }

    @Test(arguments: [
        (EventQuestion(unit: .a), [5, 4, 2, 1], 1, 4), (EventQuestion(unit: .b), [6, 3], 1, 2),
        (EventQuestion(unit: .c), [], 0, 0),
        (EventQuestion(location: "gate"), [5, 4, 2, 1], 1, 4),
        (EventQuestion(project: "p2"), [3], 0, 1),
        (EventQuestion(unit: .b, project: "p1"), [], 0, 0),
        (EventQuestion(status: .active), [6, 4], 2, 6),
        (EventQuestion(unit: .a, status: .active), [4], 1, 4),
        // An active one is in every answer.
        (EventQuestion(hours: 0..<1), [6, 4], 2, 6), (EventQuestion(hours: 2..<3), [6, 4, 1], 2, 6),
        (EventQuestion(hours: 5..<6), [6, 4, 3, 2], 2, 6),
        (EventQuestion(hours: 10..<11), [6, 4], 2, 6),
        (EventQuestion(unit: .a, hours: 10..<11), [4], 1, 4),
    ] as [(EventQuestion, [Int64], Int, Int)])
    func `are chosen by unit, place, state and time`(
        question: EventQuestion, ids: [Int64], active: Int, unacknowledged: Int
    ) async throws {
        let page = try await filled().events(question)
        #expect(page.events.map(\.id) == ids)
        #expect(page.active == active && page.unacknowledged == unacknowledged)
    }

    @Test(arguments: 1...7) func `are paged without one twice or left out`(
        limit: Int
    ) async throws {
        let registry = try await filled()
        var asked = EventQuestion(limit: limit)
        var pages: [[Int64]] = []
        repeat {
            let page = try await registry.events(asked)
            pages.append(page.events.map(\.id))
            asked.cursor = page.next
        } while asked.cursor != nil
        #expect(pages.flatMap { $0 }.sorted() == [1, 2, 3, 4, 5, 6])
        #expect(pages[0].contains(6) && pages[0].contains(4))
        #expect(pages[0].count == max(2, min(limit, 6)))
        #expect(pages.dropFirst().allSatisfy { (1...limit).contains($0.count) })
    }

    @Test func `of one onset are told apart by id, across pages`() async throws {
        let registry = try await Sample.registry(file)
        var batch = LedgerBatch()
        batch.events = (1...5).map {
            Sample.event(at(1), cleared: at(2), rule: Sample.rule("r\($0)"))
        }
        _ = try await registry.record(batch)
        var asked = EventQuestion(limit: 2)
        var ids: [Int64] = []
        repeat {
            let page = try await registry.events(asked)
            ids += page.events.map(\.id)
            asked.cursor = page.next
        } while asked.cursor != nil
        #expect(ids == [5, 4, 3, 2, 1])
    }

    @Test func `take acknowledgements and comments, and overwrite none`() async throws {
        let registry = try await filled()
        let notes = (0..<3).map { SoundEvent.Note(at: at($0), by: "op\($0)", note: "n\($0)") }
        #expect(try await registry.acknowledge(2, notes[0])?.acknowledgements == [notes[0]])
        #expect(try await registry.comment(2, notes[1])?.comments == [notes[1]])
        let event = try await registry.acknowledge(2, notes[2])
        #expect(event?.acknowledgements == [notes[0], notes[2]] && event?.comments == [notes[1]])
        #expect(try await registry.event(2) == event)
        #expect(try await registry.acknowledge(99, notes[0]) == nil)
        #expect(try await registry.comment(99, notes[0]) == nil)
        let page = try await registry.events(EventQuestion(status: .unacknowledged))
        #expect(page.events.map(\.id) == [6, 5, 4, 3, 1] && page.unacknowledged == 5)
        // A comment is no acknowledgement; an active one is shown though it has one.
        _ = try await registry.comment(3, notes[0])
        _ = try await registry.acknowledge(4, notes[0])
        let later = try await registry.events(EventQuestion(status: .unacknowledged))
        #expect(later.events.map(\.id) == [6, 5, 4, 3, 1] && later.unacknowledged == 4)
    }

    @Test func `have at most 200 comments, and as many acknowledgements beside`() async throws {
        let registry = try await filled()
        let note = SoundEvent.Note(at: at(0), by: "op", note: "")
        for _ in 0..<200 { _ = try await registry.comment(1, note) }
        await #expect(throws: NotesFull()) { try await registry.comment(1, note) }
        for _ in 0..<200 { _ = try await registry.acknowledge(1, note) }
        await #expect(throws: NotesFull()) { try await registry.acknowledge(1, note) }
        let event = try await registry.event(1)
        #expect(event?.comments.count == 200 && event?.acknowledgements.count == 200)
        #expect(try await registry.comment(2, note) != nil)
    }

    @Test func `whose text cannot be read are what their columns say`() async throws {
        let registry = try await filled()
        try await registry.pool.write {
            try $0.execute(sql: "UPDATE event SET body = '{}' WHERE id IN (2, 6)")
        }
        let page = try await registry.events(EventQuestion())
        #expect(page.events.map(\.id) == [6, 5, 4, 3, 2, 1])
        let event = page.events[4]
        #expect(event.onsetAt == at(3) && event.clearedAt == at(9) && event.rule == nil)
        #expect(page.events[0].kind == .connectivity && page.events[0].unit == .b)
    }

    @Test(arguments: [
        EventQuestion(), EventQuestion(unit: .a), EventQuestion(location: "gate"),
        EventQuestion(status: .unacknowledged),
        EventQuestion(unit: .a, status: .unacknowledged), EventQuestion(hours: 0..<9),
        EventQuestion(project: "p1"),
    ])
    func `are found in an index, never by looking through all`(
        question: EventQuestion
    ) async throws {
        let registry = try await filled()
        let plans = try await registry.pool.read { db in
            var statements: [String] = []
            db.trace { statements.append($0.expandedDescription) }
            _ = try EventSearch(question).page(db)
            db.trace()
            return try statements.filter { $0.contains("FROM event ") }.map { sql in
                let plan = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(sql)")
                    .map { $0["detail"] as String }.joined(separator: "; ")
                return (isOfActive: sql.contains("cleared_ms IS NULL"), plan: plan)
            }
        }
        #expect(plans.count == 4 && plans.count(where: \.isOfActive) == 2)
        for (isOfActive, plan) in plans {
            // However many a unit has had, those that are active are looked for among themselves.
            #expect(
                plan.contains("USING COVERING INDEX event_active") == isOfActive,
                Comment(rawValue: plan))
            let steps = plan.split(separator: "; ").filter { $0.contains("event") }
            #expect(
                steps.allSatisfy {
                    $0.contains("USING COVERING INDEX") || $0.contains("USING INTEGER PRIMARY KEY")
                }, Comment(rawValue: plan))
        }
    }
}

/// An hour of the day.
private func at(_ hour: Int) -> Timestamp {
    Timestamp(rfc3339: "2026-03-10T00:00:00Z")!.advanced(byMilliseconds: Int64(hour) * 3_600_000)
}

extension EventQuestion {
    fileprivate init(
        unit: UnitID? = nil, location: String? = nil, project: String? = nil,
        status: Status = .all, hours: Range<Int>? = nil, limit: Int = 100
    ) {
        self.init()
        self.unit = unit
        self.location = location
        self.project = project
        self.status = status
        self.limit = limit
        range = hours.map { TimeRange(start: at($0.lowerBound), end: at($0.upperBound))! }
    }
}
