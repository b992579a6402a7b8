//  SessionTerms.swift · Monitoring

/// How long a browser's session lasts, an operator's and a client's alike.
package enum SessionTerms {
    /// It ends after so long without use, and after so long at all.
    package static let idleMilliseconds: Int64 = 12 * 3_600_000
    package static let lifetimeMilliseconds: Int64 = 30 * 86_400_000
    /// Use is written down at most so often.
    package static let useStepMilliseconds: Int64 = 300_000

    /// Whether a session holds at `now`, as far as time tells.
    package static func hold(began: Timestamp, lastUsed: Timestamp, at now: Timestamp) -> Bool {
        now.milliseconds(since: began) < lifetimeMilliseconds
            && now.milliseconds(since: lastUsed) < idleMilliseconds
    }
}
