//  SimulatorResponder.swift · Simulator
//
//  HTTP and WebSocket requests in, the simulation's answers out.

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Web

/// Answers all plain requests.
struct SimulatorResponder: HTTPResponder {
    let configuration: SimulatorConfiguration
    let simulation: Simulation

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let answer = simulation.answer(
            method: request.method.rawValue, segments: segments(ofPath: request.uri.path),
            query: { request.uri.queryParameters[$0[...]].map(String.init) })
        if configuration.meterTakesTime, answer.meterMilliseconds > 0 {
            let milliseconds = Double(answer.meterMilliseconds) / configuration.speed
            try await Task.sleep(for: .milliseconds(milliseconds))
        }
        return Response(
            status: HTTPResponse.Status(code: answer.status),
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body.bytes)))
    }
}

/// Accepts a WebSocket on each unit's monitor, whether the unit exists or not.
struct FeedRouting: WebSocketRouting {
    let simulation: Simulation

    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        let path = (request.path ?? "").prefix { $0 != "?" }
        guard let unit = Route.monitoredUnit(segments: segments(ofPath: String(path))) else {
            // What the real one's server says to a WebSocket that no route takes.
            return .refuse(WebAnswer(status: .forbidden, fields: [:], body: ByteBuffer()))
        }
        return .accept(FeedPeer(unit: unit, simulation: simulation))
    }
}

/// One subscriber.
private final class FeedPeer: WebSocketPeer {
    private let unit: String
    private let simulation: Simulation
    private let subscription = Mutex<Subscription?>(nil)

    init(unit: String, simulation: Simulation) {
        self.unit = unit
        self.simulation = simulation
    }

    func opened(_ socket: WebSocket) {
        let begun = simulation.subscribe(unit) { socket.send(framed: $0, messages: $1) }
        subscription.withLock { $0 = begun }
    }

    func closed() {
        if let begun = subscription.withLock({ $0 }) { simulation.unsubscribe(begun) }
    }

    /// The real upstream loses frames silently.
    func notice(ofDropped count: Int) -> String? {
        simulation.noteLost(count, of: unit)
        return nil
    }
}

private func segments(ofPath path: String) -> [String] {
    path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
        String($0).removingPercentEncoding ?? String($0)
    }
}
