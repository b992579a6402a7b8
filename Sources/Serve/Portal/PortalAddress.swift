//  PortalAddress.swift · Serve

import Synchronization

/// What addresses of the clients' port begin with, for those who hand them out. Never taken from a
/// request's Host, which whoever asks makes up.
package final class PortalAddress: Sendable {
    private let publicURL: String?
    private let host: String
    private let isLoopback: Bool
    private let port = Mutex<Int?>(nil)

    /// - Parameters:
    ///   - publicURL: as configured.
    ///   - host: where the clients' port listens; without a public URL, and on loopback, it is what
    ///     this machine's own browsers use.
    package init(publicURL: String?, host: String, isLoopback: Bool) {
        self.publicURL = publicURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.host = host
        self.isLoopback = isLoopback
    }

    /// The port accepts connections.
    package func bound(_ port: Int) { self.port.withLock { $0 = port } }

    var isPublic: Bool { publicURL != nil }

    /// `https://levels.example.org`; `nil` while nobody knows.
    package var base: String? {
        if let publicURL { return publicURL }
        guard isLoopback, let port = port.withLock({ $0 }) else { return nil }
        return host.contains(":") ? "http://[\(host)]:\(port)" : "http://\(host):\(port)"
    }
}
