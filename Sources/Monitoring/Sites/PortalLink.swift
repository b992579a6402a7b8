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
    /// It lets in once, until it expires; the session that it began goes on.
    package var isOneTime: Bool
    package let purpose: Purpose
    /// The one project that it shows; `nil`: all of the client's.
    package let project: String?
    package var lastUsed: Timestamp?
    package var useCount: Int
    package var revoked: Timestamp?

    /// Whom a link was made for.
    package enum Purpose: String, CaseIterable, Sendable {
        /// Handed out to a client.
        case client
        /// An operator's look at a client's pages.
        case preview
        /// Quick share: behind an address that needs no secret.
        case open
    }

    /// How long a link works when nothing is said.
    package static let lifetimeMilliseconds: Int64 = 90 * 86_400_000

    package init(
        id: Int64, client: String, label: String, created: Timestamp, expires: Timestamp?,
        isOneTime: Bool = false, purpose: Purpose = .client, project: String? = nil,
        lastUsed: Timestamp? = nil, useCount: Int = 0, revoked: Timestamp? = nil
    ) {
        self.id = id
        self.client = client
        self.label = label
        self.created = created
        self.expires = expires
        self.isOneTime = isOneTime
        self.purpose = purpose
        self.project = project
        self.lastUsed = lastUsed
        self.useCount = useCount
        self.revoked = revoked
    }

    /// Whether somebody may enter by it at `now`.
    package func lets(inAt now: Timestamp) -> Bool {
        isLive(at: now) && !(isOneTime && useCount > 0)
    }

    /// Whether it is neither revoked nor expired at `now`.
    package func isLive(at now: Timestamp) -> Bool {
        revoked == nil && expires.map { now < $0 } ?? true
    }

    /// Whether sessions that were begun with it may go on at `now`. Of a one-time link the time of
    /// expiry is the last to enter at, of others the last to look at.
    package func keepsSessions(at now: Timestamp) -> Bool {
        isOneTime ? revoked == nil : isLive(at: now)
    }
}

/// A browser that came in by a link.
package struct PortalSession: Hashable, Sendable {
    package let id: Int64
    /// ``PortalLink/id``.
    package let link: Int64
    /// Whose locations it sees.
    package let scope: ClientScope
    package let purpose: PortalLink.Purpose
    package let began: Timestamp
    package var lastUsed: Timestamp

    /// It ends after so long without use, and after so long at all.
    package static let idleMilliseconds: Int64 = 12 * 3_600_000
    package static let lifetimeMilliseconds: Int64 = 30 * 86_400_000
    /// Use is written down at most so often.
    package static let useStepMilliseconds: Int64 = 300_000

    package init(
        id: Int64, link: Int64, scope: ClientScope, purpose: PortalLink.Purpose = .client,
        began: Timestamp, lastUsed: Timestamp
    ) {
        self.id = id
        self.link = link
        self.scope = scope
        self.purpose = purpose
        self.began = began
        self.lastUsed = lastUsed
    }

    /// Whether it holds at `now`, as far as time tells.
    package func holds(at now: Timestamp) -> Bool {
        now.milliseconds(since: began) < PortalSession.lifetimeMilliseconds
            && now.milliseconds(since: lastUsed) < PortalSession.idleMilliseconds
    }
}

/// Whose locations somebody sees.
package struct ClientScope: Hashable, Sendable {
    /// ``Client/id``.
    package let client: String
    /// The one project; `nil`: all of the client's.
    package let project: String?

    package init(client: String, project: String? = nil) {
        self.client = client
        self.project = project
    }
}
