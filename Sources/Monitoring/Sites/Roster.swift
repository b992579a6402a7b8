//  Roster.swift · Monitoring
//
//  What is configured about reading, as one value: provisioning decides on it, the registry keeps
//  it.

/// All upstreams and units that are configured at one moment.
package struct Roster: Equatable, Sendable {
    /// Provisioned ones, by ``Upstream/id``.
    package var upstreams: [String: Upstream]
    package var units: [UnitID: Unit]
    /// Units that were removed. Their ids, and their names at the upstream, are still taken.
    package var removed: [UnitID: Unit]

    package init(
        upstreams: [String: Upstream] = [:], units: [UnitID: Unit] = [:],
        removed: [UnitID: Unit] = [:]
    ) {
        self.upstreams = upstreams
        self.units = units
        self.removed = removed
    }
}
