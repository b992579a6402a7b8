//  SocketRoute.swift · Serve

import HTTPTypes
import Web

/// What is told at a path that WebSockets are opened at.
protocol SocketRoute<Guest>: Sendable {
    /// Who may open it.
    associatedtype Guest

    /// `/api/units/{unit}/stream`: the path, and the word that stands for it in logs and metrics.
    var template: String { get }

    /// Finds what is to be told of `name`, the part in braces, before the socket opens.
    ///
    /// - Returns: makes our end of the socket, once.
    /// - Throws: `Problem`, which is the answer then.
    func prepare(
        _ name: Substring, _ request: HTTPRequest, for guest: Guest
    ) async throws -> (SocketVisitor) -> any WebSocketPeer
}

/// Finds out who asks for sockets of a port.
protocol SocketGate<Guest>: Sendable {
    associatedtype Guest: Sendable

    /// - Returns: `nil` for nobody: no credentials, or such as do not hold.
    func guest(_ fields: HTTPFields) async throws -> Guest?
    /// What a guest's sockets are counted by.
    func session(of guest: Guest) -> String
    /// Whether the credentials of an open socket still hold.
    func holds(_ guest: Guest) async throws -> Bool
}

/// Who is at the other end of a socket.
struct SocketVisitor: Sendable {
    /// What the visitor's sockets are counted by.
    let session: String
    let place: SocketPlaces.Place
    /// Whether the credentials still hold; the socket closes when they do not.
    let mayStay: @Sendable () async throws -> Bool
}
