//  NotificationsView.swift · Serve
//
//  Who is told of events, and what they were told.

import Monitoring

/// Who is told of events, and what they were told.
struct NotificationsView {
    let recipients: [Recipient]
    let page: DeliveryPage
    let query: NotificationsQuery
    let scope: AccessToken.Scope
    let now: Timestamp

    private var isAdmin: Bool { scope >= .admin }

    /// What the template names:
    ///
    /// - `may_change`; `recipients`, `has_recipients`: `id`, `name`, `channel`, `target`,
    ///   `details`, `enabled`.
    /// - `log`, `has_log`: `time`, `recipient`, `kind`, `about`, `event` (its id; or empty),
    ///   `look`, `status`, `outcome`, `attempts`.
    /// - `totals`: `3 wait · 1 not delivered`.
    /// - `statuses`, `names`: `value`, `words`, `selected`.
    /// - `older`, `newest`: addresses; or empty.
    var context: [String: Any] {
        [
            "may_change": isAdmin, "recipients": recipients.map(row),
            "has_recipients": !recipients.isEmpty, "log": page.deliveries.map(line),
            "has_log": !page.deliveries.isEmpty,
            "totals": "\(page.pending) waiting · \(page.dead) not delivered",
            "statuses": Delivery.Status.allCases.map {
                option($0.rawValue, $0.words, isSelected: $0 == query.status)
            },
            "names": recipients.map {
                option($0.id, $0.name, isSelected: $0.id == query.recipient)
            },
            "older": page.next.map { query.address(before: $0) } ?? "",
            "has_older": page.next != nil,
            "newest": query.address(before: nil), "has_newest": query.before != nil,
        ]
    }

    private func option(_ value: String, _ words: String, isSelected: Bool) -> [String: Any] {
        ["value": value, "words": words, "selected": isSelected]
    }

    private func row(_ recipient: Recipient) -> [String: Any] {
        [
            "id": recipient.id, "name": recipient.name, "enabled": recipient.isEnabled,
            "channel": recipient.channel.isSigned ? "Webhook" : "Mail",
            "target": RecipientBody.target(of: recipient, isWhole: isAdmin),
            "details": NotificationsView.details(of: recipient),
        ]
    }

    /// `quiet 22:00–07:00 Mon–Fri (Europe/London) · reminds each 4 h · watches meters, too`
    static func details(of recipient: Recipient) -> String {
        [
            recipient.quietHours.map {
                "quiet \(RuleSentence.hours($0)) (\(recipient.timeZone))"
            },
            recipient.reminderHours.map { "reminds each \($0) h" } ?? "no reminders",
            recipient.wantsWatchdogs ? "also told of meters and services that fail" : nil,
        ].compactMap { $0 }.joined(separator: " · ")
    }

    private func line(_ delivery: Delivery) -> [String: Any] {
        let name = recipients.first { $0.id == delivery.recipient }?.name
        let time = PageText.since(delivery.createdAt, now: now)
        let attempts = delivery.attempts
        return [
            "time": time, "time_utc": delivery.createdAt.description,
            "recipient": name ?? delivery.recipient, "kind": delivery.kind.words,
            "about": delivery.event.map(NotificationsView.about) ?? "",
            "event": delivery.event.map { "\($0.id)" } ?? "", "has_event": delivery.event != nil,
            "look": delivery.status.look, "status": delivery.status.words,
            "outcome": delivery.outcome ?? "",
            "attempts": attempts > 1 ? "after \(attempts) attempts" : "",
        ]
    }

    /// `Night noise · NL43-0001`
    private static func about(_ event: SoundEvent) -> String {
        let what = event.rule?.name ?? event.kind.words
        return [what, event.unit?.name ?? event.upstream].compactMap { $0 }
            .joined(separator: " · ")
    }
}

extension Delivery.Status {
    /// Beside a shape of `look`.
    var words: String {
        switch self {
        case .pending: "Waiting"
        case .delivered: "Delivered"
        case .dead: "Not delivered"
        case .merged: "Merged into a later one"
        }
    }

    /// `done`, `delayed`, `idle`
    fileprivate var look: String {
        switch self {
        case .delivered: "done"
        case .dead: "delayed"
        case .pending, .merged: "idle"
        }
    }
}

extension Notification.Kind {
    fileprivate var words: String {
        switch self {
        case .onset: "Began"
        case .escalation: "Warning became an alarm"
        case .stillActive: "Still active"
        case .clear: "Over"
        case .test: "Test"
        }
    }
}

extension SoundEvent.Kind {
    fileprivate var words: String {
        switch self {
        case .rule: "Limit"
        case .connectivity: "No readings"
        case .notMeasuring: "Not measuring"
        case .implausible: "Implausible levels"
        case .upstreamDown: "Meter service down"
        }
    }
}
