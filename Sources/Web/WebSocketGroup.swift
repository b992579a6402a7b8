//  WebSocketGroup.swift · Web
//
//  One message to many sockets: the bytes are made once, and each event loop is asked once.

package import NIOCore
import Synchronization

/// Sockets that are sent the same.
///
/// Sends keep the order of the calls for each socket. Each loop writes to 256 sockets at a time
/// and lets other work in between, because a long burst would keep handshakes waiting.
package final class WebSocketGroup: Sendable {
    private struct Members {
        var sockets: [ObjectIdentifier: WebSocket] = [:]
        var lanes: [ObjectIdentifier: (lane: Lane, sockets: [WebSocket])] = [:]
    }

    private let members = Mutex(Members())

    package init() {}

    package var count: Int { members.withLock { $0.sockets.count } }

    /// Adds `socket`: it gets what is sent from now on.
    package func add(_ socket: WebSocket) {
        members.withLock {
            guard $0.sockets.updateValue(socket, forKey: ObjectIdentifier(socket)) == nil else {
                return
            }
            let loop = ObjectIdentifier(socket.eventLoop)
            $0.lanes[loop, default: (Lane(socket.eventLoop), [])].sockets.append(socket)
        }
    }

    package func remove(_ socket: WebSocket) {
        members.withLock {
            guard $0.sockets.removeValue(forKey: ObjectIdentifier(socket)) != nil else { return }
            let loop = ObjectIdentifier(socket.eventLoop)
            $0.lanes[loop]?.sockets.removeAll { $0 === socket }
            if $0.lanes[loop]?.sockets.isEmpty == true { $0.lanes[loop] = nil }
        }
    }

    /// Sends bytes that are whole frames to all members.
    ///
    /// - Parameter messages: how many messages the bytes hold.
    package func send(framed: ByteBuffer, messages: Int = 1) {
        members.withLock {
            for (lane, sockets) in $0.lanes.values {
                lane.send(Broadcast(bytes: framed, messages: messages, sockets: sockets))
            }
        }
    }

    /// Closes all members.
    package func close(_ code: WebSocketCloseCode) {
        for socket in members.withLock({ Array($0.sockets.values) }) { socket.close(code) }
    }
}

/// One message on its way to the sockets of one event loop.
private struct Broadcast: Sendable {
    let bytes: ByteBuffer
    let messages: Int
    let sockets: [WebSocket]
    var sent = 0
}

/// The broadcasts of one group on one event loop, one after the other.
private final class Lane: Sendable {
    private struct Work {
        var waiting: CircularBuffer<Broadcast> = []
        var isRunning = false
    }

    private static let socketsPerTurn = 256
    /// Past this many the oldest is dropped, and its sockets are told so.
    private static let waitingBound = 256

    private let eventLoop: any EventLoop
    private let work: NIOLoopBoundBox<Work>

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        work = .makeBoxSendingValue(Work(), eventLoop: eventLoop)
    }

    func send(_ broadcast: Broadcast) {
        eventLoop.execute {
            self.work.value.waiting.append(broadcast)
            if self.work.value.waiting.count > Lane.waitingBound { self.dropOldest() }
            guard !self.work.value.isRunning else { return }
            self.work.value.isRunning = true
            self.turn()
        }
    }

    private func dropOldest() {
        let lost = work.value.waiting.removeFirst()
        for socket in lost.sockets[lost.sent...] { socket.noteDropped(lost.messages) }
    }

    private func turn() {
        guard var broadcast = work.value.waiting.popFirst() else {
            work.value.isRunning = false
            return
        }
        let end = min(broadcast.sent + Lane.socketsPerTurn, broadcast.sockets.count)
        for socket in broadcast.sockets[broadcast.sent..<end] {
            socket.deliver(broadcast.bytes, messages: broadcast.messages)
        }
        broadcast.sent = end
        if end < broadcast.sockets.count { work.value.waiting.prepend(broadcast) }
        if work.value.waiting.isEmpty {
            work.value.isRunning = false
        } else {
            eventLoop.execute { self.turn() }
        }
    }
}
