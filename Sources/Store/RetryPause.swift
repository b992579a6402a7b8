//  RetryPause.swift · Store

/// How long a disk that has just failed is left alone: twice as long each time, up to a bound, so
/// that writing resumes by itself soon after it can. Pure.
struct RetryPause<Instant: InstantProtocol> where Instant.Duration == Duration {
    private let least: Duration
    private let most: Duration
    private var pause: Duration?
    private var end: Instant?

    init(from least: Duration, to most: Duration) {
        self.least = least
        self.most = most
    }

    /// Whether it may be tried now.
    func isOver(at now: Instant) -> Bool { end.map { $0 <= now } ?? true }

    /// Takes note of one try.
    mutating func note(failed: Bool, at now: Instant) {
        guard failed else {
            (pause, end) = (nil, nil)
            return
        }
        let next = min(most, pause.map { $0 * 2 } ?? least)
        pause = next
        end = now.advanced(by: next)
    }
}
