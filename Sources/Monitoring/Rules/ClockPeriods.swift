//  ClockPeriods.swift · Monitoring
//
//  Periods of equal length on the clock of a zone: 00, 15, 30, 45. At a change of the clock a border
//  that is jumped over is the change itself; a border that comes twice is one, unless the length
//  fits into the time that comes twice. So a period is sometimes shorter or longer than it says.

/// Periods aligned to local midnight.
package struct ClockPeriods: Sendable {
    private let length: Int64
    private let clock: any LocalClock
    /// Borders around the period that was asked for last, ascending.
    private var edges: [Int64] = []
    private var index = 0

    /// - Parameter lengthMilliseconds: divides a day.
    package init(lengthMilliseconds: Int64, on clock: any LocalClock) {
        length = lengthMilliseconds
        self.clock = clock
    }

    /// The period [start, end) that holds `time`, in Unix milliseconds. Cheap when asked in order
    /// of time: borders are made for a day at once.
    package mutating func period(at time: Int64) -> (start: Int64, end: Int64) {
        if edges.count < 2 || time < edges[0] || time >= edges[edges.count - 1] { fill(around: time) }
        if time < edges[index] { index = 0 }
        while time >= edges[index + 1] { index += 1 }
        return (edges[index], edges[index + 1])
    }

    private mutating func fill(around time: Int64) {
        let day = Dwell.dayMilliseconds
        var from = time - length - day
        let end = time + max(length, day)
        var all: [Int64] = []
        var last = Int64.min
        var previous: Int64?
        repeat {
            let offset = clock.offset(at: from)
            let next = min(from + day, end + length)
            let stop = clock.step(after: from, upTo: next) ?? next
            var local = floorDivide(from + offset + length - 1, by: length) * length
            if let previous, previous < offset, from > all.last ?? .min {
                let skipped = floorDivide(from + previous + length - 1, by: length) * length
                if skipped < from + offset {
                    all.append(from)
                    last = max(skipped, last)
                }
            }
            let repeats = previous.map { max(0, $0 - offset) } ?? 0
            while local - offset < stop {
                if local > last || length <= repeats && local - offset > all.last ?? .min {
                    all.append(local - offset)
                    last = max(local, last)
                }
                local += length
            }
            // A day that ends without a change goes on as it was: nothing is repeated in it.
            previous = offset
            from = stop
        } while from < end + length
        let first = max(0, (all.firstIndex { $0 > time } ?? 1) - 1)
        edges = Array(all[first...])
        index = 0
    }
}
