//  UpstreamCondition.swift · Ingest
//
//  How one upstream is doing, judged by what became of each request.
//
//      starting ──answered──▶ ok ◀──answered── down ◀──refused──  any
//                                          stalled ◀──timed out── any
//
//  Answers that cannot be used are a matter of their unit, until no unit gets any other.

import Monitoring

/// The state of one upstream. Pure.
struct UpstreamCondition: Hashable, Sendable {
    enum Outcome: Hashable, Sendable {
        case answered
        /// Answered with something that is of no use.
        case unusable
        /// No connection, or one that was cut.
        case refused
        case timedOut
    }

    enum Change: Hashable, Sendable { case failed, recovered }

    /// Fewer answers without use than this in a row say nothing of the upstream.
    static let unusableCountMin = 3

    private(set) var state: UpstreamStatus.State = .starting
    private(set) var since: Timestamp
    private var unusableCount = 0

    init(since: Timestamp) { self.since = since }

    var isFailed: Bool { state == .down || state == .stalled }

    /// - Parameter unitCount: how many units are asked for there.
    /// - Returns: what units and operators must be told; `nil` when nothing changed for them.
    mutating func observe(_ outcome: Outcome, unitCount: Int, at now: Timestamp) -> Change? {
        let wasFailed = isFailed
        switch outcome {
        case .answered:
            unusableCount = 0
            enter(.ok, at: now)
        case .unusable:
            unusableCount = min(unusableCount + 1, .max - 1)
            if unusableCount >= max(UpstreamCondition.unusableCountMin, unitCount) {
                enter(.down, at: now)
            }
        case .refused: enter(.down, at: now)
        case .timedOut: enter(.stalled, at: now)
        }
        return switch (wasFailed, isFailed) {
        case (false, true): .failed
        case (true, false): .recovered
        default: nil
        }
    }

    private mutating func enter(_ next: UpstreamStatus.State, at now: Timestamp) {
        if next != state {
            state = next
            since = now
        }
    }
}
