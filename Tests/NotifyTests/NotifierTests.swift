//  NotifierTests.swift · NotifyTests
//
//  The whole of it but for the network: a registry in a file, a clock that tests move.

import Monitoring
import ServiceLifecycle
import Support
import Testing

@testable import Notify
@testable import Store

@Suite struct `The notifier` {
    private let file = RegistryFile()
    private let clock = ManualClock()
    private let carrier = FakeCarrier()

    private func registry(_ recipients: Recipient...) async throws -> SQLiteRegistry {
        let registry = try SQLiteRegistry(path: file.path)
        for recipient in recipients { try await registry.add(recipient, secret: nil) }
        return registry
    }

    private func notifier(_ registry: SQLiteRegistry, mail: MailServer? = nil) -> Notifier {
        // Nothing passes on its pace: it looks once, and then because something got there.
        Notifier(
            book: registry, carrier: carrier, mailServer: mail, clock: clock,
            pace: ManualClock(), logger: quietLogger)
    }

    /// Rounds until nothing is due.
    private func drain(_ notifier: Notifier) async {
        while true {
            let sends = await notifier.begin()
            if sends.isEmpty { return }
            for due in sends { await notifier.send(due) }
        }
    }

    @Test func `tells onset and clear, in their order, once`() async throws {
        let registry = try await registry(.webhook())
        let notifier = notifier(registry)
        let event = SoundEvent.sample()
        try registry.store(event, at: clock.now)
        try registry.store(event.cleared(), over: event, at: clock.now)
        await drain(notifier)
        await drain(notifier)
        #expect(carrier.carried == ["onset ops", "clear ops"])
        #expect(try await registry.log().map(\.status) == [.delivered, .delivered])
    }

    @Test func `goes on failing for 24 hours, then gives up, and says why`() async throws {
        let registry = try await registry(.webhook())
        let notifier = notifier(registry)
        let url = "https://hooks.example.org/a"
        carrier.answer(.failed("the server answered 500"), at: url)
        let event = SoundEvent.sample()
        try registry.store(event, at: clock.now)
        try registry.store(event.cleared(), over: event, at: clock.now)
        // Looked at each ten seconds, as it is due at whole tens.
        for _ in 0..<(23 * 360) {
            await drain(notifier)
            clock.advance(by: .seconds(10))
        }
        let delivery = try await registry.log()[0]
        #expect(delivery.attempts == 28)
        #expect(delivery.status == .pending)
        #expect(carrier.carried.allSatisfy { $0 == "onset ops" }, "its end waits")
        carrier.answer(.failed("no connection"), at: url)
        clock.advance(by: .seconds(3600))
        await drain(notifier)
        let dead = try await registry.log()[0]
        #expect(dead.status == .dead && dead.outcome == "after 24 h: no connection")
        #expect(dead.attempts == 29)
        carrier.answer(nil, at: url)
        clock.advance(by: .seconds(10))
        await drain(notifier)
        #expect(carrier.carried.last == "clear ops", "the next one goes on")
    }

    @Test func `tries a first time again after 10 seconds, not before`() async throws {
        let registry = try await registry(.webhook())
        let notifier = notifier(registry)
        carrier.answer(.failed("no connection"), at: "https://hooks.example.org/a")
        try registry.store(.sample(), at: clock.now)
        await drain(notifier)
        clock.advance(by: .milliseconds(9_999))
        await drain(notifier)
        #expect(carrier.carried.count == 1)
        clock.advance(by: .milliseconds(1))
        await drain(notifier)
        #expect(carrier.carried.count == 2)
    }

    @Test func `goes on after a restart with what is pending, under the same id`() async throws {
        let registry = try await registry(.webhook())
        carrier.answer(.failed("no connection"), at: "https://hooks.example.org/a")
        try registry.store(.sample(), at: clock.now)
        await drain(notifier(registry))
        let before = try await registry.log()[0]
        // Taken and not settled: as when the power fails in between.
        clock.advance(by: .seconds(10))
        #expect(await notifier(registry).begin().count == 1)
        let again = try SQLiteRegistry(path: file.path)
        carrier.answer(nil, at: "https://hooks.example.org/a")
        await drain(notifier(again))
        let after = try await again.log()[0]
        #expect(after.id == before.id && after.status == .delivered && after.attempts == 2)
    }

    @Test func `does not count what a stop interrupted`() async throws {
        let registry = try await registry(.webhook())
        carrier.answer(.interrupted, at: "https://hooks.example.org/a")
        try registry.store(.sample(), at: clock.now)
        let notifier = notifier(registry)
        for due in await notifier.begin() { await notifier.send(due) }
        let delivery = try await registry.log()[0]
        #expect(delivery.attempts == 0 && delivery.status == .pending)
    }

    @Test func `keeps quiet, and tells one message an event afterwards`() async throws {
        // 16:00 UTC; quiet from 22:00 to 07:00 in Berlin.
        let registry = try await registry(
            .webhook(quiet: Schedule("22:00-07:00"), zone: "Europe/Berlin"), .webhook("always"))
        let notifier = notifier(registry)
        clock.advance(to: "2026-11-23T21:30:00Z")
        let first = SoundEvent.sample(recipients: ["ops", "always"])
        let second = SoundEvent.sample(recipients: ["ops"], onset: "2026-11-23T23:55:00Z")
        try registry.store(first, at: clock.now)
        await drain(notifier)
        try registry.store(first.cleared(), over: first, at: clock.now)
        try registry.store(second, at: clock.now)
        _ = try await registry.addTest(for: "ops", at: clock.now)
        await drain(notifier)
        await drain(notifier)
        #expect(carrier.carried == ["onset always", "clear always", "test ops"])
        clock.advance(to: "2026-11-24T05:59:59Z")
        await drain(notifier)
        #expect(carrier.carried.count == 3)
        clock.advance(to: "2026-11-24T06:00:00Z")
        await drain(notifier)
        #expect(carrier.carried.suffix(2) == ["clear ops", "onset ops"])
        #expect(try await registry.log().filter { $0.status == .merged }.map(\.kind) == [.onset])
    }

    @Test func `without a mail server says what is missing`() async throws {
        let registry = try await registry(
            Recipient(id: "m", name: "M", channel: .mail(address: "m@example.org")))
        _ = try await registry.addTest(for: "m", at: clock.now)
        await drain(notifier(registry))
        #expect(try await registry.log()[0].outcome?.contains("set smtp_url and mail_from") == true)
        #expect(carrier.carried == [])
        clock.advance(by: .seconds(10))
        let server = MailServer(
            url: "smtp://mail", password: nil, from: "e@example.org", requiresTLS: true)
        await drain(notifier(registry, mail: server))
        #expect(carrier.carried == ["mail m@example.org"])
    }

    @Test func `gives up at once what is refused for good`() async throws {
        let registry = try await registry(.webhook())
        carrier.answer(.refused("the mail server said 550"), at: "https://hooks.example.org/a")
        try registry.store(.sample(), at: clock.now)
        await drain(notifier(registry))
        let delivery = try await registry.log()[0]
        #expect(delivery.status == .dead && delivery.attempts == 1)
    }

    @Test(.timeLimit(.minutes(10))) func `sends what waits one after the other, until it is stopped`()
        async throws
    {
        let registry = try await registry(.webhook())
        for number in 0..<60 {
            let onset = clock.now.advanced(byMilliseconds: Int64(number))
            try registry.store(.sample(onset: onset), at: clock.now)
        }
        let notifier = notifier(registry)
        let group = ServiceGroup(services: [notifier], logger: quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            while carrier.carried.count < 60 { await Task.yield() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(try await registry.deliveries(.counts).pending <= 1, "but for one that was not settled")
    }

    @Test func `forgets its log after 90 days`() async throws {
        let registry = try await registry(.webhook())
        try registry.store(.sample(), at: clock.now)
        let notifier = notifier(registry)
        await drain(notifier)
        clock.advance(by: .seconds(90 * 86_400))
        await drain(notifier)
        #expect(try await registry.log().count == 1)
        clock.advance(by: .seconds(3600))
        await drain(notifier)
        #expect(try await registry.log() == [])
    }
}
