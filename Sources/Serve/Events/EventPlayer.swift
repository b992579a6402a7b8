//  EventPlayer.swift · Serve

import Monitoring
import NIOCore
import Synchronization
import Web

/// One event being played.
final class EventPlayer: WebSocketPeer {
    /// What is due within it leaves together.
    private static let turn: Duration = .milliseconds(20)
    /// How long it may be silent.
    private static let silence: Duration = .seconds(25)

    private let play: EventPlay
    private let visitor: SocketVisitor
    private let counts: ServeCounts
    private let pace: any Clock<Duration>
    private let playing = Mutex<Task<Void, Never>?>(nil)

    init(
        _ play: EventPlay, visitor: SocketVisitor, counts: ServeCounts,
        pace: any Clock<Duration>
    ) {
        self.play = play
        self.visitor = visitor
        self.counts = counts
        self.pace = pace
    }

    func opened(_ socket: WebSocket) {
        counts.opened()
        // The socket's calls come from its event loop, so this is where its task can begin, and
        // `closed()` is where it ends.
        playing.withLock { $0 = Task { await self.run(on: socket, self.pace) } }
    }

    func closed() {
        visitor.place.leave()
        guard let task = playing.withLock({ $0.take() }) else { return }
        task.cancel()
        counts.closed()
    }

    func notice(ofDropped count: Int) -> String? { StreamMessage.dropped(count) }
    func lost(_ count: Int) { counts.dropped(count) }
    func closing(_ code: WebSocketCloseCode) { counts.closing(code) }

    private func run<Pace: Clock>(on socket: WebSocket, _ pace: Pace) async
    where Pace.Duration == Duration {
        var play = play
        let began = pace.now
        var elapsed = Duration.zero
        var spoke = Duration.zero
        send([play.opening], to: socket)
        while true {
            let messages = play.due(after: elapsed)
            if !messages.isEmpty {
                send(messages, to: socket)
                spoke = elapsed
            } else if elapsed - spoke >= EventPlayer.silence {
                send([StreamMessage.heartbeat], to: socket)
                spoke = elapsed
            }
            if elapsed >= play.end { break }
            let next = min(play.next ?? play.end, spoke + EventPlayer.silence)
            let wake = max(next, elapsed + EventPlayer.turn)
            do {
                try await pace.sleep(until: began.advanced(by: wake), tolerance: nil)
            } catch {
                return
            }
            elapsed = began.duration(to: pace.now)
        }
        send([StreamMessage.end], to: socket)
        socket.close(.normal)
    }

    private func send(_ messages: [ByteBuffer], to socket: WebSocket) {
        var bytes = ByteBuffer()
        for message in messages { WebSocket.write(frameOf: message, into: &bytes) }
        counts.sent(messages.count)
        socket.send(framed: bytes, messages: messages.count)
    }
}
