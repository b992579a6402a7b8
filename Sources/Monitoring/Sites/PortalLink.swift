//  PortalLink.swift · Monitoring
//
//  A client's way into the portal, as it is kept: the secret in its address is never stored.

/// A magic link of a client.
package struct PortalLink: Hashable, Sendable {
    package let id: Int64
    /// ``Client/id``.
    package let client: String
    package var label: String
    package let created: Timestamp
    /// `nil`: until revoked.
    package var expires: Timestamp?
    /// It lets in once.
    package var isOneTime: Bool
    package var lastUsed: Timestamp?
    package var useCount: Int
    package var revoked: Timestamp?

    /// How long a link works when nothing is said.
    package static let lifetimeMilliseconds: Int64 = 90 * 86_400_000

    package init(
        id: Int64, client: String, label: String, created: Timestamp, expires: Timestamp?,
        isOneTime: Bool = false, lastUsed: Timestamp? = nil, useCount: Int = 0,
        revoked: Timestamp? = nil
    ) {
        self.id = id
        self.client = client
        self.label = label
        self.created = created
        self.expires = expires
        self.isOneTime = isOneTime
        self.lastUsed = lastUsed
        self.useCount = useCount
        self.revoked = revoked
    }

    /// Whether somebody may enter by it at `now`.
    package func lets(inAt now: Timestamp) -> Bool {
        isLive(at: now) && !(isOneTime && useCount > 0)
    }

    /// Whether sessions that were begun with it may go on at `now`.
    package func isLive(at now: Timestamp) -> Bool {
        revoked == nil && expires.map { now < $0 } ?? true
    }
}

/// A browser that came in by a link.
package struct PortalSession: Hashable, Sendable {
    package let id: Int64
    /// ``PortalLink/id``.
    package let link: Int64
    /// ``Client/id``: whose locations it sees.
    package let client: String
    package let began: Timestamp
    package var lastUsed: Timestamp

    /// It ends after so long without use, and after so long at all.
    package static let idleMilliseconds: Int64 = 12 * 3_600_000
    package static let lifetimeMilliseconds: Int64 = 30 * 86_400_000
    /// Use is written down at most so often.
    package static let useStepMilliseconds: Int64 = 300_000

    package init(id: Int64, link: Int64, client: String, began: Timestamp, lastUsed: Timestamp) {
        self.id = id
        self.link = link
        self.client = client
        self.began = began
        self.lastUsed = lastUsed
    }

    /// Whether it holds at `now`, as far as time tells.
    package func holds(at now: Timestamp) -> Bool {
        now.milliseconds(since: began) < PortalSession.lifetimeMilliseconds
            && now.milliseconds(since: lastUsed) < PortalSession.idleMilliseconds
    }
}
