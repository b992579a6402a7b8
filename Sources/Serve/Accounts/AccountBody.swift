//  AccountBody.swift · Serve
//
//  Operators, tokens and the audit log in answers. Keys: `docs/accounts.md`.

import Monitoring
import NIOCore

/// The answers about accounts. A secret is in them only where it was just made.
enum AccountBody {
    static func operators(_ people: [Operator]) -> ByteBuffer {
        list("operators", people) { person, text in write(person, into: &text) }
    }

    static func `operator`(_ person: Operator, password: String?) -> ByteBuffer {
        var text = JSONText()
        text.beginObject()
        write(person, into: &text)
        if let password {
            text.key("password")
            text.string(password)
        }
        text.endObject()
        return text.buffer
    }

    static func tokens(_ records: [TokenRecord], at now: Timestamp) -> ByteBuffer {
        list("tokens", records) { record, text in write(record, at: now, into: &text) }
    }

    static func token(_ record: TokenRecord, secret: String, at now: Timestamp) -> ByteBuffer {
        var text = JSONText()
        text.beginObject()
        write(record, at: now, into: &text)
        text.key("token")
        text.string(secret)
        text.endObject()
        return text.buffer
    }

    /// - Parameter entries: with one more than `limit` there is another page.
    static func audit(_ entries: [AuditEntry], limit: Int) -> ByteBuffer {
        let page = entries.prefix(limit)
        let next = entries.count > limit ? page.last.map { String($0.id) } : nil
        return list("entries", page, next: next) { entry, text in
            text.key("id")
            text.integer(entry.id)
            text.key("at")
            text.time(entry.at)
            text.key("by")
            text.string(entry.by)
            text.key("action")
            text.string(entry.action)
            text.key("path")
            text.string(entry.path)
            text.key("status")
            text.whole(entry.status)
            text.key("address")
            text.string(entry.address)
            text.key("detail")
            text.string(entry.detail)
        }
    }

    private static func list<Element>(
        _ key: StaticString, _ elements: some Collection<Element>, next: String? = nil,
        _ write: (Element, inout JSONText) -> Void
    ) -> ByteBuffer {
        var text = JSONText(capacity: 64 + elements.count * 200)
        text.beginObject()
        text.key(key)
        text.beginArray()
        for element in elements {
            text.beginObject()
            write(element, &text)
            text.endObject()
        }
        text.endArray()
        if let next {
            text.key("next")
            text.string(next)
        }
        text.endObject()
        return text.buffer
    }

    private static func write(_ person: Operator, into text: inout JSONText) {
        text.key("id")
        text.integer(person.id)
        text.key("name")
        text.string(person.name)
        text.key("role")
        text.string(person.role.rawValue)
        text.key("created")
        text.time(person.created)
        text.key("last_sign_in")
        text.time(person.lastSignIn)
    }

    private static func write(
        _ record: TokenRecord, at now: Timestamp, into text: inout JSONText
    ) {
        let token = record.token
        text.key("id")
        text.integer(token.id)
        text.key("name")
        text.string(token.name)
        text.key("scope")
        text.string(token.scope.rawValue)
        text.key("state")
        text.string(record.state(at: now))
        text.key("created")
        text.time(token.created)
        text.key("expires")
        text.time(token.expires)
        text.key("revoked")
        text.time(record.revoked)
    }
}
