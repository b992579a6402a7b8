//  TokenDirectory.swift · Monitoring

/// The API tokens, for whoever asks who somebody is. Implemented by the registry.
package protocol TokenDirectory: Sendable {
    /// The live token whose secret has this SHA-256 (32 bytes); `nil` when there is none, it was
    /// revoked, or it has expired.
    func token(withSecretHash hash: [UInt8]) async throws -> AccessToken?
    /// The live token of this id, for sessions that were begun with it.
    func token(withID id: Int64) async throws -> AccessToken?
}

/// The API tokens, for whoever hands them out. Implemented by the registry.
package protocol TokenBook: Sendable {
    /// All that were ever made, by id.
    func tokenRecords() async throws -> [TokenRecord]
    /// Makes a token of 256 random bits. Its text is answered once and cannot be had again.
    ///
    /// - Parameter expires: `nil`: until revoked.
    func makeToken(
        name: String, scope: AccessToken.Scope, now: Timestamp, expires: Timestamp?
    ) async throws -> (token: AccessToken, secret: String)
    /// Ends a token for good.
    /// - Returns: false when there is none of this id, or it was revoked before.
    func revokeToken(_ id: Int64, now: Timestamp) async throws -> Bool
}

/// A token, live or not.
package struct TokenRecord: Hashable, Sendable {
    package let token: AccessToken
    /// When it was revoked.
    package let revoked: Timestamp?

    package init(token: AccessToken, revoked: Timestamp?) {
        self.token = token
        self.revoked = revoked
    }

    /// `live`, `expired` or `revoked`.
    package func state(at now: Timestamp) -> String {
        revoked != nil ? "revoked" : token.expires.map { $0 <= now } ?? false ? "expired" : "live"
    }
}
