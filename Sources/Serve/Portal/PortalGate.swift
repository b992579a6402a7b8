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

    /// - Returns: `nil` for nobody: no cookie, or one that does not hold.
    func session(_ fields: HTTPFields) async throws -> PortalSession? {
        guard let value = cookie.value(in: fields),
            let id = cookie.sessionID(of: value, now: clock.now)
        else { return nil }
        return try await book.session(id, at: clock.now)
    }
}
