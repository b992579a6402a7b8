//  FakeRecipients.swift · ServeTests

import Monitoring
import Synchronization

/// Recipients and a log in memory.
final class FakeRecipients: RecipientBook {
    private struct State {
        var recipients: [String: Recipient] = [:]
        var secrets: [String: String] = [:]
        var log: [Delivery] = []
    }
    private let state = Mutex(State())

    func secret(of id: String) -> String? { state.withLock { $0.secrets[id] } }

    /// One of each kind of recipient, and one of each kind of delivery.
    func fill() {
        let quiet = Schedule(
            startMinute: 1320, endMinute: 420, exceptDates: [CalendarDay("2026-12-25")!])
        state.withLock { state in
            state.recipients["ops"] = Recipient(
                id: "ops", name: "Operations", channel: .webhook(url: "https://h.example/x/secret?y"),
                quietHours: quiet, timeZone: "Europe/London")
            state.recipients["m"] = Recipient(
                id: "m", name: "M", channel: .mail(address: "m@example.org"), reminderHours: nil)
            for (number, status) in Delivery.Status.allCases.enumerated() {
                var delivery = Delivery(
                    number: Int64(number) + 1, id: "d\(number + 1)", recipient: "ops", kind: .onset,
                    eventKey: "e", event: nil, createdAt: "2026-11-23T15:00:00Z")
                delivery.event = SoundEvent(
                    kind: .connectivity, unit: "a", firstExceededAt: "2026-11-23T14:59:00Z",
                    onsetAt: "2026-11-23T15:00:00Z")
                delivery.status = status
                delivery.outcome = "200"
                state.log.append(delivery)
            }
        }
    }

    func recipients() async throws -> [Recipient] {
        state.withLock { $0.recipients.values.sorted { $0.id < $1.id } }
    }

    func add(_ recipient: Recipient, secret: String?) async throws {
        try state.withLock { state in
            guard state.recipients[recipient.id] == nil else {
                throw RecipientError.taken(recipient.id)
            }
            guard state.recipients.count < 3 else { throw RecipientError.tooMany(maximum: 3) }
            state.recipients[recipient.id] = recipient
            state.secrets[recipient.id] = secret
        }
    }

    func change<Result: Sendable>(
        recipient id: String, at now: Timestamp,
        _ decide: @Sendable (inout Recipient, inout String?) throws -> Result
    ) async throws -> Result {
        try state.withLock { state in
            guard var recipient = state.recipients[id] else { throw RecipientError.unknown(id) }
            var secret: String?
            let result = try decide(&recipient, &secret)
            state.recipients[id] = recipient
            if let secret { state.secrets[id] = secret }
            return result
        }
    }

    func removeRecipient(_ id: String, at now: Timestamp) async throws -> Bool {
        state.withLock { $0.recipients.removeValue(forKey: id) != nil }
    }

    func addTest(for recipient: String, at now: Timestamp) async throws -> Delivery {
        Delivery(
            number: 9, id: "t9", recipient: recipient, kind: .test, eventKey: "test", event: nil,
            createdAt: now)
    }

    func deliveries(_ question: DeliveryQuestion) async throws -> DeliveryPage {
        let all = state.withLock { $0.log }.reversed().filter { delivery in
            question.status.map { $0 == delivery.status } ?? true
                && question.recipient.map { $0 == delivery.recipient } ?? true
                && question.event.map { $0 == delivery.eventKey } ?? true
                && question.before.map { delivery.number < $0 } ?? true
        }
        let page = Array(all.prefix(question.limit))
        return DeliveryPage(
            deliveries: page, pending: 5, dead: 1,
            next: all.count > page.count ? page.last?.number : nil)
    }
}
