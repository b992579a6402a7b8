//  WebSocketPeer.swift · Web
//
//  What a program says about WebSockets: which requests may become one, and who talks on it.

package import HTTPTypes
package import NIOCore

/// Decides what becomes of a request that asks for a WebSocket.
package protocol WebSocketRouting: Sendable {
    /// Called once for each handshake, before any answer.
    ///
    /// - Parameters:
    ///   - request: a `GET` with a valid handshake (RFC 6455, 4.2.1).
    ///   - address: the other end's IP address, without port; empty when not known.
    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision
}

/// What becomes of a request that asks for a WebSocket.
package enum WebSocketDecision: Sendable {
    /// Upgrade; the peer talks from then on.
    case accept(any WebSocketPeer)
    /// Answer this instead, and close the connection.
    case refuse(WebAnswer)
    /// Let the router answer as if it were a plain request; the connection closes after that.
    case pass
}

/// A whole answer outside of the router.
package struct WebAnswer: Sendable {
    package var status: HTTPResponse.Status
    package var fields: HTTPFields
    package var body: ByteBuffer

    package init(status: HTTPResponse.Status, fields: HTTPFields, body: ByteBuffer) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}

/// Our side's end of one WebSocket. All calls come on the socket's event loop: answer at once.
package protocol WebSocketPeer: Sendable {
    /// The socket is open. Called at most once, before any ``received(_:)``.
    func opened(_ socket: WebSocket)
    /// A whole text message, at most `WebSocketLimits.messageBytes` long.
    func received(_ text: String)
    /// The socket is gone. Called once for each accepted peer, also for one that never opened.
    func closed()
    /// So many messages were dropped because the reader is slow. Called as it happens.
    func lost(_ count: Int)
    /// We close the socket with `code`.
    func closing(_ code: WebSocketCloseCode)
    /// The message by which a slow reader learns that it lost `count` messages; `nil` for none.
    func notice(ofDropped count: Int) -> String?
}

extension WebSocketPeer {
    package func received(_ text: String) {}
    package func lost(_ count: Int) {}
    package func closing(_ code: WebSocketCloseCode) {}
    package func notice(ofDropped count: Int) -> String? { nil }
}
