//  LinkBody.swift · Serve
//
//  Links of clients in answers. Keys: `docs/portal.md`.

import Monitoring
import NIOCore

/// The answers about links.
enum LinkBody {
    /// - Parameter open: the path of the project's quick share; `nil` while it is off.
    static func list(
        _ links: [PortalLink], open: String?, base: String?, at now: Timestamp
    ) -> ByteBuffer {
        var text = JSONText(capacity: 256 + links.count * 256)
        text.beginObject()
        text.key("links")
        text.beginArray()
        for link in links {
            text.beginObject()
            write(link, at: now, into: &text)
            text.endObject()
        }
        text.endArray()
        text.key("open")
        text.beginObject()
        text.key("enabled")
        text.bool(open != nil)
        text.key("path")
        text.string(open)
        text.key("url")
        text.string(open.flatMap { path in base.map { $0 + path } })
        text.endObject()
        text.endObject()
        return text.buffer
    }

    /// With its address, this once.
    ///
    /// - Parameter address: what addresses begin with; it may not be known.
    static func made(
        _ link: PortalLink, token: String, _ address: PortalAddress, at now: Timestamp
    ) -> ByteBuffer {
        let path = LinkBody.path(token)
        var text = JSONText(capacity: 512)
        text.beginObject()
        write(link, at: now, into: &text)
        text.key("token")
        text.string(token)
        text.key("path")
        text.string(path)
        text.key("url")
        text.string(address.base.map { $0 + path })
        text.key("is_public")
        text.bool(address.isPublic)
        text.endObject()
        return text.buffer
    }

    static let revoked = ByteBuffer(string: #"{"status":"revoked"}"#)

    static func path(_ token: String) -> String { "/portal/enter/\(token)" }

    private static func write(_ link: PortalLink, at now: Timestamp, into text: inout JSONText) {
        text.key("id")
        text.integer(link.id)
        text.key("client")
        text.string(link.client)
        text.key("label")
        text.string(link.label)
        text.key("status")
        text.string(
            link.revoked != nil ? "revoked" : !link.isLive(at: now) ? "expired"
                : link.lets(inAt: now) ? "active" : "used")
        text.key("created")
        text.time(link.created)
        text.key("expires")
        text.time(link.expires)
        text.key("one_time")
        text.bool(link.isOneTime)
        text.key("last_used")
        text.time(link.lastUsed)
        text.key("use_count")
        text.whole(link.useCount)
        text.key("revoked")
        text.time(link.revoked)
    }
}
