//  RateSwitch.swift · Ingest
//
//  On while a unit shall be read at full rate. Turned by the demand desk, awaited by the unit's
//  watcher.

import Synchronization

/// Something that is on or off, and that one can wait for. Safe to use from any task.
final class RateSwitch: Sendable {
    private struct Waiter {
        let position: Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var isOn = false
        /// One watcher, at most two waits at a time.
        var waiters: [UInt64: Waiter] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    var isOn: Bool { state.withLock { $0.isOn } }

    func turn(_ position: Bool) {
        let met = state.withLock { state -> [Waiter] in
            state.isOn = position
            let met = state.waiters.filter { $0.value.position == position }
            for id in met.keys { state.waiters[id] = nil }
            return Array(met.values)
        }
        for waiter in met { waiter.continuation.resume() }
    }

    /// Returns once the switch is at `position`, or when the task is cancelled.
    func wait(for position: Bool) async {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isMet = state.withLock { state in
                    // The cancellation handler runs either before this, and is seen here, or
                    // after it, and finds the waiter.
                    if state.isOn == position || Task.isCancelled { return true }
                    state.waiters[id] = Waiter(position: position, continuation: continuation)
                    return false
                }
                if isMet { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}
