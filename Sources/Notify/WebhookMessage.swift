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
