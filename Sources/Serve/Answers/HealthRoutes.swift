//  HealthRoutes.swift · Serve
//
//  What supervisors and monitors ask.

import HTTPTypes
import Hummingbird
import Monitoring
import NIOCore

/// Answers `/healthz` and `/readyz`.
struct HealthRoutes: Sendable {
    /// `upstream_down: north (http://…) does not answer since …: connection refused`
    private static func reason(_ upstream: UpstreamStatus) -> String {
        let (name, fault) =
            upstream.state == .down
            ? ("upstream_down", "does not answer")
            : ("upstream_stalled", "accepts connections and does not answer in time")
        let text = "\(name): \(upstream.id) (\(upstream.url)) \(fault) since \(upstream.since)"
        return upstream.failure.map { "\(text): \($0)" } ?? text
    }

    let store: any StoreHealth
    let pipeline: any PipelineHealth
    let rules: any RuleBook
    let upstreams: any UpstreamHealth

    /// The process serves.
    static var alive: Response { .json(ByteBuffer(string: #"{"status":"ok"}"#)) }

    /// How well it serves. Damage, little room, events that cannot be recorded, rules that cannot be
    /// read, and upstreams that do not answer, make it `degraded`: all that can be done is done.
    /// Only a store that cannot work makes it `not_ready`, 503.
    func ready() async throws -> Response {
        let stopped = store.reasons()
        let damage = store.damage()
        let upstreams = upstreams.upstreams()
        let failing = upstreams.filter { $0.state == .down || $0.state == .stalled }
        var reasons = stopped
        if !damage.isEmpty { reasons.append("\(damage.count) parts of the store cannot be read") }
        reasons += store.warnings() + pipeline.warnings()
        reasons += try await rules.unreadableRules()
        reasons += failing.map(HealthRoutes.reason)
        let word =
            !stopped.isEmpty ? "not_ready" : reasons.isEmpty ? "ready" : "degraded"
        var text = JSONText(capacity: 512)
        text.beginObject()
        text.key("status")
        text.string(word)
        text.key("reasons")
        text.beginArray()
        for reason in reasons { text.string(reason) }
        text.endArray()
        text.key("damage")
        HistoryBody.write(damage, into: &text)
        text.key("upstreams")
        text.beginArray()
        for upstream in upstreams {
            text.beginObject()
            text.key("id")
            text.string(upstream.id)
            text.key("state")
            text.string(upstream.state.rawValue)
            text.key("units")
            text.integer(Int64(upstream.units))
            text.endObject()
        }
        text.endArray()
        text.endObject()
        var response = Response.json(text.buffer)
        if !stopped.isEmpty { response.status = .serviceUnavailable }
        return response
    }
}
