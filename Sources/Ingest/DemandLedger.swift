//  DemandLedger.swift · Ingest
//
//  Who wants which unit at full rate, and who gets it. A watched unit polls its meter each second
//  over a cellular line, and an upstream freezes beyond 15 of them: both are paid for here.
//
//      viewers   ──begin──────────end────────
//      full rate   ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓       until 30 s after the last viewer
//                                     └ 30 s ┘
//
//  Bound: 13 units of one upstream at full rate. At it: units configured for it go first, then
//  those with viewers, the newest viewer's first, then those that only linger. The rest stay idle.

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

        func isOver(at now: Duration) -> Bool {
            leftAt.map { now - $0 >= DemandLedger.linger } ?? false
        }
    }

    private struct Account {
        var units: [Unit] = []
        /// `nil` while it is not known which feeds run there.
        var running: Set<String>?
    }

    private var interests: [UnitID: Interest] = [:]
    private var accounts: [String: Account] = [:]
    private var arrivalCount: UInt64 = 0
    private var ruleNeeds: Set<UnitID> = []

    /// Sets the units that enabled rules need at full rate.
    mutating func setRuleNeeds(_ units: Set<UnitID>) { ruleNeeds = units }

    /// Sets what is known of an upstream: its units, and the names of the feeds that run there,
    /// whoever started them.
    mutating func configure(_ upstream: String, units: [Unit], running: Set<String>?) {
        accounts[upstream] = Account(units: units, running: running)
    }

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
        interests[unit] = interest
    }

    /// The units of `upstream` that are read at full rate now.
    ///
    /// A feed that does not run yet counts as one more when it is watched; it is watched only
    /// while fewer than ``unitLimit`` run there.
    mutating func fullRate(of upstream: String, at now: Duration) -> Set<UnitID> {
        interests = interests.filter { !$0.value.isOver(at: now) }
        guard let account = accounts[upstream] else { return [] }
        var chosen: Set<UnitID> = []
        var runningCount = account.running?.count ?? 0
        for unit in ranked(account.units) {
            guard chosen.count < DemandLedger.unitLimit else { break }
            if let running = account.running, !running.contains(unit.upstreamUnit) {
                guard runningCount < DemandLedger.unitLimit else { continue }
                runningCount += 1
            }
            chosen.insert(unit.id)
        }
        return chosen
    }

    private func ranked(_ units: [Unit]) -> [Unit] {
        let always = units.filter { $0.rate == .full }
        let ruled = units.filter { $0.rate == .auto && ruleNeeds.contains($0.id) }
        let wanted = units.filter {
            $0.rate == .auto && !ruleNeeds.contains($0.id) && interests[$0.id] != nil
        }
        func rank(_ unit: Unit) -> (Int, UInt64) {
            let interest = interests[unit.id]!
            return (interest.viewerCount > 0 ? 1 : 0, interest.arrival)
        }
        return always + ruled + wanted.sorted { rank($0) > rank($1) }
    }
}
