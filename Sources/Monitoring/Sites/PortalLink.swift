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
