//  LinkBody.swift · Serve
//
//  Links of clients in answers. Keys: `docs/portal.md`.

import Monitoring
import NIOCore

/// The answers about links.
enum LinkBody {
    static func list(_ links: [PortalLink], at now: Timestamp) -> ByteBuffer {
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
        text.endObject()
        return text.buffer
    }

    /// With its address, this once.
    ///
    /// - Parameter base: the public URL; `nil`: the page knows it, and puts the path behind it.
    static func made(
        _ link: PortalLink, token: String, base: String?, at now: Timestamp
    ) -> ByteBuffer {
        let path = "/portal/enter/\(token)"
        var text = JSONText(capacity: 512)
        text.beginObject()
        write(link, at: now, into: &text)
        text.key("token")
        text.string(token)
        text.key("path")
        text.string(path)
        text.key("url")
        text.string(base.map { $0 + path })
        text.endObject()
        return text.buffer
    }

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
