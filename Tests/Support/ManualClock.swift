//  ManualClock.swift · Support
//
//  Time that stands still until a test moves it. One clock tells the time of day and wakes those
//  who sleep, so that the two cannot disagree.
//
//      test                      code under test
//      │                          try await clock.sleep(for: .seconds(1))
//      await clock.sleepers(1) ◀── is asleep
//      clock.advance(by: .seconds(1)) ──▶ wakes

package import Monitoring
import Synchronization

extension Timestamp: InstantProtocol {
    /// Durations below a millisecond are cut off.
    package func advanced(by duration: Duration) -> Timestamp {
        advanced(byMilliseconds: duration.wholeMilliseconds)
    }

    package func duration(to other: Timestamp) -> Duration {
        .milliseconds(other.milliseconds(since: self))
    }
}

/// A `Clock` and a ``WallClock`` that only a test moves. Safe to use from any task.
package final class ManualClock: Clock, WallClock, Sendable {
    package typealias Instant = Timestamp

    private struct Sleeper {
        let deadline: Timestamp
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now: Timestamp
        var sleepers: [UInt64: Sleeper] = [:]
        var watchers: [Watcher] = []
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0
    }

    private let state: Mutex<State>

    /// - Parameter start: by default 2026-11-23T16:00:00Z, a Monday.
    package init(start: Timestamp = Timestamp(milliseconds: 1_795_449_600_000)) {
        state = Mutex(State(now: start))
    }

    package var now: Timestamp { state.withLock { $0.now } }
    package var minimumResolution: Duration { .milliseconds(1) }

    /// How many tasks are asleep on this clock at the moment.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Moves the time forward and wakes everybody whose deadline has come, earliest first.
    package func advance(by duration: Duration) {
        advance(to: now.advanced(by: duration))
    }

    /// Moves the time forward; a time in the past changes nothing.
    package func advance(to time: Timestamp) {
        let due = state.withLock { state in
            state.now = max(state.now, time)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }
        }
        for (_, sleeper) in due { sleeper.continuation.resume() }
    }

    /// Sets the time of day without waking anybody: a step of the wall clock, also backward.
    package func step(to time: Timestamp) {
        state.withLock { $0.now = time }
    }

    /// Waits until at least `count` tasks are asleep on this clock.
    package func sleepers(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let met = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.watchers.append(Watcher(count: count, continuation: continuation))
                return false
            }
            if met { continuation.resume() }
        }
    }

    package func sleep(until deadline: Timestamp, tolerance: Duration? = nil) async throws {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Void, any Error>) in
                fallAsleep(id, until: deadline, continuation)
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                // Cancelled before it fell asleep: `fallAsleep` finds the mark.
                guard let sleeper = state.sleepers.removeValue(forKey: id) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return sleeper
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    private func fallAsleep(
        _ id: UInt64, until deadline: Timestamp,
        _ continuation: CheckedContinuation<Void, any Error>
    ) {
        enum Outcome {
            case asleep([Watcher])
            case due, cancelled
        }
        let outcome = state.withLock { state -> Outcome in
            if state.cancelled.remove(id) != nil { return .cancelled }
            if deadline <= state.now { return .due }
            state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
            let count = state.sleepers.count
            let met = state.watchers.filter { $0.count <= count }
            state.watchers.removeAll { $0.count <= count }
            return .asleep(met)
        }
        switch outcome {
        case .asleep(let watchers): for watcher in watchers { watcher.continuation.resume() }
        case .due: continuation.resume()
        case .cancelled: continuation.resume(throwing: CancellationError())
        }
    }
}

extension Duration {
    /// Milliseconds, what is below cut off.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
