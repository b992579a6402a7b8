//  SocketWatch.swift · Serve
//
//  Sockets outlive the request that opened them: whoever's access ends leaves them too.

import Logging
import Monitoring
import NIOCore
import Synchronization
import Web

/// The open sockets of the operators' port, by what was shown to open them.
final class SocketWatch: Sendable {
    private struct Open {
        var sockets: [ObjectIdentifier: (socket: WebSocket, credential: Credential)] = [:]
        /// The directory's revision of the last check; `nil`: somebody came since.
        var revision: Int64?
    }

    private let credentials: Credentials
    private let logger: Logger
    private let open = Mutex(Open())

    init(credentials: Credentials, logger: Logger) {
        self.credentials = credentials
        self.logger = logger
    }

    /// `peer`, watched.
    func watching(_ peer: any WebSocketPeer, _ credential: Credential) -> any WebSocketPeer {
        WatchedPeer(peer: peer, credential: credential, watch: self)
    }

    /// Whether anything was changed since it was asked last, or somebody came.
    func needsCheck() async -> Bool {
        guard !open.withLock({ $0.sockets.isEmpty }) else { return false }
        do {
            let revision = try await credentials.operators.accessRevision()
            return open.withLock { open in
                defer { open.revision = revision }
                return open.revision != revision
            }
        } catch {
            logger.warning("viewers could not be checked", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Closes the sockets whose credential has ended, with 4401.
    func check() async throws {
        let sockets = open.withLock { Array($0.sockets.values) }
        var ended: Set<Credential> = []
        for credential in Set(sockets.map(\.credential))
        where try await credentials.access(credential) == nil {
            ended.insert(credential)
        }
        for (socket, credential) in sockets where ended.contains(credential) {
            socket.close(.sessionEnded)
        }
    }

    fileprivate func add(_ socket: WebSocket, _ credential: Credential) {
        open.withLock {
            $0.sockets[ObjectIdentifier(socket)] = (socket, credential)
            // What was shown may have ended between the request and now.
            $0.revision = nil
        }
    }

    fileprivate func remove(_ socket: WebSocket) {
        _ = open.withLock { $0.sockets.removeValue(forKey: ObjectIdentifier(socket)) }
    }
}

/// A peer whose socket is known to the watch while it is open.
private final class WatchedPeer: WebSocketPeer {
    private let peer: any WebSocketPeer
    private let credential: Credential
    private let watch: SocketWatch
    private let socket = Mutex<WebSocket?>(nil)

    init(peer: any WebSocketPeer, credential: Credential, watch: SocketWatch) {
        self.peer = peer
        self.credential = credential
        self.watch = watch
    }

    func opened(_ socket: WebSocket) {
        self.socket.withLock { $0 = socket }
        watch.add(socket, credential)
        peer.opened(socket)
    }

    func closed() {
        if let socket = socket.withLock({ $0.take() }) { watch.remove(socket) }
        peer.closed()
    }

    func received(_ text: String) { peer.received(text) }
    func lost(_ count: Int) { peer.lost(count) }
    func closing(_ code: WebSocketCloseCode) { peer.closing(code) }
    func notice(ofDropped count: Int) -> String? { peer.notice(ofDropped: count) }
}
