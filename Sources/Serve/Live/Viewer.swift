//  Viewer.swift · Serve

import Monitoring
import Synchronization
import Web

/// One open stream, of an operator or a client.
final class Viewer: WebSocketPeer {
    private let hub: StreamHub
    private let unit: UnitID?
    private let visitor: SocketVisitor
    private let place: ClientPlace?
    private let socket = Mutex<WebSocket?>(nil)

    /// - Parameters:
    ///   - unit: `nil`: where a client looks, no unit stands.
    ///   - place: where a client looks; `nil` for an operator.
    init(
        hub: StreamHub, unit: UnitID?, visitor: SocketVisitor, place: ClientPlace? = nil
    ) {
        self.hub = hub
        self.unit = unit
        self.visitor = visitor
        self.place = place
    }

    func opened(_ socket: WebSocket) {
        self.socket.withLock { $0 = socket }
        hub.join(unit, socket, at: place)
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
