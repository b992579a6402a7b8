//  FrameBlock.swift · Pipeline
//
//  Some frames of one measurement as machines want them, weighed once for all of a unit's machines.

import Monitoring

/// At most ``capacity`` frames of one run, strictly ascending, by column.
struct FrameBlock {
    /// What a block needs beside the columns stays in the first-level cache.
    static let capacity = 1024
    // As constants of this module: a call into another one costs more than a frame's work.
    /// `Levels.none`.
    static let none: Int16 = .min
    /// The bits of `FrameState.measuring` and `.over`.
    static let measuring: UInt8 = 1
    static let over: UInt8 = 2
    typealias Columns = InlineArray<8, UnsafePointer<Int16>?>

    let count: Int
    let times: UnsafePointer<Int64>
    let states: UnsafePointer<UInt8>
    /// By `Metric.rawValue`; `nil` where no frame has a value.
    let columns: Columns
    /// What each frame stands for: the ticks from `ends − weights` up to, not including, `ends`.
    let ends: UnsafePointer<Int64>
    let weights: UnsafePointer<Int32>
    /// The meter's maximum where it is proved to have risen since the frame before.
    let rises: UnsafePointer<Int16>?

    /// The first index whose time is at or after `time`.
    func firstIndex(atOrAfter time: Int64) -> Int {
        guard count > 0, times[count - 1] >= time else { return count }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// What has to be known of the frames before, to weigh the next ones.
struct FrameTrail: Hashable, Sendable, Codable {
    /// The newest frame's time.
    private(set) var time: Int64?
    private(set) var runStart: Int64?
    /// The newest start of a measurement that was told.
    private(set) var measurementStart: Int64?
    /// The meter's maximum that the next one must pass to have risen; `nil`: not known.
    private var maximum: Int16?

    /// How a run begins.
    struct Beginning {
        /// Its first frame may not reach back to the frame before.
        var startsRun: Bool
        /// Cumulative levels count afresh.
        var isNewMeasurement: Bool
    }

    /// Goes on to frames of the run that began at `start`.
    mutating func begin(_ start: Int64?) -> Beginning {
        let continues = continues(start)
        let isNew = start != nil && measurementStart != nil && start != measurementStart
        if let start, isNew {
            // What it shows has come about since the frame before, if it began after that.
            maximum = time.map { start >= $0 } ?? false ? -32767 : nil
        }
        runStart = start
        if let start { measurementStart = start }
        return Beginning(startsRun: !continues, isNewMeasurement: isNew)
    }

    /// As in history: of one measurement, or of one that was reset while the meter went on.
    private func continues(_ start: Int64?) -> Bool {
        guard let time else { return false }
        if start == runStart { return true }
        guard runStart != nil, let start else { return false }
        return start <= time
    }

    /// Weighs `count` frames (`docs/acoustics.md`, "Dwell").
    mutating func weigh(
        _ times: UnsafePointer<Int64>, _ count: Int, startsRun: Bool, maximum: Int64,
        ends: UnsafeMutablePointer<Int64>, weights: UnsafeMutablePointer<Int32>
    ) {
        var index = 0
        var isFirst = startsRun
        while index < count {
            let first = times[index]
            let midnight = Dwell.midnight(before: first)
            var starts = isFirst
            if time.map({ $0 < midnight }) ?? true {
                // A day's first frame: days stand for themselves, so its run alone tells.
                starts = runStart.map { $0 >= midnight } ?? false
            }
            isFirst = false
            weights[index] = Int32(
                clamping: Dwell.ticks(at: first, after: time, startsRun: starts, maximum: maximum))
            ends[index] = max(Dwell.tick(first), Dwell.tick(midnight) + 1)
            index = Dwell.weighRun(
                times, from: index + 1, to: count, maximum: maximum, ends: ends, weights: weights)
            time = times[index - 1]
        }
    }

    /// Finds the rises among `count` maxima, or only remembers the last one.
    mutating func follow(
        _ maxima: UnsafePointer<Int16>?, _ count: Int, rises: UnsafeMutablePointer<Int16>?
    ) {
        guard let maxima else {
            rises?.update(repeating: FrameBlock.none, count: count)
            return
        }
        guard let rises else {
            if let last = (0..<count).last(where: { maxima[$0] != FrameBlock.none }) {
                maximum = maxima[last]
            }
            return
        }
        let none = FrameBlock.none
        for index in 0..<count {
            let value = maxima[index]
            rises[index] = none
            guard value != none else { continue }
            if let maximum, value > maximum { rises[index] = value }
            maximum = value
        }
    }

    /// The upstream's clock went back: nothing reaches back across that.
    mutating func stepBack() { time = nil }
}
