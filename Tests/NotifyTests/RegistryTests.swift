//  RegistryTests.swift · NotifyTests
//
//  What the registry keeps of deliveries, from the transaction that stores an event on.

import GRDB
import Monitoring
import Support
import Testing

@testable import Notify
@testable import Store

@Suite struct `What there is to tell` {
    private let event = SoundEvent.sample()

    @Test func `is decided by the event before and after`() {
        var warning = event
        warning.level = .warning
        var moved = event
        moved.peakTenths = 700
        var replayed = event
        replayed.isReplayed = true
        let cases: [(String, SoundEvent?, SoundEvent, [Monitoring.Notification.Kind])] = [
            ("a new event", nil, event, [.onset]),
            ("an event that was over when it was stored", nil, event.cleared(), [.onset, .clear]),
            ("the same again", event, event, []),
            ("a new peak", event, moved, []),
            ("a warning that became an alarm", warning, event, [.escalation]),
            ("and was over at once", warning, event.cleared(), [.escalation, .clear]),
            ("its end", event, event.cleared(), [.clear]),
            ("its end again", event.cleared(), event.cleared(), []),
            ("one that was found in imported levels", nil, replayed, []),
        ]
        for (name, before, after, kinds) in cases {
            #expect(
                Monitoring.Notification.kinds(before: before, after: after) == kinds,
                Comment(rawValue: name))
        }
    }
}

@Suite struct `The registry's deliveries` {
    private let file = RegistryFile()
    private let now: Timestamp = "2026-11-23T12:00:00Z"

    private func registry(_ recipients: Recipient...) async throws -> SQLiteRegistry {
        let registry = try SQLiteRegistry(path: file.path)
        for recipient in recipients {
            try await registry.add(recipient, secret: "secret of \(recipient.id)")
        }
        return registry
    }

    private func told(_ registry: SQLiteRegistry) async throws -> [String] {
        try await registry.log().map { "\($0.kind) \($0.recipient) \($0.status)" }
    }

    @Test func `arise for a rule's recipients, and for those who want watchdogs`() async throws {
        let registry = try await registry(
            .webhook("a"), .webhook("b", watchdogs: true), .webhook("c"))
        try registry.store(.sample(recipients: ["c", "a", "nobody"]), at: now)
        try registry.store(.watchdog(), at: now)
        #expect(
            try await told(registry) == ["onset a pending", "onset c pending", "onset b pending"])
        #expect(Set(try await registry.log().map(\.id)).count == 3)
        #expect(try await registry.log()[0].event == .sample(recipients: ["c", "a", "nobody"]))
    }

    @Test func `are undone with the transaction that stores the event`() async throws {
        struct Cancelled: Error {}
        let registry = try await registry(.webhook())
        await #expect(throws: Cancelled.self) {
            try await registry.pool.write { db in
                try SQLiteRegistry.enqueueDeliveries(for: .sample(), before: nil, db)
                throw Cancelled()
            }
        }
        #expect(try await registry.log() == [])
    }

    @Test func `of an end go to those who were told of the onset, whatever the rule says now`()
        async throws
    {
        let registry = try await registry(.webhook("a"), .webhook("b"))
        let event = SoundEvent.sample(recipients: ["a"])
        try registry.store(event, at: now)
        var edited = event.cleared()
        edited.rule?.recipients = ["b"]
        try registry.store(edited, over: event, at: now)
        try registry.store(edited, over: edited, at: now)
        #expect(try await told(registry) == ["onset a pending", "clear a pending"])
    }

    @Test func `are due one a recipient, and those of an event in their order`() async throws {
        let registry = try await registry(.webhook("a"), .webhook("b"))
        let first = SoundEvent.sample(recipients: ["a", "b"])
        let second = SoundEvent.sample(recipients: ["a"], onset: "2026-11-23T23:50:00Z")
        try registry.store(first, at: now)
        try registry.store(first.cleared(), over: first, at: now)
        try registry.store(second, at: now)
        let due = try await registry.dueDeliveries(at: now)
        #expect(due.map { "\($0.delivery.kind) \($0.recipient.id)" } == ["onset a", "onset b"])
        #expect(due.map(\.secret) == ["secret of a", "secret of b"])
        let later = now.advanced(byMilliseconds: 10_000)
        try await registry.settle(due[0].delivery.number, .failed("no", retryAt: later), at: now)
        let next = try await registry.dueDeliveries(at: now).first { $0.recipient.id == "a" }
        #expect(next?.delivery.event == second, "its end waits for its onset")
        #expect(try await registry.dueDeliveries(at: later)[0].delivery.number == due[0].delivery.number)
    }

    @Test func `carry what became of them`() async throws {
        let registry = try await registry(.webhook())
        try registry.store(.sample(), at: now)
        let number = try await registry.log()[0].number
        let later = now.advanced(byMilliseconds: 10_000)
        try await registry.settle(number, .failed("no connection", retryAt: later), at: now)
        var delivery = try await registry.log()[0]
        #expect(delivery.attempts == 1 && delivery.firstAttemptAt == now && delivery.dueAt == later)
        #expect(delivery.status == .pending && delivery.outcome == "no connection")
        try await registry.settle(number, .delivered("204"), at: later)
        delivery = try await registry.log()[0]
        #expect(delivery.attempts == 2 && delivery.firstAttemptAt == now)
        #expect(delivery.status == .delivered && delivery.finishedAt == later)
        try await registry.settle(number, .dead("late"), at: later)
        #expect(try await registry.log()[0].status == .delivered, "settled is settled")
    }

    @Test func `in quiet hours are one an event, the newest; tests are not put off`() async throws {
        let registry = try await registry(.webhook())
        let event = SoundEvent.sample()
        try registry.store(event, at: now)
        try registry.store(event.cleared(), over: event, at: now)
        try registry.store(.sample(onset: "2026-11-23T23:50:00Z"), at: now)
        _ = try await registry.addTest(for: "ops", at: now)
        let end: Timestamp = "2026-11-24T07:00:00Z"
        try await registry.hold(recipient: "ops", until: end, at: now)
        #expect(
            try await told(registry) == [
                "onset ops merged", "clear ops pending", "onset ops pending", "test ops pending",
            ])
        #expect(try await registry.dueDeliveries(at: now).map(\.delivery.kind) == [.test])
        #expect(try await registry.dueDeliveries(at: end).map(\.delivery.kind) == [.clear])
        #expect(try await registry.log().map(\.attempts) == [0, 0, 0, 0])
    }

    @Test func `of an event that quiet hours hold take each other's place`() async throws {
        let registry = try await registry(.webhook(reminder: 4))
        let event = SoundEvent.sample()
        try registry.store(event, at: now)
        let end: Timestamp = "2026-11-24T07:00:00Z"
        try await registry.hold(recipient: "ops", until: end, at: now)
        try await registry.remind(at: now.advanced(byMilliseconds: 5 * 3_600_000))
        try registry.store(event.cleared(), over: event, at: now)
        #expect(
            try await told(registry) == [
                "onset ops merged", "stillActive ops merged", "clear ops pending",
            ])
        #expect(try await registry.dueDeliveries(at: end.advanced(byMilliseconds: -1)) == [])
        #expect(try await registry.dueDeliveries(at: end).map(\.delivery.kind) == [.clear])
    }

    @Test func `wait no longer for quiet hours that are taken away`() async throws {
        let registry = try await registry(.webhook(quiet: Schedule("22:00-07:00")))
        try registry.store(.sample(), at: now)
        try await registry.hold(recipient: "ops", until: "2026-11-24T07:00:00Z", at: now)
        #expect(try await registry.dueDeliveries(at: now) == [])
        try await registry.change(recipient: "ops", at: now) { recipient, _ in
            recipient.name = "Others"
        }
        #expect(try await registry.dueDeliveries(at: now) == [])
        try await registry.change(recipient: "ops", at: now) { recipient, _ in
            recipient.quietHours = nil
        }
        #expect(try await registry.dueDeliveries(at: now).map(\.delivery.kind) == [.onset])
    }

    @Test func `remind no longer of an event that is over`() async throws {
        let registry = try await registry(.webhook(reminder: 4))
        let event = SoundEvent.sample()
        try registry.store(event, at: now)
        try await registry.remind(at: now.advanced(byMilliseconds: 4 * 3_600_000))
        try registry.store(event.cleared(), over: event, at: now)
        #expect(
            try await told(registry) == [
                "onset ops pending", "stillActive ops merged", "clear ops pending",
            ])
    }

    @Test func `remind of an event while it is active, with what is known of it last`() async throws {
        let registry = try await registry(.webhook("a", reminder: 4), .webhook("b"))
        let event = SoundEvent.sample(recipients: ["a", "b"])
        try registry.store(event, at: now)
        var louder = event
        louder.peakTenths = 799
        try registry.store(louder, over: event, at: now)
        func reminders(at time: Timestamp) async throws -> [Delivery] {
            try await registry.remind(at: time)
            return try await registry.log().filter { $0.kind == .stillActive }
        }
        #expect(try await reminders(at: "2026-11-23T15:59:59Z") == [])
        let first = try await reminders(at: "2026-11-23T16:00:00Z")
        #expect(first.map(\.recipient) == ["a"] && first[0].event == louder)
        #expect(try await reminders(at: "2026-11-23T19:59:59Z").count == 1)
        #expect(try await reminders(at: "2026-11-23T20:00:00Z").count == 1, "the one that waits")
        try await registry.settle(first[0].number, .delivered("200"), at: now)
        #expect(try await reminders(at: "2026-11-24T12:00:00Z").count == 2, "one for all missed")
        try registry.store(louder.cleared(), over: louder, at: "2026-11-24T12:00:00Z")
        #expect(try await reminders(at: "2026-11-25T12:00:00Z").count == 2)
    }

    @Test func `beyond 10,000 that wait are given up, the oldest first`() async throws {
        let registry = try await registry(.webhook())
        try await registry.pool.write { [now] db in
            for _ in 0..<SQLiteRegistry.pendingDeliveriesMaximum {
                try SQLiteRegistry.addDelivery(.onset, to: "ops", "e", nil, at: now, db)
            }
        }
        try registry.store(.sample(), at: now)
        let page = try await registry.deliveries(DeliveryQuestion())
        #expect(page.pending == 10_000 && page.dead == 1)
        var dead = DeliveryQuestion()
        dead.status = .dead
        let oldest = try await registry.deliveries(dead).deliveries
        #expect(oldest.map(\.number) == [1] && oldest[0].outcome?.contains("10000") == true)
    }

    @Test func `of tests wait one a recipient, due again when somebody asks again`() async throws {
        let registry = try await registry(.webhook())
        let first = try await registry.addTest(for: "ops", at: now)
        let later = now.advanced(byMilliseconds: 600_000)
        try await registry.settle(first.number, .failed("no", retryAt: later), at: now)
        #expect(try await registry.dueDeliveries(at: now) == [])
        let again = try await registry.addTest(for: "ops", at: now)
        #expect(again.id == first.id && again.dueAt == now)
        try await registry.settle(first.number, .delivered("200"), at: now)
        #expect(try await registry.addTest(for: "ops", at: now).id != first.id)
    }

    @Test func `are listed newest first, in pages`() async throws {
        let registry = try await registry(.webhook("a"), .webhook("b"))
        for number in 0..<3 {
            let onset = now.advanced(byMilliseconds: Int64(number))
            try registry.store(.sample(recipients: ["a", "b"], onset: onset), at: now)
        }
        var question = DeliveryQuestion()
        question.recipient = "b"
        question.limit = 2
        let page = try await registry.deliveries(question)
        #expect(page.deliveries.map(\.number) == [6, 4] && page.next == 4 && page.pending == 6)
        question.before = page.next
        let last = try await registry.deliveries(question)
        #expect(last.deliveries.map(\.number) == [2] && last.next == nil)
        var ofEvent = DeliveryQuestion()
        ofEvent.event = SoundEvent.sample(onset: now.advanced(byMilliseconds: 1)).key
        #expect(try await registry.deliveries(ofEvent).deliveries.map(\.number) == [4, 3])
    }

    @Test func `are forgotten when they are settled and old`() async throws {
        let registry = try await registry(.webhook())
        let event = SoundEvent.sample()
        try registry.store(event, at: now)
        try registry.store(event.cleared(), over: event, at: now)
        try await registry.settle(1, .delivered("200"), at: now)
        try await registry.forgetDeliveries(before: now)
        #expect(try await registry.log().count == 2)
        try await registry.forgetDeliveries(before: now.advanced(byMilliseconds: 1))
        #expect(try await registry.log().map(\.number) == [2])
    }
}

@Suite struct `The registry's recipients` {
    private let file = RegistryFile()
    private let now: Timestamp = "2026-11-23T12:00:00Z"

    @Test func `are kept as they are`() async throws {
        var quiet = Schedule("22:00-07:00", Weekdays(names: ["fri"])!)
        quiet.exceptDates = [CalendarDay("2026-12-25")!]
        let hook = Recipient.webhook("a", quiet: quiet, zone: "Europe/London", reminder: 4, watchdogs: true)
        var mail = Recipient(id: "b", name: "Bö", channel: .mail(address: "b@example.org"))
        let registry = try SQLiteRegistry(path: file.path)
        try await registry.add(mail, secret: nil)
        try await registry.add(hook, secret: "s")
        #expect(try await SQLiteRegistry(path: file.path).recipients() == [hook, mail])
        mail.name = "B"
        try await registry.change(recipient: "b", at: now) { recipient, _ in recipient.name = "B" }
        #expect(try await registry.recipients() == [hook, mail])
        await #expect(throws: RecipientError.taken("a")) { try await registry.add(hook, secret: nil) }
        await #expect(throws: RecipientError.unknown("c")) {
            try await registry.change(recipient: "c", at: now) { _, _ in }
        }
        await #expect(throws: RecipientError.unknown("c")) {
            _ = try await registry.addTest(for: "c", at: now)
        }
    }

    @Test func `keep their secret when none is given`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        try await registry.add(.webhook(), secret: "old")
        try await registry.change(recipient: "ops", at: now) { recipient, _ in
            recipient.wantsWatchdogs = true
        }
        _ = try await registry.addTest(for: "ops", at: now)
        #expect(try await registry.dueDeliveries(at: now)[0].secret == "old")
        try await registry.change(recipient: "ops", at: now) { _, secret in secret = "new" }
        #expect(try await registry.dueDeliveries(at: now)[0].secret == "new")
        try await registry.change(recipient: "ops", at: now) { recipient, _ in
            recipient.channel = .mail(address: "ops@example.org")
        }
        #expect(try await registry.dueDeliveries(at: now)[0].secret == nil, "a mail is not signed")
    }

    @Test func `stay as they are when a change is refused`() async throws {
        struct Refused: Error {}
        let registry = try SQLiteRegistry(path: file.path)
        try await registry.add(.webhook(), secret: "old")
        await #expect(throws: Refused.self) {
            try await registry.change(recipient: "ops", at: now) { recipient, secret in
                recipient.name = "other"
                secret = "new"
                throw Refused()
            }
        }
        #expect(try await registry.recipients() == [.webhook()])
        _ = try await registry.addTest(for: "ops", at: now)
        #expect(try await registry.dueDeliveries(at: now)[0].secret == "old")
    }

    @Test func `that go, or are switched off, leave nothing that waits`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        try await registry.add(.webhook("a", reminder: 1), secret: nil)
        try await registry.add(.webhook("b", reminder: 1), secret: nil)
        let event = SoundEvent.sample(recipients: ["a", "b"])
        try registry.store(event, at: now)
        try await registry.change(recipient: "a", at: now) { recipient, _ in
            recipient.isEnabled = false
        }
        #expect(try await registry.removeRecipient("b", at: now))
        #expect(try await !registry.removeRecipient("b", at: now))
        try registry.store(event.cleared(), over: event, at: now)
        try await registry.remind(at: "2026-11-24T12:00:00Z")
        #expect(
            try await registry.log().map { "\($0.recipient) \($0.status) \($0.outcome ?? "")" } == [
                "a dead the recipient was switched off", "b dead the recipient was removed",
            ])
        try registry.store(.sample(recipients: ["a"], onset: now), at: now)
        #expect(try await registry.log().count == 2)
    }

    @Test func `are at most 200`() async throws {
        let registry = try SQLiteRegistry(path: file.path)
        for number in 0..<200 { try await registry.add(.webhook("r\(number)"), secret: nil) }
        await #expect(throws: RecipientError.tooMany(maximum: 200)) {
            try await registry.add(.webhook("more"), secret: nil)
        }
    }
}
