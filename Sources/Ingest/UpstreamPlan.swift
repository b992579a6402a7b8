//  UpstreamPlan.swift · Ingest
//
//  Which upstreams to read: those of the command line, and those that were provisioned.

import Monitoring

/// Upstreams and their addresses, each address once. Pure.
struct UpstreamPlan: Hashable, Sendable {
    struct Target: Hashable, Sendable {
        let upstream: Upstream
        let address: UpstreamAddress
    }

    private(set) var targets: [Target] = []
    /// Those that are not read, and why, as sentences without a full stop.
    private(set) var refusals: [String] = []

    /// A provisioned upstream goes before one of the command line that has its address or its id,
    /// because its units are configured under its id.
    init(configured: [Upstream], provisioned: [Upstream]) {
        for upstream in provisioned { add(upstream, isProvisioned: true) }
        for upstream in configured { add(upstream, isProvisioned: false) }
    }

    private mutating func add(_ upstream: Upstream, isProvisioned: Bool) {
        let address: UpstreamAddress
        do {
            address = try UpstreamAddress(upstream.url)
        } catch {
            refusals.append("upstream \"\(upstream.id)\" is not read: \(error)")
            return
        }
        if let same = targets.first(where: { $0.address == address }) {
            // Given both ways it is one upstream; provisioned twice it is a mistake.
            if isProvisioned {
                refusals.append(
                    "upstream \"\(upstream.id)\" is not read: \"\(same.upstream.id)\" has the "
                        + "same address \(address.authority); remove one of them")
            }
        } else if targets.contains(where: { $0.upstream.id == upstream.id }) {
            refusals.append(
                "upstream \(upstream.url) is not read: a provisioned one has its id "
                    + "\"\(upstream.id)\"; give that one another id")
        } else {
            targets.append(Target(upstream: upstream, address: address))
        }
    }
}
