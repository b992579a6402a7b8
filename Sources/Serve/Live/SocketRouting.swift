//  SocketRouting.swift · Serve
//
//  Who may open a WebSocket of a port, and how many.

import HTTPTypes
import Monitoring
import Web

/// Lets those in whom the gate knows, at the paths there are.
struct SocketRouting<Gate: SocketGate>: WebSocketRouting {
    let routes: [any SocketRoute<Gate.Guest>]
    let gate: Gate
    let origins: OriginPolicy
    let policy: AnswerPolicy
    let places: SocketPlaces
    let watch: SocketWatch
    let log: RequestLog

    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        let path = (request.path ?? "").prefix { $0 != "?" }
        for route in routes {
            guard let name = SocketPath.name(in: path, of: route.template) else { continue }
            return await open(route, name, request, address)
        }
        return .pass
    }

    private func open(
        _ route: any SocketRoute<Gate.Guest>, _ name: Substring, _ request: HTTPRequest,
        _ address: String
    ) async -> WebSocketDecision {
        let began = ContinuousClock.now
        var failure: (any Error)?
        var problem: Problem
        do {
            let peer = try await peer(route, name, request, address)
            log.record(
                RequestID.make(), .get, route.template, .switchingProtocols,
                after: ContinuousClock.now - began)
            return .accept(peer)
        } catch let refusal as Problem {
            problem = refusal
        } catch {
            failure = error
            problem = Problem(
                status: .serviceUnavailable, detail: "This failed on our side; try again.")
        }
        let answer = problem.answer(policy)
        log.record(
            answer, route: route.template, after: ContinuousClock.now - began, error: failure)
        return .refuse(answer)
    }

    private func peer(
        _ route: any SocketRoute<Gate.Guest>, _ name: Substring, _ request: HTTPRequest,
        _ address: String
    ) async throws -> any WebSocketPeer {
        guard origins.allows(request) else {
            throw Problem(status: .forbidden, detail: "This Origin may not open a stream.")
        }
        guard let guest = try await gate.guest(request.headerFields) else {
            throw Problem.unauthorized
        }
        let session = gate.session(of: guest)
        guard let place = places.take(address: address, session: session) else {
            throw Problem.tooMany("Too many streams are open.", retryAfterSeconds: 10)
        }
        do {
            let open = try await route.prepare(name, request, for: guest)
            let visitor = SocketVisitor(session: session, place: place) { [gate] in
                try await gate.holds(guest)
            }
            return watch.watching(open(visitor), visitor)
        } catch {
            place.leave()
            throw error
        }
    }
}

/// Paths of sockets.
private enum SocketPath {
    /// `NL43-0001` of `/api/units/NL43-0001/stream` by its template, which has one name in braces.
    static func name(in path: Substring, of template: String) -> Substring? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let words = template.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == words.count else { return nil }
        var name: Substring?
        for (part, word) in zip(parts, words) {
            if word.first == "{" { name = part } else if part != word { return nil }
        }
        return name
    }
}
