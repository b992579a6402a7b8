//  Notifier.swift · Notify
//
//  Looks what is due, each second and whenever something got there, and sends it. What is to be told
//  stands in the registry, written with the event itself: nothing waits here, and nothing upstream
//  of the registry waits for us.
//
//      book ──due──▶ outbox ──send──▶ carrier ──▶ recipient
//        ◀── hold, settle ──┴──────────────┘

package import Logging
package import Monitoring
import ServiceLifecycle

/// Tells recipients what is to be told.
package actor Notifier: Service {
    package struct Configuration: Sendable {
        /// `nil`: mails fail, and say so.
        package var mailServer: MailServer?
        /// Whether webhooks may lead to addresses that are not of the public Internet.
        package var allowsPrivateTargets = false
        package init() {}
    }

    /// How long the log of deliveries goes back.
    static let logMilliseconds: Int64 = 90 * Dwell.dayMilliseconds
    private static let housekeepingMilliseconds: Int64 = 3_600_000

    private let book: any DeliveryBook
    private let carrier: any Carrier
    private let mailServer: MailServer?
    private let clock: any WallClock
    /// Tells when to look for what is due.
    private let pace: any Clock<Duration>
    private let logger: Logger
    private var outbox = Outbox()
    private var keptHouseAt: Timestamp?
    /// What a recipient's last attempt failed at; it is logged when it changes.
    private var failures: [String: String] = [:]
    private var bookFailure: String?

    package init(
        book: any DeliveryBook, configuration: Configuration, clock: any WallClock, logger: Logger
    ) {
        var carrier = CurlCarrier()
        carrier.allowsPrivateTargets = configuration.allowsPrivateTargets
        self.init(
            book: book, carrier: carrier, mailServer: configuration.mailServer, clock: clock,
            logger: logger)
    }

    init(
        book: any DeliveryBook, carrier: any Carrier, mailServer: MailServer? = nil,
        clock: any WallClock, pace: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) {
        self.book = book
        self.carrier = carrier
        self.mailServer = mailServer
        self.clock = clock
        self.pace = pace
        self.logger = logger
    }

    /// Sends until a graceful shutdown; what is on its way then is given up, and due again after
    /// the next start.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            // Looks that are asked for while one is taken are one.
            let (looks, look) = AsyncStream.makeStream(
                of: Void.self, bufferingPolicy: .bufferingNewest(1))
            await withDiscardingTaskGroup { group in
                group.addTask {
                    while !Task.isCancelled {
                        look.yield()
                        try? await self.pace.sleep(for: .seconds(1))
                    }
                    look.finish()
                }
                for await _ in looks {
                    for due in await self.begin() {
                        group.addTask {
                            // One that fails waits for the next second: it is not stormed.
                            if await self.send(due) { look.yield() }
                        }
                    }
                }
            }
        }
    }

    /// Reads what is due, puts off what it is too quiet for, and takes the rest.
    /// - Returns: what the caller now has to ``send(_:)``.
    func begin() async -> [DueDelivery] {
        let now = clock.now
        let busy = outbox.busy
        var isWell = true
        do {
            try await keepHouse(at: now)
            try await book.remind(at: now)
        } catch {
            // What is stored can be sent all the same.
            tellBookFailure(error)
            isWell = false
        }
        do {
            let due = try await book.dueDeliveries(at: now)
            let steps = outbox.choose(from: due, excluding: busy) { recipient in
                recipient.quietHours.flatMap {
                    QuietHours.end(of: $0, after: now, on: recipient.clock)
                }
            }
            if isWell { bookFailure = nil }
            return await take(steps, at: now)
        } catch {
            tellBookFailure(error)
            return []
        }
    }

    private func take(_ steps: [Outbox.Step], at now: Timestamp) async -> [DueDelivery] {
        var sends: [DueDelivery] = []
        for step in steps {
            switch step {
            case .send(let due): sends.append(due)
            case .hold(let recipient, let end):
                // Failing, it is still due, and comes up again.
                do { try await book.hold(recipient: recipient, until: end, at: now) }
                catch { tellBookFailure(error) }
            }
        }
        return sends
    }

    /// Makes one attempt and writes down what became of it.
    /// - Returns: whether it got there.
    @discardableResult
    func send(_ due: DueDelivery) async -> Bool {
        let carriage = await attempt(due)
        defer { outbox.finish(due.recipient.id) }
        let now = clock.now
        let settlement: DeliverySettlement
        switch carriage {
        case .interrupted: return false
        case .delivered(let word): settlement = .delivered(word)
        case .refused(let reason): settlement = .dead(reason)
        case .failed(let reason):
            let first = due.delivery.firstAttemptAt ?? now
            let next = RetrySchedule.next(
                after: due.delivery.attempts + 1, first: first, now: now)
            settlement = next.map { .failed(reason, retryAt: $0) } ?? .dead("after 24 h: \(reason)")
        }
        tell(settlement, of: due)
        await settle(due.delivery.number, settlement, at: now)
        if case .delivered = settlement { return true }
        return false
    }

    private func attempt(_ due: DueDelivery) async -> Carriage {
        let now = clock.now
        guard due.delivery.kind == .test || due.delivery.event != nil else {
            return .refused("its event was written by another version of earshot")
        }
        switch due.recipient.channel {
        case .webhook(let url):
            guard let message = try? WebhookMessage(due, at: now) else {
                return .refused("its event has no JSON form")
            }
            return await carrier.carry(.post(message, url: url))
        case .mail:
            guard let mailServer else {
                return .failed("there is no mail server; set smtp_url and mail_from")
            }
            guard let message = MailMessage(due, from: mailServer.from, at: now) else {
                return .refused("it has no event")
            }
            return await carrier.carry(.mail(message, by: mailServer))
        }
    }

    /// Until it is written down the recipient counts as busy: sending again and again because the
    /// disk is full would be worse than waiting.
    private func settle(
        _ number: Int64, _ settlement: DeliverySettlement, at now: Timestamp
    ) async {
        while !Task.isCancelled {
            do { return try await book.settle(number, settlement, at: now) }
            catch { tellBookFailure(error) }
            try? await pace.sleep(for: .seconds(10))
        }
    }

    private func keepHouse(at now: Timestamp) async throws {
        if let last = keptHouseAt,
            (0..<Notifier.housekeepingMilliseconds).contains(now.milliseconds(since: last))
        { return }
        try await book.forgetDeliveries(
            before: now.advanced(byMilliseconds: -Notifier.logMilliseconds))
        keptHouseAt = now
    }

    /// Each reason once, until something gets there again.
    private func tell(_ settlement: DeliverySettlement, of due: DueDelivery) {
        let id = due.recipient.id
        var metadata: Logger.Metadata = ["recipient": "\(id)", "delivery": "\(due.delivery.id)"]
        switch settlement {
        case .delivered:
            if failures.removeValue(forKey: id) != nil {
                logger.notice("a recipient is reached again", metadata: metadata)
            }
        case .failed(let reason, _), .dead(let reason):
            guard failures[id] != reason else { return }
            // Recipients that are gone must not stay here for ever.
            if failures.count > 2 * Recipient.countMaximum { failures = [:] }
            failures[id] = reason
            metadata["reason"] = "\(reason)"
            logger.warning("a recipient is not reached", metadata: metadata)
        }
    }

    private func tellBookFailure(_ error: any Error) {
        let words = "\(error)"
        guard bookFailure != words else { return }
        bookFailure = words
        logger.error("deliveries cannot be read or written down", metadata: ["error": "\(words)"])
    }
}
