//  NotificationsQuery.swift · Serve
//
//  Which deliveries the log shows: `?status=dead&recipient=ops&before=120`.

import HTTPTypes
import Hummingbird
import Monitoring

/// What the address of the log says. What it does not know it passes over.
struct NotificationsQuery {
    static let limit = 50

    let status: Delivery.Status?
    let recipient: String
    /// Where the page before ended; `nil` for the newest.
    let before: Int64?

    init(_ parameters: Parameters) {
        func value(_ name: String) -> String { String(parameters[Substring(name)]?.prefix(64) ?? "") }
        status = Delivery.Status(rawValue: value("status"))
        recipient = value("recipient")
        before = Int64(value("before")).flatMap { $0 > 0 ? $0 : nil }
    }

    var question: DeliveryQuestion {
        var question = DeliveryQuestion()
        question.status = status
        question.recipient = recipient.isEmpty ? nil : recipient
        question.before = before
        question.limit = NotificationsQuery.limit
        return question
    }

    /// The address of the same log from another place on; `nil`: from the newest.
    func address(before: Int64?) -> String {
        let parts = [
            status.map { "status=\($0.rawValue)" },
            // Only an id is known of any recipient: others are not put into an address.
            UnitID.isPlain(recipient) ? "recipient=\(recipient)" : nil,
            before.map { "before=\($0)" },
        ].compactMap { $0 }
        return parts.isEmpty ? "/notifications" : "/notifications?\(parts.joined(separator: "&"))"
    }
}
