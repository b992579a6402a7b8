//  RetrySchedule.swift · Notify
//
//      attempt   1    2     3      4       5       6      7    …   29
//      after     –   10 s  30 s  2 min  10 min  30 min  1 h    …  1 h   dead after 24 h

import Monitoring

/// When a delivery that failed is tried again. Pure.
enum RetrySchedule {
    /// How long to wait after the first attempt, the second, …; after later ones as after the last.
    static let waitsSeconds: [Int64] = [10, 30, 120, 600, 1800, 3600]
    /// From the first attempt on: time in quiet hours before it, or with the service stopped, is
    /// none in which the other end failed.
    static let lifetimeMilliseconds: Int64 = 24 * 3_600_000

    /// - Parameters:
    ///   - attempts: how many there were, the one that has just failed among them; ≥ 1.
    ///   - first: when the first one was.
    /// - Returns: `nil` when it is given up.
    static func next(after attempts: Int, first: Timestamp, now: Timestamp) -> Timestamp? {
        precondition(attempts >= 1, "a first attempt needs no schedule")
        let wait = waitsSeconds[min(attempts, waitsSeconds.count) - 1]
        let next = now.advanced(byMilliseconds: wait * 1000)
        return next.milliseconds(since: first) <= lifetimeMilliseconds ? next : nil
    }
}
