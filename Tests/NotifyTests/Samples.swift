//  Samples.swift · NotifyTests

import Foundation
import GRDB
import Logging
import Monitoring
import Synchronization

@testable import Notify
@testable import Store

extension Timestamp: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(rfc3339: value)! }
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension SoundEvent {
    /// An alarm of a rule that tells `recipients`: 67.3 dB with a limit of 65.0 dB.
    static func sample(
        name: String = "Night noise", recipients: [String] = ["ops"],
        onset: Timestamp = "2026-11-23T23:49:12Z"
    ) -> SoundEvent {
        var rule = AlertRule(
            id: "r1", site: .location("loc-a1"), name: name, thresholdTenths: 650,
            recipients: recipients)
        rule.warningTenths = 600
        rule.severity = "major"
        var event = SoundEvent(
            kind: .rule, unit: UnitID("NL43-0001"), location: "loc-a1", rule: rule,
            firstExceededAt: onset.advanced(byMilliseconds: -900_000), onsetAt: onset, tenths: 673)
        event.id = 17
        return event
    }

    static func watchdog(_ onset: Timestamp = "2026-11-23T23:49:12Z") -> SoundEvent {
        SoundEvent(
            kind: .connectivity, unit: UnitID("NL43-0001"), firstExceededAt: onset, onsetAt: onset)
    }

    /// The event after its end, with a peak of 71.2 dB.
    func cleared(at time: Timestamp = "2026-11-24T00:33:38Z") -> SoundEvent {
        var event = self
        event.peakTenths = rule == nil ? nil : 712
        event.clearedAt = time
        event.closedAt = time
        event.clearReason = .recovered
        return event
    }
}

extension Recipient {
    static func webhook(
        _ id: String = "ops", url: String = "https://hooks.example.org/a", quiet: Schedule? = nil,
        zone: String = "UTC", reminder: Int? = nil, watchdogs: Bool = false
    ) -> Recipient {
        Recipient(
            id: id, name: "Operations", channel: .webhook(url: url), wantsWatchdogs: watchdogs,
            quietHours: quiet, timeZone: zone, reminderHours: reminder)
    }
}

extension Schedule {
    /// `22:00-07:00`
    init(_ text: String, _ days: Weekdays = .all) {
        let minutes = text.split(separator: "-").map { part in
            let numbers = part.split(separator: ":").map { Int($0)! }
            return numbers[0] * 60 + numbers[1]
        }
        self.init(startMinute: minutes[0], endMinute: minutes[1], days: days)
    }
}

extension SQLiteRegistry {
    /// Tells of an event as the ledger does when it stores one.
    func store(_ event: SoundEvent, over before: SoundEvent? = nil, at now: Timestamp) throws {
        try pool.write { db in
            try SQLiteRegistry.enqueueDeliveries(for: event, before: before, at: now, db)
        }
    }

    /// The log, oldest first.
    func log() async throws -> [Delivery] {
        var question = DeliveryQuestion()
        question.limit = 1000
        return try await deliveries(question).deliveries.reversed()
    }
}

/// Carries nothing, and answers as it is told.
final class FakeCarrier: Carrier {
    private let state: Mutex<(answers: [String: Carriage], carried: [String])>

    /// - Parameter answers: by URL or address; what is not there is delivered.
    init(_ answers: [String: Carriage] = [:]) { state = Mutex((answers, [])) }

    /// `onset ops`, in the order in which parcels went.
    var carried: [String] { state.withLock { $0.carried } }

    func answer(_ carriage: Carriage?, at target: String) {
        state.withLock { $0.answers[target] = carriage }
    }

    func carry(_ parcel: Parcel) async -> Carriage {
        state.withLock { state in
            switch parcel {
            case .post(let message, let url):
                let body = try! JSONSerialization.jsonObject(with: Data(message.body))
                let values = body as! [String: Any]
                state.carried.append("\(values["kind"]!) \(values["recipient"]!)")
                return state.answers[url] ?? .delivered("200")
            case .mail(let message, _):
                state.carried.append("mail \(message.to)")
                return state.answers[message.to] ?? .delivered("250")
            }
        }
    }
}
