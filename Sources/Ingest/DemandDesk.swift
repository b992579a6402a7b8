//  DemandDesk.swift · Ingest
//
//  Takes viewers' arrivals and departures, and turns the units' switches by the ledger's word.

import Monitoring
import Synchronization

/// The shell around ``DemandLedger``. Safe to use from any task. A change costs what its own
/// upstream has units, however many upstreams there are.
final class DemandDesk: Demand {
    /// What the ledger said last of one upstream.
    private struct Sheet {
        var rates: [UnitID: UnitRate] = [:]
        /// When the rates may change by themselves.
        var until: Duration?
        var switches: [UnitID: RateSwitch] = [:]
    }

    private struct State {
        var ledger = DemandLedger()
        var sheets: [String: Sheet] = [:]
    }

    private let state = Mutex(State())
    private let stopwatch: Stopwatch

    init(stopwatch: Stopwatch) { self.stopwatch = stopwatch }

    func begin(_ unit: UnitID) {
        change { ledger, _ in
            ledger.begin(unit)
            return Set([ledger.home(of: unit)].compactMap { $0 })
        }
    }

    func end(_ unit: UnitID) {
        change { ledger, now in
            ledger.end(unit, at: now)
            return Set([ledger.home(of: unit)].compactMap { $0 })
        }
    }

    func setRuleNeeds(_ units: Set<UnitID>) {
        change { ledger, _ in ledger.setRuleNeeds(units) }
    }

    /// Sets what is known of an upstream. See ``DemandLedger/configure(_:units:running:)``.
    func configure(_ upstream: String, units: [Unit], running: Set<String>?) {
        change { ledger, _ in
            ledger.configure(upstream, units: units, running: running)
            return [upstream]
        }
    }

    /// The upstream is not read any more.
    func forget(_ upstream: String) {
        change { ledger, _ in
            ledger.forget(upstream)
            return [upstream]
        }
        state.withLock { $0.sheets[upstream] = nil }
    }

    /// Turns off what nobody has wanted for long enough. To be called about once a second.
    func settle(_ upstream: String) {
        let now = stopwatch.now
        guard state.withLock({ $0.sheets[upstream]?.until.map { $0 <= now } ?? false }) else {
            return
        }
        change { _, _ in [upstream] }
    }

    /// The switch of a unit; the same one each time.
    func rateSwitch(of unit: UnitID, at upstream: String) -> RateSwitch {
        state.withLock { state in
            if let known = state.sheets[upstream]?.switches[unit] { return known }
            let new = RateSwitch()
            new.turn(state.sheets[upstream]?.rates[unit]?.isFull ?? false)
            state.sheets[upstream, default: Sheet()].switches[unit] = new
            return new
        }
    }

    /// The rate of a unit, also of one that no upstream lists.
    func rate(of unit: Unit) -> UnitRate {
        state.withLock { state in
            state.sheets[unit.upstream]?.rates[unit.id]
                ?? UnitRate(
                    isFull: false, reason: unit.rate == .idle ? .configuredIdle : .unwanted,
                    viewerCount: state.ledger.viewerCount(of: unit.id))
        }
    }

    func fullRateCount(of upstream: String) -> Int {
        state.withLock { $0.sheets[upstream]?.rates.values.count { $0.isFull } ?? 0 }
    }

    /// - Parameter body: what changes, and the upstreams that it concerns.
    private func change(_ body: (inout DemandLedger, Duration) -> Set<String>) {
        state.withLock { state in
            let now = stopwatch.now
            for upstream in body(&state.ledger, now) {
                var sheet = state.sheets[upstream] ?? Sheet()
                (sheet.rates, sheet.until) = state.ledger.rates(of: upstream, at: now)
                // Turned under the lock, so that two changes cannot overtake each other.
                for (unit, rateSwitch) in sheet.switches {
                    let isFull = sheet.rates[unit]?.isFull ?? false
                    if rateSwitch.isOn != isFull { rateSwitch.turn(isFull) }
                }
                state.sheets[upstream] = sheet
            }
        }
    }
}
