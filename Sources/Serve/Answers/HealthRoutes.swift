//  HealthRoutes.swift · Serve
//
//  What supervisors and monitors ask.

import HTTPTypes
import Hummingbird
import Monitoring
import NIOCore

/// Answers `/healthz` and `/readyz`.
struct HealthRoutes: Sendable {
    let store: any StoreHealth
    let pipeline: any PipelineHealth
    let rules: any RuleBook
    let upstreams: any UpstreamHealth

    /// The process serves.
    static var alive: Response { .json(ByteBuffer(string: #"{"status":"ok"}"#)) }

    /// How well it serves: ``Readiness``; 503 when it is not ready.
    func ready() async throws -> Response {
        let readiness = try await Readiness(
            store: store, pipeline: pipeline, rules: rules, upstreams: upstreams)
        var text = JSONText(capacity: 512)
        text.beginObject()
        text.key("status")
        text.string(readiness.status.rawValue)
        text.key("reasons")
        text.beginArray()
        for reason in readiness.reasons { text.string(reason) }
        text.endArray()
        text.key("damage")
        HistoryBody.write(readiness.damage, into: &text)
        text.key("upstreams")
        text.beginArray()
        for upstream in readiness.upstreams {
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
        if readiness.status == .notReady { response.status = .serviceUnavailable }
        return response
    }
}
