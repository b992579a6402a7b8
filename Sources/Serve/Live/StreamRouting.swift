//  StreamRouting.swift · Serve
//
//  Who may open a stream, and how many.

import HTTPTypes
import Monitoring
import Synchronization
import Web

/// Lets viewers in at `/api/units/{unit}/stream`.
struct StreamRouting: WebSocketRouting {
    let hub: StreamHub
    let directory: any UnitDirectory
    let authenticator: Authenticator
    let origins: OriginPolicy
    let policy: AnswerPolicy
    let places: SocketPlaces
    let log: RequestLog

    private static let route = "/api/units/{unit}/stream"

    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        guard let name = StreamRouting.unit(in: request.path ?? "") else { return .pass }
        let began = ContinuousClock.now
        var failure: (any Error)?
        var problem: Problem
        do {
            let viewer = try await viewer(of: name, request, address)
            log.record(
                RequestID.make(), .get, StreamRouting.route, .switchingProtocols,
                after: ContinuousClock.now - began)
            return .accept(viewer)
        } catch let refusal as Problem {
            problem = refusal
        } catch {
            failure = error
            problem = Problem(
                status: .serviceUnavailable, detail: "This failed on our side; try again.")
        }
        let answer = problem.answer(policy)
        log.record(
            answer, route: StreamRouting.route, after: ContinuousClock.now - began, error: failure)
        return .refuse(answer)
    }

    private func viewer(
        of name: Substring, _ request: HTTPRequest, _ address: String
    ) async throws -> Viewer {
        guard origins.allows(request) else {
            throw Problem(status: .forbidden, detail: "This Origin may not open a stream.")
        }
        guard let access = try await authenticator.access(request.headerFields) else {
            throw Problem.unauthorized
        }
        let lookup = UnitLookup(directory: directory, counts: log.counts)
        let unit = try await lookup.unit(pathSegment: name).id
        guard let place = places.take(address: address, session: access.token.id) else {
            throw Problem.tooMany("Too many streams are open.", retryAfterSeconds: 10)
        }
        return Viewer(hub: hub, unit: unit, tokenID: access.token.id, place: place)
    }

    /// `NL43-0001` of `/api/units/NL43-0001/stream`.
    private static func unit(in target: String) -> Substring? {
        let path = target.prefix { $0 != "?" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "", parts[1] == "api", parts[2] == "units",
            parts[4] == "stream"
        else { return nil }
        return parts[3]
    }
}

/// One open stream.
private final class Viewer: WebSocketPeer {
    private let hub: StreamHub
    private let unit: UnitID
    private let tokenID: Int64
    private let place: SocketPlaces.Place
    private let socket = Mutex<WebSocket?>(nil)

    init(hub: StreamHub, unit: UnitID, tokenID: Int64, place: SocketPlaces.Place) {
        self.hub = hub
        self.unit = unit
        self.tokenID = tokenID
        self.place = place
    }

    func opened(_ socket: WebSocket) {
        self.socket.withLock { $0 = socket }
        hub.join(unit, socket, tokenID: tokenID)
    }

    func closed() {
        place.leave()
        if let socket = socket.withLock({ $0.take() }) { hub.leave(unit, socket) }
    }

    func notice(ofDropped count: Int) -> String? { StreamMessage.dropped(count) }
    func lost(_ count: Int) { hub.counts.dropped(count) }

    func closing(_ code: WebSocketCloseCode) {
        switch code {
        case .tooBig: hub.counts.hit(.messageSize)
        case .policy: hub.counts.hit(.messageRate)
        case .tooSlow: hub.counts.hit(.slowReader)
        default: break
        }
    }
}
