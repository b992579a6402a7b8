//  SocketSlots.swift · Ingest
//
//  The sockets that may be open to one upstream. The ledger never asks for more, but while one
//  unit gives way to another the new socket must wait until the old one is closed.

import Synchronization

/// A counted number of slots; who finds none waits, first come, first served.
final class SocketSlots: Sendable {
    private struct State {
        var freeCount: Int
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
        var nextID: UInt64 = 0
    }

    private let state: Mutex<State>

    init(count: Int) {
        precondition(count > 0)
        state = Mutex(State(freeCount: count))
    }

    /// - Returns: true with a slot, to be given back; false, without one, when the task is
    ///   cancelled.
    func acquire() async -> Bool {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    // As in RateSwitch: a cancellation is seen here or finds the waiter.
                    if Task.isCancelled { return false }
                    if state.freeCount > 0 {
                        state.freeCount -= 1
                        return true
                    }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    func release() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            if state.waiting.isEmpty {
                state.freeCount += 1
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume(returning: true)
    }
}
