//  UpstreamCondition.swift · Ingest
//
//  How one upstream is doing, judged by what became of each request.
//
//      starting ──answered──▶ ok ◀──answered── down ◀──refused──  any
//                                          stalled ◀──timed out── any
//
//  Answers that cannot be used are a matter of their unit, until no unit gets any other. A
//  time-out is the upstream's: what is asked for lies in its memory, so only a stall of all of it
//  keeps it from answering. But when a unit's poll times out again, and others were answered in
//  between, it is that unit's.

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
    /// The units whose last poll timed out, and whether another one was answered since.
    private var slow: [UnitID: Bool] = [:]

    init(since: Timestamp) { self.since = since }

    var isFailed: Bool { state == .down || state == .stalled }

    /// Whether a time-out of `unit` is its own and not the upstream's.
    func isOwn(timeoutOf unit: UnitID) -> Bool { slow[unit] == true }

    /// - Parameters:
    ///   - unit: whose status was asked for; `nil` for another call.
    ///   - unitCount: how many units are asked for there.
    /// - Returns: what units and operators must be told; `nil` when nothing changed for them.
    mutating func observe(
        _ outcome: Outcome, of unit: UnitID? = nil, unitCount: Int, at now: Timestamp
    ) -> Change? {
        let wasFailed = isFailed
        switch outcome {
        case .answered:
            unusableCount = 0
            if let unit { slow[unit] = nil }
            for unit in slow.keys { slow[unit] = true }
            enter(.ok, at: now)
        case .unusable:
            unusableCount = min(unusableCount + 1, .max - 1)
            if unusableCount >= max(UpstreamCondition.unusableCountMin, unitCount) {
                enter(.down, at: now)
            }
        case .refused: enter(.down, at: now)
        case .timedOut:
            if let unit, isOwn(timeoutOf: unit) { break }
            if let unit { slow[unit] = false }
            enter(.stalled, at: now)
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
