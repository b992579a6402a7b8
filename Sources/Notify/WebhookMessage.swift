//  WebhookMessage.swift · Notify
//
//  What is posted to a webhook. docs/notifications.md tells receivers how to check it.
//
//      Earshot-Delivery   the delivery's id, the same at each attempt
//      Earshot-Timestamp  when this attempt was made, Unix seconds
//      Earshot-Signature  v1=hex(HMAC-SHA256(secret, timestamp "." body))

import CCrypto
import Foundation
import Monitoring

/// A signed body.
struct WebhookMessage: Hashable, Sendable {
    let body: [UInt8]
    /// Header fields, `Name: value`.
    let fields: [String]

    init(_ due: DueDelivery, at now: Timestamp) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = Array(try encoder.encode(WebhookBody(due.delivery)))
        let seconds = String(floorDivide(now.milliseconds, by: 1000))
        var fields = [
            "Content-Type: application/json", "Earshot-Delivery: \(due.delivery.id)",
            "Earshot-Timestamp: \(seconds)",
        ]
        if let secret = due.secret {
            let signature = WebhookMessage.signature(of: body, at: seconds, secret: secret)
            fields.append("Earshot-Signature: v1=\(signature)")
        }
        self.body = body
        self.fields = fields
    }

    /// RFC 2104 with SHA-256, over the timestamp too: an old message cannot be sent anew.
    static func signature(of body: [UInt8], at seconds: String, secret: String) -> String {
        let key = Array(secret.utf8)
        let signed = Array(seconds.utf8) + [UInt8(ascii: ".")] + body
        var hash = [UInt8](repeating: 0, count: 32)
        let isMade = earshot_hmac_sha256(key, Int32(key.count), signed, signed.count, &hash)
        precondition(isMade == 1, "libcrypto makes an HMAC of anything")
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// The body as JSON; a key without a value is `null`.
private struct WebhookBody: Encodable {
    let delivery: Delivery
    init(_ delivery: Delivery) { self.delivery = delivery }

    private enum Key: String, CodingKey {
        case id, kind, recipient, createdAt = "created_at", event
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(delivery.id, forKey: .id)
        try values.encode(delivery.kind.rawValue, forKey: .kind)
        try values.encode(delivery.recipient, forKey: .recipient)
        try values.encode(delivery.createdAt.description, forKey: .createdAt)
        try values.encode(delivery.event.map(EventBody.init), forKey: .event)
    }
}

/// An event with the names and units of the API.
private struct EventBody: Encodable {
    let event: SoundEvent
    init(_ event: SoundEvent) { self.event = event }

    private enum Key: String, CodingKey {
        case id, key, kind, unit, upstream, location, rule, metric, comparison, level
        case threshold = "threshold_db"
        case warning = "warning_db"
        case firstExceeded = "first_exceeded_at"
        case onset = "onset_at"
        case onsetValue = "onset_value"
        case peak = "peak_value"
        case peakAt = "peak_at"
        case lastExceeded = "last_exceeded_at"
        case exceeded = "exceeded_s"
        case last = "last_value"
        case cleared = "cleared_at"
        case closed = "closed_at"
        case clearReason = "clear_reason"
        case samples, suppressed, coverage, overloaded
        case noData = "no_data"
    }

    private struct Rule: Encodable {
        let id: String
        let version: Int
        let name: String
        let severity: String?
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        let decibels = { (tenths: Int16?) in tenths.map { Double($0) / 10 } }
        try values.encode(event.id, forKey: .id)
        try values.encode(event.key, forKey: .key)
        try values.encode(event.kind.rawValue, forKey: .kind)
        try values.encode(event.unit?.name, forKey: .unit)
        try values.encode(event.upstream, forKey: .upstream)
        try values.encode(event.location, forKey: .location)
        let rule = event.rule
        try values.encode(
            rule.map {
                Rule(id: $0.id, version: $0.version, name: $0.name, severity: $0.severity)
            }, forKey: .rule)
        try values.encode(rule?.metric.rawValue, forKey: .metric)
        try values.encode(rule?.comparison.rawValue, forKey: .comparison)
        try values.encode(event.level.rawValue, forKey: .level)
        try values.encode(decibels(rule?.thresholdTenths), forKey: .threshold)
        try values.encode(decibels(rule?.warningTenths), forKey: .warning)
        try values.encode(event.firstExceededAt.description, forKey: .firstExceeded)
        try values.encode(event.onsetAt.description, forKey: .onset)
        try values.encode(decibels(event.onsetTenths), forKey: .onsetValue)
        try values.encode(decibels(event.peakTenths), forKey: .peak)
        try values.encode(event.peakAt?.description, forKey: .peakAt)
        try values.encode(event.lastExceededAt.description, forKey: .lastExceeded)
        try values.encode(Double(event.exceededMilliseconds) / 1000, forKey: .exceeded)
        try values.encode(decibels(event.lastTenths), forKey: .last)
        try values.encode(event.clearedAt?.description, forKey: .cleared)
        try values.encode(event.closedAt?.description, forKey: .closed)
        try values.encode(event.clearReason?.rawValue, forKey: .clearReason)
        try values.encode(event.samples, forKey: .samples)
        try values.encode(event.suppressed, forKey: .suppressed)
        try values.encode(event.coverage, forKey: .coverage)
        try values.encode(event.isOverloaded, forKey: .overloaded)
        try values.encode(event.hasNoData, forKey: .noData)
    }
}
