//  SocketRoute.swift · Serve

import HTTPTypes
import Web

/// What is told at a path that WebSockets are opened at.
protocol SocketRoute: Sendable {
    /// `/api/units/{unit}/stream`: the path, and the word that stands for it in logs and metrics.
    var template: String { get }

    /// Finds what is to be told of `name`, the part in braces, before the socket opens.
    ///
    /// - Returns: makes our end of the socket, once.
    /// - Throws: `Problem`, which is the answer then.
    func prepare(
        _ name: Substring, _ request: HTTPRequest
    ) async throws -> (SocketVisitor) -> any WebSocketPeer
}

/// Who is at the other end of a socket.
struct SocketVisitor: Sendable {
    /// The socket closes when this ends.
    let credential: Credential
    let place: SocketPlaces.Place
}
