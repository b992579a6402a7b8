//  LocalEdges.swift · Serve
//
//  Bucket borders on the local clock of a time zone.
//
//      London, 25 October 2026, width 1 d       Sat 00:00    Sun 00:00       Mon 00:00
//      instants                                 ────┴── 24 h ──┴──── 25 h ─────┴───
//
//  Between two changes of the clock the offset is constant, and borders are the instants at which
//  local time is a multiple of the width. At a change: a border that the clock jumps over is the
//  change itself; a border that comes twice is one, unless the width fits into the hour repeated.

import Monitoring

/// Borders of buckets of one width around a range.
enum LocalEdges {
    private static let day: Int64 = 86_400_000

    /// Ascending instants, the first at or before the range's start, the last at or after its end.
    ///
    /// - Parameter stepMilliseconds: divides a day.
    /// - Complexity: O(edges + days of the range), for a zone whose clock changes.
    static func edges(
        around range: TimeRange, stepMilliseconds step: Int64, on clock: some LocalClock
    ) -> [Int64] {
        let start = range.start.milliseconds
        // Never an empty list of buckets, not even for an empty range.
        let end = max(range.end.milliseconds, start + 1)
        let first = start - step - day
        let stretches = stretches(from: first, to: end + step + day, on: clock)
        var edges: [Int64] = []
        edges.reserveCapacity(Int((end - start) / step) + 4)
        var lastLocal = Int64.min
        for (index, stretch) in stretches.enumerated() {
            var previous: Int64?
            if index > 0 { previous = stretches[index - 1].offset }
            var local = roundUp(stretch.start + stretch.offset, to: step)
            if let previous, previous < stretch.offset {
                let skipped = roundUp(stretch.start + previous, to: step)
                if skipped < stretch.start + stretch.offset {
                    append(stretch.start, to: &edges)
                    lastLocal = max(skipped, lastLocal)
                }
            }
            let repeats = previous.map { max(0, $0 - stretch.offset) } ?? 0
            while local - stretch.offset < stretch.end {
                // Local time that comes twice has its border once, or buckets would be cut short.
                if local > lastLocal || step <= repeats {
                    append(local - stretch.offset, to: &edges)
                    lastLocal = max(local, lastLocal)
                }
                local += step
            }
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

    /// A time of constant offset: from `start` up to, not including, `end`.
    private struct Stretch {
        let start: Int64
        var end: Int64
        let offset: Int64
    }

    private static func stretches(
        from start: Int64, to end: Int64, on clock: some LocalClock
    ) -> [Stretch] {
        var stretches = [Stretch(start: start, end: end, offset: clock.offset(at: start))]
        if clock.isFixed { return stretches }
        var time = start
        while time < end {
            let next = min(end, time + day)
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
