//  PortalGate.swift · Serve
//
//  Who looks: a browser with the cookie of a session that holds.

import HTTPTypes
import Hummingbird
import Monitoring

/// Finds out whose browser asks. The registry's word counts on each request: a session whose link
/// is revoked is out at once.
struct PortalGate: Sendable {
    let book: any PortalBook
    let cookie: SessionCookie
    let clock: any WallClock
    /// Whether quick share is on; sessions begun by it end when it is not.
    let opensLinks: Bool

    /// - Returns: `nil` for nobody: no cookie, or one that does not hold.
    func session(_ fields: HTTPFields) async throws -> PortalSession? {
        guard let value = cookie.value(in: fields),
            let id = cookie.sessionID(of: value, now: clock.now)
        else { return nil }
        return try await session(id)
    }

    private func session(_ id: Int64) async throws -> PortalSession? {
        let session = try await book.session(id, at: clock.now)
        return session?.purpose == .open && !opensLinks ? nil : session
    }
}

extension PortalGate: SocketGate {
    func guest(_ fields: HTTPFields) async throws -> PortalSession? { try await session(fields) }

    func session(of guest: PortalSession) -> String { "client \(guest.id)" }

    func holds(_ guest: PortalSession) async throws -> Bool {
        try await session(guest.id) != nil
    }
}
