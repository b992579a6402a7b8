//  WebSocketLimits.swift · Web
//
//  The bounds of one WebSocket, and the close codes that say which was met.

package import NIOCore

/// The bounds of one WebSocket.
package struct WebSocketLimits: Sendable {
    /// The longest message taken from the other end, in bytes. Past it: close with 1009.
    package var messageBytes = 4096
    /// Messages and pings taken from the other end within one second. Past it: close with 1008.
    package var messagesPerSecond = 10
    /// Messages that wait for a slow reader. Past it: the oldest is dropped and counted.
    package var waitingMessages = 64
    /// Past the bound the newest is dropped instead: as some other server does that we imitate.
    package var losesNewest = false
    /// How long a reader may take nothing. Past it: close with 1013.
    package var blocked = TimeAmount.seconds(10)
    /// How long the other end may take to answer our close. Past it: the connection is cut.
    package var closing = TimeAmount.seconds(5)
    /// How often the other end is asked whether it is there. Silent for three of them: cut, so
    /// that a reader that vanished does not count as present for as long as TCP hopes.
    package var ping = TimeAmount.seconds(20)

    package init() {}
}

/// Why a WebSocket was closed. Source: RFC 6455, 7.4.1; 4000 … 4999 are the program's own.
package struct WebSocketCloseCode: Hashable, Sendable, RawRepresentable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let normal = WebSocketCloseCode(rawValue: 1000)
    package static let goingAway = WebSocketCloseCode(rawValue: 1001)
    package static let protocolError = WebSocketCloseCode(rawValue: 1002)
    package static let unsupportedData = WebSocketCloseCode(rawValue: 1003)
    package static let notText = WebSocketCloseCode(rawValue: 1007)
    package static let policy = WebSocketCloseCode(rawValue: 1008)
    package static let tooBig = WebSocketCloseCode(rawValue: 1009)
    /// "Try again later": here, a reader too slow.
    package static let tooSlow = WebSocketCloseCode(rawValue: 1013)
}
