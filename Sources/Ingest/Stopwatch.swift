//  Stopwatch.swift · Ingest
//
//  Monotonic time for schedules, from any clock. The wall clock may step, so nothing is timed
//  by it; it only dates what happened.

import Monitoring

/// Elapsed time since it was made, and a way to wait for a point of it.
struct Stopwatch: Sendable {
    private let elapsed: @Sendable () -> Duration
    private let wait: @Sendable (Duration) async throws -> Void

    init(_ clock: some Clock<Duration>) {
        func start<C: Clock<Duration>>(_ clock: C) -> (
            @Sendable () -> Duration, @Sendable (Duration) async throws -> Void
        ) {
            let origin = clock.now
            return (
                { origin.duration(to: clock.now) },
                { try await clock.sleep(until: origin.advanced(by: $0), tolerance: nil) }
            )
        }
        (elapsed, wait) = start(clock)
    }

    var now: Duration { elapsed() }

    /// - Throws: `CancellationError`, at once, when the task is cancelled.
    func sleep(until time: Duration) async throws { try await wait(time) }
    func sleep(for duration: Duration) async throws { try await wait(now + duration) }
}

/// One instant on both clocks: the one that dates, and the one that times.
struct Moment: Hashable, Sendable {
    let date: Timestamp
    /// Since the service was made.
    let elapsed: Duration
}
