//  BackgroundPolls.swift · Simulator

/// The fields of the cache row that only the background poller writes. For a unit with a monitor
/// they say what was last true without one, that is: nothing useful.
struct BackgroundPolls: Sendable {
    private(set) var isReachable = true
    private(set) var failures = 0
    private(set) var lastAttempt: UpstreamTime?
    private(set) var lastSuccess: UpstreamTime?
    private(set) var lastError: String?

    /// Of a unit that never answered, whose row was made at `creation`: a poll each 30 s since.
    static func unanswered(
        since creation: UpstreamTime, at now: UpstreamTime, unreachableAfter limit: Int
    ) -> BackgroundPolls {
        let retries = max(0, now.microseconds(since: creation)) / 30_000_000
        var polls = BackgroundPolls()
        polls.fail(
            at: creation.advanced(byMicroseconds: retries * 30_000_000),
            failures: Int(retries) + 1, unreachableAfter: limit)
        return polls
    }

    mutating func succeed(at time: UpstreamTime) {
        self = BackgroundPolls()
        lastAttempt = time
        lastSuccess = time
    }

    mutating func fail(at time: UpstreamTime, failures: Int, unreachableAfter limit: Int) {
        lastAttempt = time
        self.failures = failures
        isReachable = failures < limit
        lastError = UpstreamText.connectFailed
    }
}
