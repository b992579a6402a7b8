//  TokenDirectory.swift · Monitoring

/// The API tokens. Implemented by the registry.
package protocol TokenDirectory: Sendable {
    /// The live token whose secret has this SHA-256 (32 bytes); `nil` when there is none, it was
    /// revoked, or it has expired.
    func token(withSecretHash hash: [UInt8]) async throws -> AccessToken?
    /// The live token of this id, for sessions that were begun with it.
    func token(withID id: Int64) async throws -> AccessToken?
}
