//  EventPlayRoute.swift · Serve
//
//  A past event over a WebSocket, as it came.
//
//      EventReplay ─▶ EventPlay (what is due?) ─▶ Player (waits, sends) ─▶ socket

import HTTPTypes
import Monitoring
import NIOCore
import Synchronization
import Web

/// Plays events at `/api/events/{event}/replay?speed=`.
///
/// Bounds: what is told has those of ``EventReplay``, and what is made at once those of `places`; a
/// slow reader's as on a unit's stream.
struct EventPlayRoute: SocketRoute {
    let sources: OperatorListener.Sources
    /// Previews and replays that are made at once.
    let places: TransferPlaces
    let counts: ServeCounts
    /// Paces what is told.
    let pace: any Clock<Duration>

    var template: String { "/api/events/{event}/replay" }

    func prepare(
        _ name: Substring, _ request: HTTPRequest
    ) async throws -> (SocketVisitor) -> any WebSocketPeer {
        let query = QueryText(target: request.path ?? "")
        let speed = try query.integer("speed", in: EventPlay.speeds) ?? 1
        guard let id = Int64(name), let event = try await sources.events.event(id) else {
            throw Problem.notFound
        }
        let place = try places.take()
        defer { place.leave() }
        let replay = try await sources.replays.replay(event, at: sources.clock.now)
        let play = EventPlay(
            replay, of: event, try await sources.recipients.deliveries(of: event), speed: speed)
        return { Player(play, visitor: $0, tokens: sources.tokens, counts: counts, pace: pace) }
    }
}

extension RecipientBook {
    /// What was told of an event, newest first; of more than 1,000 the newest.
    func deliveries(of event: SoundEvent) async throws -> [Delivery] {
        var question = DeliveryQuestion()
        question.event = event.key
        question.limit = 1000
        return try await deliveries(question).deliveries
    }
}

/// One event being played.
private final class Player: WebSocketPeer {
    /// What is due within it leaves together.
    private static let turn: Duration = .milliseconds(20)
    /// How long it may be silent.
    private static let silence: Duration = .seconds(25)
    /// How often it is checked whether the viewer may still be there.
    private static let check: Duration = .seconds(60)

    private let play: EventPlay
    private let visitor: SocketVisitor
    private let tokens: any TokenDirectory
    private let counts: ServeCounts
    private let pace: any Clock<Duration>
    private let playing = Mutex<Task<Void, Never>?>(nil)

    init(
        _ play: EventPlay, visitor: SocketVisitor, tokens: any TokenDirectory,
        counts: ServeCounts, pace: any Clock<Duration>
    ) {
        self.play = play
        self.visitor = visitor
        self.tokens = tokens
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
        var checked = Duration.zero
        var spoke = Duration.zero
        send([play.opening], to: socket)
        while true {
            let messages = play.due(after: elapsed)
            if !messages.isEmpty {
                send(messages, to: socket)
                spoke = elapsed
            } else if elapsed - spoke >= Player.silence {
                send([StreamMessage.heartbeat], to: socket)
                spoke = elapsed
            }
            if elapsed >= play.end { break }
            if elapsed - checked >= Player.check {
                checked = elapsed
                guard await mayStay() else { return socket.close(.sessionEnded) }
            }
            let next = min(play.next ?? play.end, spoke + Player.silence, checked + Player.check)
            let wake = max(next, elapsed + Player.turn)
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

    /// When nobody can say, the next check will.
    private func mayStay() async -> Bool {
        do { return try await tokens.token(withID: visitor.tokenID) != nil } catch { return true }
    }

    private func send(_ messages: [ByteBuffer], to socket: WebSocket) {
        var bytes = ByteBuffer()
        for message in messages { WebSocket.write(frameOf: message, into: &bytes) }
        counts.sent(messages.count)
        socket.send(framed: bytes, messages: messages.count)
    }
}
