//  Recorder.swift · IngestTests
//
//  A value that tests wait for conditions of: no sleeping, no polling.

import Monitoring
import Synchronization

/// Holds a value that others change, and wakes those who wait for it to be a certain way.
final class Recorder<Value: Sendable>: Sendable {
    private struct Waiter {
        let condition: @Sendable (Value) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var value: Value
        var waiters: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 0
    }

    private let state: Mutex<State>

    init(_ value: Value) { state = Mutex(State(value: value)) }

    var value: Value { state.withLock { $0.value } }

    @discardableResult
    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        let (result, met) = state.withLock { state -> (Result, [Waiter]) in
            let result = body(&state.value)
            let met = state.waiters.filter { $0.value.condition(state.value) }
            for id in met.keys { state.waiters[id] = nil }
            return (result, Array(met.values))
        }
        for waiter in met { waiter.continuation.resume() }
        return result
    }

    /// Waits until `condition` holds, or the task is cancelled.
    func wait(until condition: @escaping @Sendable (Value) -> Bool) async {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isMet = state.withLock { state in
                    if Task.isCancelled || condition(state.value) { return true }
                    state.waiters[id] = Waiter(condition: condition, continuation: continuation)
                    return false
                }
                if isMet { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}

/// Keeps what ingest hands over.
final class RecordingSink: ObservationSink {
    struct Taken: Sendable {
        var observations: [Observation] = []
        var batchCount = 0
        var isHeld = false
        /// How often something was to be taken.
        var attemptCount = 0

        func frames(of unit: String? = nil) -> [Frame] {
            observations.compactMap {
                guard case .frame(let frame) = $0, unit == nil || frame.unit.name == unit else {
                    return nil
                }
                return frame
            }
        }

        /// The reports on `unit`: cadence in milliseconds and fault.
        func reports(of unit: String) -> [String] {
            observations.compactMap {
                guard case .feed(let name, let report) = $0, name.name == unit else { return nil }
                return "\(report.cadenceMilliseconds) \(report.fault?.rawValue ?? "-")"
            }
        }
    }

    let taken = Recorder(Taken())

    /// While held, nobody gets anything taken: the pipeline is behind.
    func hold() { taken.change { $0.isHeld = true } }
    func release() { taken.change { $0.isHeld = false } }

    func take(_ observations: [Observation]) async {
        taken.change { $0.attemptCount += 1 }
        await taken.wait { !$0.isHeld }
        taken.change {
            $0.observations += observations
            $0.batchCount += 1
        }
    }
}

/// Units by upstream, as the registry would keep them, with nothing but their names.
final class MemoryDirectory: UnitDirectory {
    struct Failure: Error {}

    private struct State {
        var units: [Unit]
        var upstreams: [Upstream] = []
        var revision: Int64 = 0
        var isFailing = false
    }

    private let state: Mutex<State>
    private let rate: Unit.Rate

    init(_ known: [Unit] = [], rate: Unit.Rate = .auto) {
        state = Mutex(State(units: known))
        self.rate = rate
    }

    /// Sets what `provision` would.
    func provision(_ upstreams: [Upstream], units: [Unit]? = nil) {
        state.withLock { state in
            state.upstreams = upstreams
            state.units = units ?? state.units
            state.revision += 1
        }
    }

    func setFailing(_ isFailing: Bool) { state.withLock { $0.isFailing = isFailing } }

    private func read<Value: Sendable>(_ body: (State) -> Value) throws -> Value {
        try state.withLock { state in
            if state.isFailing { throw Failure() }
            return body(state)
        }
    }

    func units() async throws -> [Unit] { try read { $0.units.sorted { $0.id < $1.id } } }
    func upstreams() async throws -> [Upstream] { try read { $0.upstreams } }
    func revision() async throws -> Int64 { try read { $0.revision } }

    func update(_ unit: Unit) async throws {
        state.withLock { state in
            guard let index = state.units.firstIndex(where: { $0.id == unit.id }) else { return }
            state.units[index] = unit
            state.revision += 1
        }
    }

    func remove(_ unit: UnitID) async throws -> Bool {
        state.withLock { state in
            let isKnown = state.units.contains { $0.id == unit }
            state.units.removeAll { $0.id == unit }
            state.revision += 1
            return isKnown
        }
    }

    func adopt(_ upstreamUnits: [String], of upstream: Upstream) async throws -> [Unit] {
        state.withLock { state in
            let own = Set(state.units.filter { $0.upstream == upstream.id }.map(\.upstreamUnit))
            for name in upstreamUnits where !own.contains(name) {
                let isTaken = state.units.contains { $0.id.name == name }
                state.units.append(
                    Unit(
                        id: UnitID(isTaken ? "\(name)-\(upstream.id)" : name)!,
                        upstream: upstream.id, upstreamUnit: name, rate: rate))
                state.revision += 1
            }
            return state.units.filter { $0.upstream == upstream.id }.sorted { $0.id < $1.id }
        }
    }
}
