//  SQLiteRegistry+Sites.swift · Store
//
//  Where is measured, for whom and by which limits: kept in memory as units are, apart from them,
//  because units are asked for by nearly each request and this is not.

import GRDB
package import Monitoring
import Synchronization

extension SQLiteRegistry: SiteBook {
    package func sites() async throws -> Sites { try currentSites().sites }

    package func revise<Result: Sendable>(
        _ decide: @Sendable (inout Sites, [UnitID]) throws -> Result
    ) async throws -> Result {
        try await configure { roster, sites in try decide(&sites, roster.units.keys.sorted()) }
    }

    /// Changes anything that is configured, everything or nothing; no other process writes
    /// meanwhile. What is left out stays, but for rules and clients.
    /// - Throws: what `decide` throws, and then nothing has changed.
    package func configure<Result: Sendable>(
        _ decide: @Sendable (inout Roster, inout Sites) throws -> Result
    ) async throws -> Result {
        try await pool.write { db in try SQLiteRegistry.configure(db, decide) }
    }

    /// As the other, and links of clients by the SHA-256 of their secrets. One that is added has
    /// any id, and gets its own; none is taken away.
    package func configure<Result: Sendable>(
        _ decide: @Sendable (inout Roster, inout Sites, inout [[UInt8]: PortalLink]) throws -> Result
    ) async throws -> Result {
        try await pool.write { db in
            let links = try SQLiteRegistry.links(db)
            var newLinks = links
            let result = try SQLiteRegistry.configure(db) { roster, sites in
                try decide(&roster, &sites, &newLinks)
            }
            try SQLiteRegistry.store(newLinks, over: links, db)
            return result
        }
    }

    private static func configure<Result>(
        _ db: Database, _ decide: (inout Roster, inout Sites) throws -> Result
    ) throws -> Result {
        let (roster, sites) = (try Roster(db), try Sites(db))
        var (newRoster, newSites) = (roster, sites)
        let result = try decide(&newRoster, &newSites)
        try newRoster.store(over: roster, db)
        try newSites.store(over: sites, db)
        return result
    }

    /// What is stored now.
    func currentSites() throws -> SiteCopy {
        let known = siteCopy.withLock { $0 }
        let newer = try look { db -> SiteCopy? in
            let revision = try SQLiteRegistry.revision(db)
            guard revision != known?.revision else { return nil }
            return SiteCopy(
                revision: revision, units: try Roster(db).units.keys.sorted(), sites: try Sites(db))
        }
        guard let newer else { return known! }
        siteCopy.withLock { if ($0?.revision ?? 0) < newer.revision { $0 = newer } }
        return newer
    }
}

/// Sites as of one revision, and what units are judged by at the time that was asked for last.
final class SiteCopy: Sendable {
    let revision: Int64
    let sites: Sites
    private let units: [UnitID]
    private let planned = Mutex<(range: TimeRange, plans: [MonitoringPlan])?>(nil)

    init(revision: Int64, units: [UnitID], sites: Sites) {
        self.revision = revision
        self.units = units
        self.sites = sites
    }

    func plans(at time: Timestamp) -> [MonitoringPlan] {
        if let known = planned.withLock({ $0 }), known.range.contains(time) { return known.plans }
        let plans = sites.plans(of: units, at: time)
        let range = sites.steadyRange(around: time)
        planned.withLock { $0 = (range, plans) }
        return plans
    }
}
