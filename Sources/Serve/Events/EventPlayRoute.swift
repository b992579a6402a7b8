//  EventPlayRoute.swift · Serve
//
//  A past event over a WebSocket, as it came.
//
//      EventReplay ─▶ EventPlay (what is due?) ─▶ EventPlayer (waits, sends) ─▶ socket

import HTTPTypes
import Monitoring
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
        _ name: Substring, _ request: HTTPRequest, for guest: Access
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
        return { EventPlayer(play, visitor: $0, counts: counts, pace: pace) }
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
