//  Readiness.swift · Serve
//
//  How well the program serves, for supervisors and for people.

import Monitoring

/// How well the program serves. Damage, little room, events that cannot be recorded, rules that
/// cannot be read, and upstreams that do not answer, make it `degraded`: all that can be done is
/// done. Only a store that cannot work makes it `not_ready`.
struct Readiness: Sendable {
    enum Status: String { case ready, degraded, notReady = "not_ready" }

    let status: Status
    /// Sentences; empty when it is ready.
    let reasons: [String]
    let damage: [Damage]
    let upstreams: [UpstreamStatus]

    init(
        store: any StoreHealth, pipeline: any PipelineHealth, rules: any RuleBook,
        upstreams: any UpstreamHealth
    ) async throws {
        let stopped = store.reasons()
        damage = store.damage()
        self.upstreams = upstreams.upstreams()
        var reasons = stopped
        if !damage.isEmpty { reasons.append("\(damage.count) parts of the store cannot be read") }
        reasons += store.warnings() + pipeline.warnings()
        reasons += try await rules.unreadableRules()
        reasons += self.upstreams.filter { $0.state == .down || $0.state == .stalled }
            .map(Readiness.reason)
        self.reasons = reasons
        status = !stopped.isEmpty ? .notReady : reasons.isEmpty ? .ready : .degraded
    }

    /// `upstream_down: north (http://…) does not answer since …: connection refused`
    private static func reason(_ upstream: UpstreamStatus) -> String {
        let (name, fault) =
            upstream.state == .down
            ? ("upstream_down", "does not answer")
            : ("upstream_stalled", "accepts connections and does not answer in time")
        let text = "\(name): \(upstream.id) (\(upstream.url)) \(fault) since \(upstream.since)"
        return upstream.failure.map { "\(text): \($0)" } ?? text
    }
}
