//  DemandDesk.swift · Ingest
//
//  Takes viewers' arrivals and departures, and turns the units' switches by the ledger's word.

import Monitoring
import Synchronization

/// The shell around ``DemandLedger``. Safe to use from any task.
final class DemandDesk: Demand {
    private struct State {
        var ledger = DemandLedger()
        var switches: [String: [UnitID: RateSwitch]] = [:]
    }

    private let state = Mutex(State())
    private let stopwatch: Stopwatch

    init(stopwatch: Stopwatch) { self.stopwatch = stopwatch }

    func begin(_ unit: UnitID) { change { ledger, _ in ledger.begin(unit) } }
    func end(_ unit: UnitID) { change { ledger, now in ledger.end(unit, at: now) } }

    func setRuleNeeds(_ units: Set<UnitID>) { change { ledger, _ in ledger.setRuleNeeds(units) } }

    /// Sets what is known of an upstream. See ``DemandLedger/configure(_:units:running:)``.
    func configure(_ upstream: String, units: [Unit], running: Set<String>?) {
        change { ledger, _ in ledger.configure(upstream, units: units, running: running) }
    }

    /// Turns off what nobody has wanted for long enough. To be called about once a second.
    func settle() { change { _, _ in } }

    /// The switch of a unit; the same one each time.
    func rateSwitch(of unit: UnitID, at upstream: String) -> RateSwitch {
        state.withLock { state in
            if let known = state.switches[upstream]?[unit] { return known }
            let new = RateSwitch()
            state.switches[upstream, default: [:]][unit] = new
            return new
        }
    }

    private func change(_ body: (inout DemandLedger, Duration) -> Void) {
        state.withLock { state in
            let now = stopwatch.now
            body(&state.ledger, now)
            // Turned under the lock, so that two changes cannot overtake each other.
            for (upstream, switches) in state.switches {
                let full = state.ledger.fullRate(of: upstream, at: now)
                for (unit, rateSwitch) in switches where rateSwitch.isOn != full.contains(unit) {
                    rateSwitch.turn(full.contains(unit))
                }
            }
        }
    }
}
