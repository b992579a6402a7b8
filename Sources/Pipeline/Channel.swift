//  Channel.swift · Pipeline

import Monitoring
import Synchronization

/// A bounded queue between many senders and one receiver, who takes all there is at once.
///
/// A sender that finds it full waits. Nothing that was sent is lost.
final class Channel: Sendable {
    private struct State {
        var waiting: [Observation] = []
        var isClosed = false
        var receiver: CheckedContinuation<Void, Never>?
        var senders: [CheckedContinuation<Void, Never>] = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) { self.capacity = capacity }

    /// Observations that wait to be received.
    var count: Int { state.withLock { $0.waiting.count } }

    /// Adds `observations` as soon as there is room for any: a batch is never split, so the queue
    /// holds at most its capacity and one batch.
    func send(_ observations: [Observation]) async {
        while true {
            let receiver: CheckedContinuation<Void, Never>?? = state.withLock { state in
                guard state.waiting.count < capacity || state.isClosed else { return nil }
                state.waiting += observations
                defer { state.receiver = nil }
                return .some(state.receiver)
            }
            if let receiver {
                receiver?.resume()
                return
            }
            await withCheckedContinuation { continuation in
                let isRoom = state.withLock { state in
                    if state.waiting.count < capacity || state.isClosed { return true }
                    state.senders.append(continuation)
                    return false
                }
                if isRoom { continuation.resume() }
            }
        }
    }

    /// Everything that waits, as soon as there is anything; `nil` when closed and empty.
    func receive() async -> [Observation]? {
        while true {
            let (batch, senders, isClosed) = state.withLock { state in
                defer {
                    state.waiting = []
                    state.senders = []
                }
                return (state.waiting, state.senders, state.isClosed)
            }
            for sender in senders { sender.resume() }
            if !batch.isEmpty { return batch }
            if isClosed { return nil }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.waiting.isEmpty || state.isClosed { return true }
                    state.receiver = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// Lets the receiver finish; later batches are still taken while it does.
    func close() {
        let receiver = state.withLock { state in
            state.isClosed = true
            defer { state.receiver = nil }
            return state.receiver
        }
        receiver?.resume()
    }
}
