//  SimulatorResponder.swift · Simulator
//
//  HTTP and WebSocket requests in, the simulation's replies out.

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Web

/// Answers all plain requests of one upstream, and the control calls.
struct SimulatorResponder: HTTPResponder {
    let speed: Double
    let simulation: Simulation
    let control: SimulatorControl

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let path = segments(ofPath: request.uri.path)
        if path.first == SimulatorControl.root {
            return try await control.respond(to: request, segments: path)
        }
        let method = request.method.rawValue
        simulation.arrive(method: method, segments: path)
        defer { simulation.leave() }
        try await simulation.waitWhileSilent()
        let reply = simulation.reply(
            method: method, segments: path,
            query: { request.uri.queryParameters[$0[...]].map(String.init) })
        if reply.delayMilliseconds > 0 {
            try await Task.sleep(for: .milliseconds(Double(reply.delayMilliseconds) / speed))
            try await simulation.waitWhileSilent()
        }
        return Response(
            status: HTTPResponse.Status(code: reply.status),
            headers: [.contentType: reply.contentType], body: body(of: reply))
    }

    private func body(of reply: Reply) -> ResponseBody {
        let bytes = ByteBuffer(bytes: reply.body)
        guard reply.isCut else { return ResponseBody(byteBuffer: bytes) }
        return ResponseBody(contentLength: reply.body.count) { writer in
            var bytes = bytes
            try await writer.write(bytes.readSlice(length: bytes.readableBytes / 2)!)
            throw CutConnection()
        }
    }
}

/// Thrown where a body is to end in its middle: the connection ends with it.
private struct CutConnection: Error {}

extension Simulation {
    /// Real time between two looks at whether a silence is over.
    private static let lookMilliseconds = 50

    func waitWhileSilent() async throws {
        while isSilent { try await Task.sleep(for: .milliseconds(Simulation.lookMilliseconds)) }
    }
}

/// Accepts a WebSocket on each unit's monitor, whether the unit exists or not.
struct FeedRouting: WebSocketRouting {
    let simulation: Simulation

    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        let path = segments(ofPath: String((request.path ?? "").prefix { $0 != "?" }))
        try? await simulation.waitWhileSilent()
        guard let unit = Route.monitoredUnit(segments: path) else {
            simulation.arrive(method: "GET", segments: path)
            simulation.leave()
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

func segments(ofPath path: String) -> [String] {
    path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
        String($0).removingPercentEncoding ?? String($0)
    }
}
