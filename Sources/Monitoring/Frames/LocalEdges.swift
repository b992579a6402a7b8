//  LocalEdges.swift · Monitoring
//
//  Borders on the local clock of a time zone.
//
//      London, 25 October 2026, width 1 d       Sat 00:00    Sun 00:00       Mon 00:00
//      instants                                 ────┴── 24 h ──┴──── 25 h ─────┴───
//
//  Between two changes of the clock the offset is constant, and borders are the instants at which
//  local time is a multiple of the width. At a change: a border that the clock jumps over is the
//  change itself; a border that comes twice is one, unless the width fits into the hour repeated.

/// Borders of buckets of one width around a range.
package enum LocalEdges {
    /// Ascending instants, the first at or before the range's start, the last at or after its end.
    ///
    /// - Parameter stepMilliseconds: divides a day.
    /// - Complexity: O(edges + days of the range), for a zone whose clock changes.
    package static func edges(
        around range: TimeRange, stepMilliseconds step: Int64, on clock: some LocalClock
    ) -> [Int64] {
        let margin = step + Dwell.dayMilliseconds
        return LocalTimeline(
            from: range.start.milliseconds - margin, to: range.end.milliseconds + margin, on: clock
        ).edges(around: range, every: step)
    }
}

/// What a local clock shows over a time: looked up once, asked often.
package struct LocalTimeline: Sendable {
    /// A time of constant offset: from `start` up to, not including, `end`.
    private struct Stretch {
        let start: Int64
        var end: Int64
        let offset: Int64
    }

    private let stretches: [Stretch]

    /// - Complexity: O(days), for a zone whose clock changes.
    package init(from start: Int64, to end: Int64, on clock: some LocalClock) {
        stretches = LocalTimeline.stretches(from: start, to: end, on: clock)
    }

    /// Local time minus UTC at `time`, in milliseconds. O(changes of the clock).
    package func offset(at time: Int64) -> Int64 {
        (stretches.last { $0.start <= time } ?? stretches[0]).offset
    }

    /// Ascending instants at which local time is a multiple of `step` after `phase`, the first at
    /// or before the range's start, the last at or after its end.
    ///
    /// - Parameters:
    ///   - range: a step and a day inside of this timeline.
    ///   - step: divides a day.
    ///   - phase: time after midnight, less than a step.
    package func edges(
        around range: TimeRange, every step: Int64, after phase: Int64 = 0
    ) -> [Int64] {
        let start = range.start.milliseconds
        // Never an empty list of buckets, not even for an empty range.
        let end = max(range.end.milliseconds, start + 1)
        let margin = step + Dwell.dayMilliseconds
        var edges: [Int64] = []
        edges.reserveCapacity(Int((end - start) / step) + 4)
        var lastLocal = Int64.min
        var previous: Int64?
        for stretch in stretches where stretch.end > start - margin {
            let begin = max(stretch.start, start - margin)
            let stop = min(stretch.end, end + margin)
            var local = LocalTimeline.roundUp(begin + stretch.offset - phase, to: step) + phase
            if let previous, previous < stretch.offset {
                let skipped = LocalTimeline.roundUp(begin + previous - phase, to: step) + phase
                if skipped < begin + stretch.offset {
                    LocalTimeline.append(begin, to: &edges)
                    lastLocal = max(skipped, lastLocal)
                }
            }
            let repeats = previous.map { max(0, $0 - stretch.offset) } ?? 0
            while local - stretch.offset < stop {
                // Local time that comes twice has its border once, or buckets would be cut short.
                if local > lastLocal || step <= repeats {
                    LocalTimeline.append(local - stretch.offset, to: &edges)
                    lastLocal = max(local, lastLocal)
                }
                local += step
            }
            previous = stretch.offset
        }
        let low = edges.lastIndex { $0 <= start }!
        let high = edges.firstIndex { $0 >= end }!
        return Array(edges[low...high])
    }

    private static func append(_ edge: Int64, to edges: inout [Int64]) {
        if edges.last.map({ $0 < edge }) ?? true { edges.append(edge) }
    }

    private static func roundUp(_ time: Int64, to step: Int64) -> Int64 {
        floorDivide(time + step - 1, by: step) * step
    }

    private static func stretches(
        from start: Int64, to end: Int64, on clock: some LocalClock
    ) -> [Stretch] {
        var stretches = [Stretch(start: start, end: end, offset: clock.offset(at: start))]
        if clock.isFixed { return stretches }
        var time = start
        while time < end {
            let next = min(end, time + Dwell.dayMilliseconds)
            let offset = clock.offset(at: next)
            if offset != stretches[stretches.count - 1].offset {
                let change = change(after: time, upTo: next, on: clock)
                stretches[stretches.count - 1].end = change
                stretches.append(Stretch(start: change, end: end, offset: offset))
            }
            time = next
        }
        return stretches
    }

    /// The first instant of the offset that holds at `high`; at `low` another one holds.
    private static func change(
        after low: Int64, upTo high: Int64, on clock: some LocalClock
    ) -> Int64 {
        let target = clock.offset(at: high)
        var low = low
        var high = high
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if clock.offset(at: middle) == target { high = middle } else { low = middle }
        }
        return high
    }
}
