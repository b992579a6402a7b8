//  UnitSnapshot.swift · Serve
//
//  A unit at one moment, put together from what the stages know: for the API, the pages and
//  `/metrics`.

import Monitoring

/// All that is known of a unit at one moment.
struct UnitSnapshot: Sendable {
    let unit: Unit
    let live: LiveState
    /// `nil` while it is not read.
    let report: UnitReport?
    /// Only reasons that occurred.
    let faults: [FaultReason: UInt64]

    /// How a unit is doing, as people count units.
    enum Condition: String, CaseIterable, Sendable {
        case measuring, stopped, unreachable, delayed
        /// Delayed for more than 15 minutes.
        case silent = "no_data"
        /// There never was a reading.
        case waiting
    }

    static let delayMilliseconds: Int64 = 900_000

    /// How the unit is doing at `now`. `feed.js` decides the same.
    func condition(at now: Timestamp) -> Condition {
        let status = live.status(at: now)
        guard let newest = live.newest else {
            return status == .unreachable ? .unreachable : .waiting
        }
        guard newest.state.contains(.measuring) else { return .stopped }
        switch status {
        case .ok: return .measuring
        case .unreachable: return .unreachable
        case .stale, .upstreamDown, .waiting:
            let age = now.milliseconds(since: newest.time)
            return age <= UnitSnapshot.delayMilliseconds ? .delayed : .silent
        }
    }
}

extension OperatorListener.Sources {
    /// What is known of `unit` now.
    func snapshot(of unit: Unit) -> UnitSnapshot {
        var sum: [FaultReason: UInt64] = [:]
        for counter in faults { sum.merge(counter.faults(of: unit.id), uniquingKeysWith: +) }
        return UnitSnapshot(
            unit: unit, live: live.state(of: unit.id), report: units.report(of: unit.id),
            faults: sum.filter { $0.value > 0 })
    }
}
