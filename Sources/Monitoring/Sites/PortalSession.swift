//  PortalSession.swift · Monitoring

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
        SessionTerms.hold(began: began, lastUsed: lastUsed, at: now)
    }
}
