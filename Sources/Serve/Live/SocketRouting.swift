//  SocketRouting.swift · Serve
//
//  Who may open a WebSocket of the operators' port, and how many.

import HTTPTypes
import Monitoring
import Web

/// Lets those in who may read, at the paths there are.
struct SocketRouting: WebSocketRouting {
    let routes: [any SocketRoute]
    let authenticator: Authenticator
    let origins: OriginPolicy
    let policy: AnswerPolicy
    let places: SocketPlaces
    let watch: SocketWatch
    let log: RequestLog

    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        let path = (request.path ?? "").prefix { $0 != "?" }
        for route in routes {
            guard let name = SocketRouting.name(in: path, of: route.template) else { continue }
            return await open(route, name, request, address)
        }
        return .pass
    }

    private func open(
        _ route: any SocketRoute, _ name: Substring, _ request: HTTPRequest, _ address: String
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
        _ route: any SocketRoute, _ name: Substring, _ request: HTTPRequest, _ address: String
    ) async throws -> any WebSocketPeer {
        guard origins.allows(request) else {
            throw Problem(status: .forbidden, detail: "This Origin may not open a stream.")
        }
        guard let access = try await authenticator.access(request.headerFields) else {
            throw Problem.unauthorized
        }
        guard let place = places.take(address: address, session: access.credential) else {
            throw Problem.tooMany("Too many streams are open.", retryAfterSeconds: 10)
        }
        do {
            let open = try await route.prepare(name, request)
            let visitor = SocketVisitor(credential: access.credential, place: place)
            return watch.watching(open(visitor), access.credential)
        } catch {
            place.leave()
            throw error
        }
    }

    /// `NL43-0001` of `/api/units/NL43-0001/stream` by its template, which has one name in braces.
    private static func name(in path: Substring, of template: String) -> Substring? {
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
