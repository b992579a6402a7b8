//  DemandLedger.swift · Ingest
//
//  Who wants which unit at full rate, and who gets it. A watched unit polls its meter each second
//  over a cellular line, and an upstream freezes beyond 15 of them: both are paid for here.
//
//      viewers   ──begin──────────end────────
//      full rate   ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓       until 30 s after the last viewer
//                                     └ 30 s ┘
//
//  Bound: 13 units of one upstream at full rate. At it: units that rules need go first, then
//  those configured for it, then those with viewers, the newest viewer's first, then those that
//  only linger. The rest stay idle.

import Monitoring

/// The account of demand over all upstreams. Pure; times are durations on one monotonic clock.
struct DemandLedger: Sendable {
    /// How long a unit stays at full rate after its last viewer left.
    static let linger: Duration = .seconds(30)
    /// With one request in flight this makes 14 of the 15 connections that an upstream has.
    static let unitLimit = 13

    private struct Interest {
        var viewerCount = 0
        /// When the newest viewer came, in arrivals since start.
        var arrival: UInt64 = 0
        /// When the last viewer left; set while there is none.
        var leftAt: Duration?
    }

    private struct Account {
        var units: [Unit] = []
        /// `nil` while it is not known which feeds run there.
        var running: Set<String>?
    }

    private var interests: [UnitID: Interest] = [:]
    private var accounts: [String: Account] = [:]
    private var homes: [UnitID: String] = [:]
    private var arrivalCount: UInt64 = 0
    private var ruleNeeds: Set<UnitID> = []

    /// Sets the units that enabled rules need at full rate.
    /// - Returns: the upstreams for which that may change something.
    mutating func setRuleNeeds(_ units: Set<UnitID>) -> Set<String> {
        defer { ruleNeeds = units }
        return Set(units.symmetricDifference(ruleNeeds).compactMap { homes[$0] })
    }

    /// Sets what is known of an upstream: the units that it lists, and the names of the feeds that
    /// run there, whoever started them.
    mutating func configure(_ upstream: String, units: [Unit], running: Set<String>?) {
        forget(upstream)
        accounts[upstream] = Account(units: units, running: running)
        for unit in units { homes[unit.id] = upstream }
    }

    /// The upstream is not read any more.
    mutating func forget(_ upstream: String) {
        for unit in accounts.removeValue(forKey: upstream)?.units ?? []
        where homes[unit.id] == upstream {
            homes[unit.id] = nil
        }
    }

    /// The upstream that lists the unit.
    func home(of unit: UnitID) -> String? { homes[unit] }

    func viewerCount(of unit: UnitID) -> Int { interests[unit]?.viewerCount ?? 0 }

    mutating func begin(_ unit: UnitID) {
        arrivalCount += 1
        interests[unit, default: Interest()].viewerCount += 1
        interests[unit]?.arrival = arrivalCount
        interests[unit]?.leftAt = nil
    }

    /// An end without a begin is ignored.
    mutating func end(_ unit: UnitID, at now: Duration) {
        guard var interest = interests[unit], interest.viewerCount > 0 else { return }
        interest.viewerCount -= 1
        if interest.viewerCount == 0 { interest.leftAt = now }
        // Nobody would come to settle a unit that no upstream lists.
        interests[unit] = interest.viewerCount == 0 && homes[unit] == nil ? nil : interest
    }

    /// The rate of each unit of `upstream` now.
    ///
    /// A feed that does not run yet counts as one more when it is watched; it is watched only
    /// while fewer than ``unitLimit`` run there.
    /// - Returns: `until` is when the last of these rates may change by itself.
    /// - Complexity: O(*u* + *w* log *w*), *u* units there, *w* of them wanted.
    mutating func rates(
        of upstream: String, at now: Duration
    ) -> (rates: [UnitID: UnitRate], until: Duration?) {
        guard let account = accounts[upstream] else { return ([:], nil) }
        var rates: [UnitID: UnitRate] = [:]
        var wanted: [(unit: Unit, rank: Rank, reason: UnitRate.Reason)] = []
        var until: Duration?
        for unit in account.units {
            if let end = interests[unit.id]?.leftAt.map({ $0 + DemandLedger.linger }) {
                if end <= now { interests[unit.id] = nil } else { until = min(until ?? end, end) }
            }
            let interest = interests[unit.id]
            rates[unit.id] = UnitRate(
                isFull: false, reason: unit.rate == .idle ? .configuredIdle : .unwanted,
                viewerCount: interest?.viewerCount ?? 0)
            if let (rank, reason) = wish(for: unit, interest) {
                wanted.append((unit, rank, reason))
            }
        }
        var fullCount = 0
        // While it is not known what runs there, there may be no room for one more.
        var runningCount = account.running?.count ?? DemandLedger.unitLimit
        for (unit, _, reason) in wanted.sorted(by: { ($0.rank, $1.unit.id) > ($1.rank, $0.unit.id) }) {
            let isRunning = account.running?.contains(unit.upstreamUnit) ?? false
            if fullCount == DemandLedger.unitLimit {
                rates[unit.id]?.reason = .upstreamFull
            } else if !isRunning, runningCount >= DemandLedger.unitLimit {
                rates[unit.id]?.reason = .monitorsFull
            } else {
                fullCount += 1
                runningCount += isRunning ? 0 : 1
                rates[unit.id]?.isFull = true
                rates[unit.id]?.reason = reason
            }
        }
        return (rates, until)
    }

    /// Who goes first; the larger one does.
    private struct Rank: Comparable {
        /// 3 a rule, 2 configured, 1 a viewer, 0 lingering.
        let group: Int
        let arrival: UInt64

        static func < (a: Rank, b: Rank) -> Bool { (a.group, a.arrival) < (b.group, b.arrival) }
    }

    private func wish(for unit: Unit, _ interest: Interest?) -> (Rank, UnitRate.Reason)? {
        guard unit.rate != .idle else { return nil }
        let isRuled = ruleNeeds.contains(unit.id)
        if unit.rate == .full { return (Rank(group: isRuled ? 3 : 2, arrival: 0), .configuredFull) }
        if isRuled { return (Rank(group: 3, arrival: 0), .rule) }
        guard let interest else { return nil }
        return interest.viewerCount > 0
            ? (Rank(group: 1, arrival: interest.arrival), .viewer)
            : (Rank(group: 0, arrival: interest.arrival), .lingering)
    }
}
