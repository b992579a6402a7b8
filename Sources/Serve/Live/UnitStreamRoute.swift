//  UnitStreamRoute.swift · Serve
//
//  A unit's present, told as it comes.

import HTTPTypes
import Monitoring
import Synchronization
import Web

/// Streams at `/api/units/{unit}/stream`.
struct UnitStreamRoute: SocketRoute {
    let hub: StreamHub
    let lookup: UnitLookup

    var template: String { "/api/units/{unit}/stream" }

    func prepare(
        _ name: Substring, _ request: HTTPRequest
    ) async throws -> (SocketVisitor) -> any WebSocketPeer {
        let unit = try await lookup.unit(pathSegment: name).id
        return { Viewer(hub: hub, unit: unit, visitor: $0) }
    }
}

/// One open stream.
private final class Viewer: WebSocketPeer {
    private let hub: StreamHub
    private let unit: UnitID
    private let visitor: SocketVisitor
    private let socket = Mutex<WebSocket?>(nil)

    init(hub: StreamHub, unit: UnitID, visitor: SocketVisitor) {
        self.hub = hub
        self.unit = unit
        self.visitor = visitor
    }

    func opened(_ socket: WebSocket) {
        self.socket.withLock { $0 = socket }
        hub.join(unit, socket)
    }

    func closed() {
        visitor.place.leave()
        if let socket = socket.withLock({ $0.take() }) { hub.leave(unit, socket) }
    }

    func notice(ofDropped count: Int) -> String? { StreamMessage.dropped(count) }
    func lost(_ count: Int) { hub.counts.dropped(count) }
    func closing(_ code: WebSocketCloseCode) { hub.counts.closing(code) }
}

extension ServeCounts {
    /// We close a socket: whether that is a limit's doing.
    func closing(_ code: WebSocketCloseCode) {
        switch code {
        case .tooBig: hit(.messageSize)
        case .policy: hit(.messageRate)
        case .tooSlow: hit(.slowReader)
        default: break
        }
    }
}
