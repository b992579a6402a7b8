//  PortalBook.swift · Monitoring
//
//  Who may look at what in the portal, for its pages and for those who hand out links.

/// Links and sessions of clients, and what they own. Implemented by the registry.
package protocol PortalBook: Sendable {
    /// Makes a link of 256 random bits. The text in its address is answered once and cannot be had
    /// again.
    ///
    /// - Returns: `nil` when there is no such client.
    func makeLink(_ draft: PortalLinkDraft, at now: Timestamp) async throws -> (
        link: PortalLink, token: String
    )?
    /// The links that were handed out to a client, newest first.
    func links(of client: String) async throws -> [PortalLink]
    /// Ends a link of a client and its sessions for good.
    /// - Returns: false when there is none, or it was revoked before.
    func revoke(link id: Int64, of client: String, at now: Timestamp) async throws -> Bool
    /// As the other, by the SHA-256 of its token.
    func revoke(linkWithSecretHash hash: [UInt8], at now: Timestamp) async throws -> Bool

    /// Whether there is a link of this SHA-256, whatever became of it.
    func hasLink(withSecretHash hash: [UInt8]) async throws -> Bool
    /// The link of this SHA-256, if somebody may enter by it at `now`.
    func link(withSecretHash hash: [UInt8], at now: Timestamp) async throws -> PortalLink?
    /// Enters by it: begins a session and counts the use. Of two at once by a one-time link one
    /// gets in.
    func enter(withSecretHash hash: [UInt8], at now: Timestamp) async throws -> PortalSession?
    /// Enters by a project's quick share: begins a session that sees this project alone.
    /// - Returns: `nil` when there is no such project, or it is not active.
    func enter(openProject project: String, at now: Timestamp) async throws -> PortalSession?
    /// The session of this id while it and its link hold; its use is written down now and then.
    func session(_ id: Int64, at now: Timestamp) async throws -> PortalSession?
    /// Ends a session.
    func end(session id: Int64, at now: Timestamp) async throws

    /// The locations in `scope`: of sound, active, of the client's active projects; by name.
    func locations(in scope: ClientScope) async throws -> [OwnedLocation]
    /// One of those. What is not there and what is somebody else's is told apart nowhere.
    func location(_ id: String, in scope: ClientScope) async throws -> OwnedLocation?
}

/// A link that is to be made.
package struct PortalLinkDraft: Hashable, Sendable {
    /// ``Client/id``.
    package var client: String
    package var label: String
    package var expires: Timestamp?
    package var isOneTime: Bool
    package var purpose = PortalLink.Purpose.client
    package var project: String?

    /// - Parameter expires: `nil`: never, by somebody's explicit choice.
    package init(client: String, label: String, expires: Timestamp?, isOneTime: Bool = false) {
        self.client = client
        self.label = label
        self.expires = expires
        self.isOneTime = isOneTime
    }
}

/// A location as its client may see it.
package struct OwnedLocation: Hashable, Sendable {
    package let location: Location
    package let project: Project

    package init(location: Location, project: Project) {
        self.location = location
        self.project = project
    }
}
