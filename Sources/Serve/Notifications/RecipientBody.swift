//  RecipientBody.swift · Serve
//
//  Recipients and deliveries in answers. A webhook's URL is often a secret by itself: those who may
//  not change it see its host only.

import Monitoring
import NIOCore

/// The answers about recipients.
enum RecipientBody {
    static func list(_ recipients: [Recipient], isWhole: Bool) -> ByteBuffer {
        var text = JSONText(capacity: 64 + recipients.count * 400)
        text.beginObject()
        text.key("recipients")
        text.beginArray()
        for recipient in recipients { write(recipient, isWhole: isWhole, into: &text) }
        text.endArray()
        text.endObject()
        return text.buffer
    }

    /// - Parameter secret: told once, when it is made; `nil` is left out.
    static func recipient(_ recipient: Recipient, secret: String? = nil) -> ByteBuffer {
        var text = JSONText(capacity: 512)
        write(recipient, isWhole: true, secret: secret, into: &text)
        return text.buffer
    }

    private static func write(
        _ recipient: Recipient, isWhole: Bool, secret: String? = nil, into text: inout JSONText
    ) {
        text.beginObject()
        text.key("id")
        text.string(recipient.id)
        text.key("name")
        text.string(recipient.name)
        text.key("channel")
        text.string(recipient.channel.isSigned ? "webhook" : "mail")
        text.key("target")
        text.string(target(of: recipient, isWhole: isWhole))
        text.key("watchdogs")
        text.bool(recipient.wantsWatchdogs)
        text.key("quiet_hours")
        RuleBody.write(recipient.quietHours, into: &text)
        text.key("time_zone")
        text.string(recipient.timeZone)
        text.key("reminder_hours")
        text.number(recipient.reminderHours.map(Double.init))
        text.key("enabled")
        text.bool(recipient.isEnabled)
        if let secret {
            text.key("secret")
            text.string(secret)
        }
        text.endObject()
    }

    /// Where it is told; of a webhook that is not to be shown whole `https://hooks.example.org/…`.
    static func target(of recipient: Recipient, isWhole: Bool) -> String {
        switch recipient.channel {
        case .webhook(let url): isWhole ? url : host(of: url)
        case .mail(let address): address
        }
    }

    private static func host(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        let authority = parts.count == 3 ? parts[2].prefix { !"/?".contains($0) } : ""
        return "\(parts[0])//\(authority)/…"
    }
}

/// The answers about deliveries.
enum DeliveryBody {
    static func page(_ page: DeliveryPage) -> ByteBuffer {
        var text = JSONText(capacity: 128 + page.deliveries.count * 400)
        text.beginObject()
        text.key("notifications")
        text.beginArray()
        for delivery in page.deliveries { write(delivery, into: &text) }
        text.endArray()
        text.key("pending")
        text.integer(Int64(page.pending))
        text.key("dead")
        text.integer(Int64(page.dead))
        if let next = page.next {
            text.key("next")
            text.string("\(next)")
        }
        text.endObject()
        return text.buffer
    }

    static func delivery(_ delivery: Delivery) -> ByteBuffer {
        var text = JSONText(capacity: 512)
        write(delivery, into: &text)
        return text.buffer
    }

    private static func write(_ delivery: Delivery, into text: inout JSONText) {
        text.beginObject()
        text.key("id")
        text.string(delivery.id)
        text.key("recipient")
        text.string(delivery.recipient)
        text.key("kind")
        text.string(delivery.kind.rawValue)
        text.key("event")
        text.number(delivery.event.map { Double($0.id) })
        text.key("unit")
        text.string(delivery.event?.unit?.name)
        text.key("rule")
        text.string(delivery.event?.rule?.name)
        text.key("status")
        text.string(delivery.status.rawValue)
        text.key("created_at")
        text.time(delivery.createdAt)
        text.key("due_at")
        text.time(delivery.status == .pending ? delivery.dueAt : nil)
        text.key("attempts")
        text.integer(Int64(delivery.attempts))
        text.key("first_attempt_at")
        text.time(delivery.firstAttemptAt)
        text.key("finished_at")
        text.time(delivery.finishedAt)
        text.key("outcome")
        text.string(delivery.outcome)
        text.endObject()
    }
}
