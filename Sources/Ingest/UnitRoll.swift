//  UnitRoll.swift · Ingest
//
//  All units that were ever read by this service. What is known of one outlives its upstream's
//  reader, its place on a roster and its name there: it carries on when it comes back.

import Monitoring
import Synchronization

/// Hands out the one reader of each unit. Safe to use from any task. As large as the directory
/// has ever been in this run.
final class UnitRoll: Sendable {
    private struct State {
        var readers: [UnitID: UnitReader] = [:]
        /// Stored frames that nobody has carried on from yet.
        var newest: [UnitID: Frame]
    }

    private let state: Mutex<State>

    /// - Parameter newest: the newest stored frame of each unit.
    init(newest: [Frame]) {
        state = Mutex(
            State(newest: Dictionary(newest.map { ($0.unit, $0) }) { $0.time > $1.time ? $0 : $1 }))
    }

    /// The unit's reader, which belongs to `unit.upstream` from now on.
    func take(_ unit: Unit, at now: Moment) -> UnitReader {
        state.withLock { state in
            if let known = state.readers[unit.id] {
                known.configure(unit)
                return known
            }
            let newest = state.newest.removeValue(forKey: unit.id)
            let new = UnitReader(unit: unit, newest: newest, at: now)
            state.readers[unit.id] = new
            return new
        }
    }

    func reader(of unit: UnitID) -> UnitReader? { state.withLock { $0.readers[unit] } }

    var readers: [UnitReader] { state.withLock { Array($0.readers.values) } }
}
