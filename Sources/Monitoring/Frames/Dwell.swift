//  Dwell.swift · Monitoring
//
//  How much time a frame stands for. An unweighted mean would be biased toward the times when
//  somebody watched, because a watched unit is read each second and an idle one each ten.
//
//      frame     a     b         c                    d
//      time   ───┼─────┼─────────┼────────────────────┼──▶
//      dwell  ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓                ▓▓▓▓▓     d follows a hole: 1.0 s, rest is gap

/// The rule by which frames weigh (`docs/acoustics.md`, "Dwell").
package enum Dwell {
    /// Dwell is counted in ticks of 100 ms, so that sums are exact over any stretch.
    package static let tickMilliseconds: Int64 = 100
    /// The weight of a frame that has no usable predecessor: 1.0 s.
    package static let loneTicks: Int64 = 10
    /// The hole beyond which a frame does not reach back, unless the unit's cadence asks for more.
    package static let defaultMaximumMilliseconds: Int64 = 15_000
    package static let dayMilliseconds: Int64 = 86_400_000

    /// The start of the UTC day that holds `time`.
    package static func midnight(before time: Int64) -> Int64 {
        floorDivide(time, by: dayMilliseconds) * dayMilliseconds
    }

    /// The tick that holds `time`.
    package static func tick(_ time: Int64) -> Int64 { floorDivide(time, by: tickMilliseconds) }

    /// The ticks that the frame at `time` stands for: it covers (`time` − dwell, `time`].
    ///
    /// - Parameters:
    ///   - previous: the unit's frame before this one, if any.
    ///   - startsRun: this is the first frame of a measurement: no frame before it counts.
    ///   - maximum: the longest hole that is bridged, in milliseconds.
    /// - Returns: at least 1. The predecessor counts only within the same UTC day, so that files
    ///   of one day stay independent; a day's first frame counts from midnight.
    package static func ticks(
        at time: Int64, after previous: Int64?, startsRun: Bool, maximum: Int64
    ) -> Int64 {
        let midnight = midnight(before: time)
        let sinceMidnight = max(1, tick(time) - tick(midnight))
        if startsRun { return min(loneTicks, sinceMidnight) }
        if let previous, previous >= midnight {
            return time - previous <= maximum
                ? max(1, tick(time) - tick(previous)) : min(loneTicks, sinceMidnight)
        }
        return time - midnight <= maximum ? sinceMidnight : loneTicks
    }

    /// Weighs the frames that follow the one at `first` − 1 closely, on its UTC day and in its run.
    /// O(those); a batch, because a call from another module costs more than a frame's work.
    ///
    /// - Parameters:
    ///   - ends: for each frame the tick that holds its time.
    ///   - weights: for each frame what ``ticks(at:after:startsRun:maximum:)`` says.
    /// - Returns: the index of the first frame that does not, or `count`.
    package static func weighRun(
        _ times: UnsafePointer<Int64>, from first: Int, to count: Int, maximum: Int64,
        ends: UnsafeMutablePointer<Int64>, weights: UnsafeMutablePointer<Int32>
    ) -> Int {
        var index = first
        var previous = times[first - 1]
        var tick = tick(previous)
        let limit = midnight(before: previous) + dayMilliseconds
        while index < count, times[index] < limit, times[index] - previous <= maximum {
            previous = times[index]
            let next = Dwell.tick(previous)
            weights[index] = Int32(truncatingIfNeeded: max(1, next - tick))
            ends[index] = next
            tick = next
            index += 1
        }
        return index
    }
}
