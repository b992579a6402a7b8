//  WebListener.swift · Web
//
//  One port that speaks HTTP/1.1 and WebSocket, as a service.

import Glibc
package import HTTPTypes
package import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import ServiceLifecycle

/// One port that speaks HTTP/1.1, through a Hummingbird responder, and WebSocket.
///
/// A graceful shutdown closes the sockets with 1001, lets requests in progress finish, and
/// returns from ``run()``.
package struct WebListener: Service {
    /// Bounds of connections, and how faults below the router are answered.
    package struct Configuration: Sendable {
        /// The longest head of a request in bytes, and its most fields. Past them: 431 and close.
        package var headBytes = 16 * 1024
        package var headFields = 100
        /// How long a connection may be idle, or a request incomplete, before it is closed.
        package var idle = Duration.seconds(60)
        /// The most open connections. Past it: new ones wait to be accepted.
        package var connections = 10_000
        package var socketLimits = WebSocketLimits()
        /// Called on the event loop of each accepted connection, when its handlers are in place.
        /// For an imitation of a server that goes wrong; throwing closes the connection.
        package var prepare: @Sendable (any Channel) throws -> Void = { _ in }
        /// Makes the answer to what never reaches the router: a malformed request, a bad
        /// handshake. Takes the status and a sentence.
        package var fault: @Sendable (HTTPResponse.Status, String) -> WebAnswer = {
            WebAnswer(
                status: $0, fields: [.contentType: "text/plain; charset=utf-8"],
                body: ByteBuffer(string: $1 + "\n"))
        }

        package init() {}
    }

    private let name: String
    private let host: String
    private let port: Int
    private let application: any Service

    /// - Parameters:
    ///   - name: for logs, `operator`.
    ///   - host: an IP address or a name; not a URL.
    ///   - port: 0 picks a free one, which `onBound` is told.
    ///   - responder: a router's `buildResponder()`, for all that is not a WebSocket.
    ///   - onBound: called once when the port accepts connections, with its number.
    package init<Responder: HTTPResponder>(
        name: String, host: String, port: Int, configuration: Configuration = Configuration(),
        responder: Responder, sockets: any WebSocketRouting,
        onBound: @escaping @Sendable (Int) async -> Void, logger: Logger
    ) where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
        self.name = name
        self.host = host
        self.port = port
        var quiet = logger
        quiet[metadataKey: "listener"] = "\(name)"
        // Hummingbird announces each start by itself; the program does that with its own words.
        if quiet.logLevel == .info { quiet.logLevel = .notice }
        application = Application(
            responder: responder,
            server: HTTPServerBuilder { respond in
                WebChannel(responder: respond, configuration: configuration, routing: sockets)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.connections, logger: quiet)),
            onServerRunning: { channel in await onBound(channel.localAddress?.port ?? port) },
            logger: quiet)
    }

    /// Serves until a graceful shutdown.
    /// - Throws: ``WebListenerError`` when the address cannot be used.
    package func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw WebListenerError.portInUse(name: name, host: host, port: port)
        } catch let error as IOError {
            throw WebListenerError.cannotListen(
                name: name, host: host, port: port, reason: "\(error)")
        } catch let error as SocketAddressError {
            throw WebListenerError.cannotListen(
                name: name, host: host, port: port, reason: "\(error)")
        }
    }
}

/// Why a listener could not begin.
package enum WebListenerError: Error, CustomStringConvertible {
    case portInUse(name: String, host: String, port: Int)
    /// The address does not exist here, or may not be used.
    case cannotListen(name: String, host: String, port: Int, reason: String)

    package var description: String {
        switch self {
        case .portInUse(let name, let host, let port):
            "the \(name) listener cannot use \(host):\(port): another program listens there"
        case .cannotListen(let name, let host, let port, let reason):
            "the \(name) listener cannot use \(host):\(port): \(reason)"
        }
    }
}

/// A program without WebSockets: the router answers all.
package struct NoWebSockets: WebSocketRouting {
    package init() {}
    package func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        .pass
    }
}
