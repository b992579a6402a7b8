//  SQLiteRegistry+Units.swift · Store

import GRDB
package import Monitoring

extension SQLiteRegistry: UnitDirectory {
    package func units() async throws -> [Unit] { try current().units }

    package func unit(_ id: UnitID) async throws -> Unit? { try current().roster.units[id] }

    package func upstreams() async throws -> [Upstream] { try current().upstreams }

    package func revision() async throws -> Int64 {
        try look { try SQLiteRegistry.revision($0) }
    }

    package func adopt(_ upstreamUnits: [String], of upstream: Upstream) async throws -> [Unit] {
        // Each minute, and nearly always with nothing new: that does not wait for other writers.
        let present = try current().roster
        var adopted = present
        let owner = try adopted.adopt(upstreamUnits, of: upstream)
        guard adopted != present else { return present.units(of: owner) }
        return try await change { roster in
            let owner = try roster.adopt(upstreamUnits, of: upstream)
            return roster.units(of: owner)
        }
    }

    package func update(_ unit: Unit) async throws {
        try await change { roster in
            guard var stored = roster.units[unit.id] else { throw UnknownUnit(id: unit.id) }
            stored.ln1Percent = unit.ln1Percent
            stored.ln2Percent = unit.ln2Percent
            stored.frequencyWeighting = unit.frequencyWeighting
            stored.timeWeighting = unit.timeWeighting
            stored.rate = unit.rate
            roster.units[unit.id] = stored
        }
    }

    package func remove(_ unit: UnitID) async throws -> Bool {
        try await change { roster in
            guard let removed = roster.units.removeValue(forKey: unit) else { return false }
            roster.removed[unit] = removed
            return true
        }
    }
}
