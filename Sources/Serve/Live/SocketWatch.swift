//  SocketWatch.swift · Serve
//
//  Sockets outlive the request that opened them: whoever's access ends leaves them too.

import Logging
import Monitoring
import NIOCore
import Synchronization
import Web

/// The open sockets of both ports, by who is at the other end.
final class SocketWatch: Sendable {
    private struct Open {
        var sockets: [ObjectIdentifier: (socket: WebSocket, visitor: SocketVisitor)] = [:]
        /// That of the last check; `nil`: somebody came since.
        var revision: [Int64]?
    }

    private let revision: @Sendable () async throws -> [Int64]
    private let logger: Logger
    private let open = Mutex(Open())

    /// - Parameter revision: another one after whatever ends an access, or a client's sight of a unit.
    init(revision: @escaping @Sendable () async throws -> [Int64], logger: Logger) {
        self.revision = revision
        self.logger = logger
    }

    /// `peer`, watched.
    func watching(_ peer: any WebSocketPeer, _ visitor: SocketVisitor) -> any WebSocketPeer {
        WatchedPeer(peer: peer, visitor: visitor, watch: self)
    }

    /// Whether anything was changed since it was asked last, or somebody came.
    func needsCheck() async -> Bool {
        guard !open.withLock({ $0.sockets.isEmpty }) else { return false }
        do {
            let revision = try await revision()
            return open.withLock { open in
                defer { open.revision = revision }
                return open.revision != revision
            }
        } catch {
            logger.warning("viewers could not be checked", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Closes the sockets whose access has ended, with 4401. Of one session's many sockets one is
    /// asked about.
    func check() async throws {
        let sockets = open.withLock { Array($0.sockets.values) }
        var sessions: [String: Bool] = [:]
        for (socket, visitor) in sockets {
            let mayStay: Bool
            if let known = sessions[visitor.session] {
                mayStay = known
            } else {
                mayStay = try await visitor.mayStay()
                sessions[visitor.session] = mayStay
            }
            if !mayStay { socket.close(.sessionEnded) }
        }
    }

    /// A check did not come to its end: the next one is due.
    func forgetCheck() { open.withLock { $0.revision = nil } }

    fileprivate func add(_ socket: WebSocket, _ visitor: SocketVisitor) {
        open.withLock {
            $0.sockets[ObjectIdentifier(socket)] = (socket, visitor)
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
    private let visitor: SocketVisitor
    private let watch: SocketWatch
    private let socket = Mutex<WebSocket?>(nil)

    init(peer: any WebSocketPeer, visitor: SocketVisitor, watch: SocketWatch) {
        self.peer = peer
        self.visitor = visitor
        self.watch = watch
    }

    func opened(_ socket: WebSocket) {
        self.socket.withLock { $0 = socket }
        watch.add(socket, visitor)
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
