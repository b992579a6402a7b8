//  Timestamp.swift · Monitoring
//
//  Instants in UTC milliseconds, their text form, and ranges of them.

/// An instant: Unix time in whole milliseconds, UTC. Leap seconds do not exist here.
package struct Timestamp: Hashable, Comparable, Sendable, Codable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// This instant moved by `milliseconds`; sticks at the ends of the representable range.
    package func advanced(byMilliseconds delta: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
        return Timestamp(milliseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }

    /// Milliseconds from `earlier` to this instant; negative when `earlier` is later.
    package func milliseconds(since earlier: Timestamp) -> Int64 {
        milliseconds - earlier.milliseconds
    }
}

/// Tells the time of day. An argument wherever time matters, so that tests and the simulator can
/// supply their own.
package protocol WallClock: Sendable {
    var now: Timestamp { get }
}

/// The instants from `start` up to, not including, `end`.
package struct TimeRange: Hashable, Sendable {
    package let start: Timestamp
    package let end: Timestamp

    /// - Returns: `nil` when `end` is before `start`.
    package init?(start: Timestamp, end: Timestamp) {
        guard start <= end else { return nil }
        self.start = start
        self.end = end
    }

    package var milliseconds: Int64 { end.milliseconds(since: start) }
    package func contains(_ time: Timestamp) -> Bool { start <= time && time < end }
}

/// `a / b` rounded toward −∞, as calendars need it before 1970. `b` > 0.
package func floorDivide(_ a: Int64, by b: Int64) -> Int64 {
    let quotient = a / b
    return a % b < 0 ? quotient - 1 : quotient
}
