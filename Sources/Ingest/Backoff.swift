//  Backoff.swift · Ingest
//
//  How long to wait before the next attempt. Doubles from `base` to `cap`; each wait is drawn from
//  the upper half, so that upstreams that failed together are not asked together.

import Monitoring

/// Jittered exponential back-off. Pure: the same seed gives the same waits.
struct Backoff: Hashable, Sendable {
    let base: Duration
    let cap: Duration
    private(set) var failureCount = 0
    private var jitter: SplitMix64

    /// - Parameters:
    ///   - base: the upper bound of the first wait; > 0.
    ///   - cap: the upper bound of any wait; ≥ `base`.
    init(base: Duration = .milliseconds(500), cap: Duration = .seconds(15), seed: UInt64) {
        precondition(base > .zero && base <= cap, "a back-off grows from a base to a cap")
        self.base = base
        self.cap = cap
        jitter = SplitMix64(seed: seed)
    }

    /// - Returns: how long to wait after one more failure: in `(ceiling / 2, ceiling]`.
    mutating func fail() -> Duration {
        var ceiling = base
        for _ in 0..<min(failureCount, 30) where ceiling < cap { ceiling = min(cap, ceiling * 2) }
        failureCount += 1
        return ceiling / 2 + ceiling / 2 * Double.random(in: 0...1, using: &jitter)
    }

    mutating func succeed() { failureCount = 0 }
}
