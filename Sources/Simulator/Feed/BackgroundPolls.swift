//  BackgroundPolls.swift · Simulator

/// The fields of the cache row that only the background poller writes. For a unit with a monitor
/// they say what was last true without one, that is: nothing useful.
struct BackgroundPolls: Sendable {
    private(set) var isReachable = true
    private(set) var failures = 0
    private(set) var lastAttempt: UpstreamTime?
    private(set) var lastSuccess: UpstreamTime?
    private(set) var lastError: String?

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
