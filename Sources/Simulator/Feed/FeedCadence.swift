//  FeedCadence.swift · Simulator
//
//  When a unit is polled next.
//
//      watched  │··│··│··│··│·····│··│··│   1.03 s each; every 30 s the measurement state is read
//      idle     │···················│···    too, one more command: 2.07 s. Idle: 10 s
//      exact    │··│··│··│··│··│··│··│··   1.000 s always, watched or not, state always fresh
//
//  Source: frames recorded from the real upstream.

import Monitoring

/// The timetable of one unit's poll loop. Pure: time and chance are arguments.
struct FeedCadence: Sendable {
    /// Why the loop polls.
    enum Pace: Sendable {
        /// A monitor with subscribers.
        case watched
        /// A monitor that is kept alive for nobody.
        case idle
        /// No monitor: the slow background poller, which reads the state each time.
        case background
    }
    /// The next poll, and whether it reads the measurement state too.
    struct Step: Equatable, Sendable {
        let time: UpstreamTime
        let readsState: Bool
    }

    let isExact: Bool
    private var stateRead: UpstreamTime

    static let exactMicroseconds: Int64 = 1_000_000
    /// Two commands to a meter are at least this far apart; reading the state is a second one.
    private static let commandMicroseconds: Int64 = 1_040_000
    /// A state older than this is read again.
    private static let stateAgeMicroseconds: Int64 = 30_000_000
    /// After the n-th failure in a row: the meter's time-outs at first, twice for the poll that
    /// found it gone, then a back-off that is capped at 5 s for a watched unit and at 60 s else.
    private static let retrySeconds: [Int64] = [8, 4, 5, 5, 10, 20, 40, 60]

    /// - Parameter start: the first poll, which reads the state.
    init(isExact: Bool, start: UpstreamTime) {
        self.isExact = isExact
        stateRead = start
    }

    /// The poll after the one at `time` that succeeded.
    mutating func next(
        after time: UpstreamTime, pace: Pace, random: inout SplitMix64
    ) -> Step {
        if isExact {
            stateRead = time.advanced(byMicroseconds: FeedCadence.exactMicroseconds)
            return Step(time: stateRead, readsState: true)
        }
        let jitter = Int64.random(in: -14_000...14_000, using: &random)
        let interval: Int64 =
            switch pace {
            case .watched: 1_030_000 + jitter
            case .idle: 10_030_000 + jitter
            case .background: 30_000_000 + jitter
            }
        let next = time.advanced(byMicroseconds: interval)
        if pace == .background {
            stateRead = next
            return Step(time: next, readsState: true)
        }
        guard next.microseconds(since: stateRead) >= FeedCadence.stateAgeMicroseconds else {
            return Step(time: next, readsState: false)
        }
        stateRead = next.advanced(byMicroseconds: FeedCadence.commandMicroseconds)
        return Step(time: stateRead, readsState: true)
    }

    /// The poll after the one at `time` that failed, the `failures`-th in a row (1 …).
    ///
    /// - Parameter isKnown: false for a name without a meter, whose polls fail at once: the first
    ///   two are repeated after 1 s and 2 s.
    func retry(
        after time: UpstreamTime, failures: Int, isWatched: Bool, isKnown: Bool
    ) -> UpstreamTime {
        let index = min(failures, FeedCadence.retrySeconds.count) - 1
        var seconds = FeedCadence.retrySeconds[index]
        if !isKnown, failures <= 2 { seconds = Int64(failures) }
        if isWatched, failures > 2 { seconds = min(seconds, 5) }
        return time.advanced(byMicroseconds: seconds * 1_000_000)
    }
}
