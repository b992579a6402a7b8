//  LevelBuckets.swift · Monitoring
//
//  Frames in, one value per stretch of time out: energy mean, extremes, coverage.
//
//      edges    e0        e1        e2        e3
//      frames    ╵  ╵  ╵  ╵╵  ╵        ╵  ╵  ╵
//      buckets ──┴─────────┴─────────┴─────────┴──   bucket i holds e(i) ≤ t < e(i+1)
//
//  A frame's extremes belong to the bucket that holds its time; its dwell to each bucket that it
//  covers. Source: `docs/acoustics.md`, "Downsampling".

/// Downsampled levels of one unit, made by adding frames in time order.
package struct LevelBuckets: Sendable {
    /// Bucket borders in Unix milliseconds, ascending, one more than there are buckets.
    package let edges: [Int64]
    /// What may be used of the frames: only time inside it counts, as covered or as extreme.
    package let range: TimeRange

    /// Σ dwell · 10^(lp/10) per bucket, in ticks.
    package private(set) var energies: [Double]
    /// Covered time per bucket, in ticks of ``Dwell/tickMilliseconds``.
    package private(set) var coveredTicks: [Int64]
    /// Covered time whose frames were over range, in ticks.
    package private(set) var overloadedTicks: [Int64]
    /// Frames with a value of `lp` per bucket.
    package private(set) var samples: [Int32]
    /// Extremes by `Metric.rawValue`, then bucket; `Levels.none` is no value.
    package private(set) var minima: [[Int16]]
    package private(set) var maxima: [[Int16]]
    /// Newest value by `Metric.rawValue`, then bucket; `Levels.none` is no value.
    package private(set) var lasts: [[Int16]]

    // Where the last chunk ended: what the next frame's dwell is counted from.
    private var previousTime: Int64?
    private var previousRun: Run?
    // The buckets of the newest frame weighed, and of the newest in range.
    private var bucket = 0
    private var extending = 0

    /// - Parameter edges: at least two, strictly ascending, and around all of `range`.
    package init(edges: [Int64], range: TimeRange) {
        precondition(edges.count >= 2, "buckets need two edges")
        precondition(edges[0] <= range.start.milliseconds)
        precondition(edges[edges.count - 1] >= range.end.milliseconds)
        self.edges = edges
        self.range = range
        let count = edges.count - 1
        energies = Array(repeating: 0, count: count)
        coveredTicks = Array(repeating: 0, count: count)
        overloadedTicks = Array(repeating: 0, count: count)
        samples = Array(repeating: 0, count: count)
        let empty = Array(repeating: Levels.none, count: count)
        minima = Array(repeating: empty, count: Metric.allCases.count)
        maxima = minima
        lasts = minima
    }

    package var count: Int { edges.count - 1 }

    /// Energy mean of `lp` in a bucket, dB, not rounded; `nil` where nothing is covered.
    package func mean(_ index: Int) -> Double? {
        coveredTicks[index] == 0
            ? nil : Level.decibels(ofEnergy: energies[index] / Double(coveredTicks[index]))
    }

    /// Energy mean of `lp` over all buckets, dB; `nil` where nothing is covered.
    package var mean: Double? {
        let ticks = coveredTicks.reduce(0, +)
        return ticks == 0 ? nil : Level.decibels(ofEnergy: energies.reduce(0, +) / Double(ticks))
    }

    /// Covered share of the range, 0 … 1.
    package var coverage: Double {
        let length = Double(range.milliseconds)
        guard length > 0 else { return 0 }
        let covered = Double(coveredTicks.reduce(0, +) * Dwell.tickMilliseconds)
        return min(1, covered / length)
    }
}

extension LevelBuckets {
    /// Adds frames that follow those added before. Frames outside ``range`` may be among them:
    /// one before it tells the first frame's dwell, one after it may cover the range's end.
    ///
    /// - Complexity: O(frames + buckets), one pass, no allocation.
    package mutating func add(_ columns: FrameColumns) {
        for (position, span) in columns.runs.enumerated() {
            let end =
                position + 1 < columns.runs.count
                ? columns.runs[position + 1].firstIndex : columns.count
            add(columns, span.firstIndex..<end, of: span.run)
        }
    }

    private mutating func add(_ columns: FrameColumns, _ indexes: Range<Int>, of run: Run) {
        guard !indexes.isEmpty else { return }
        weigh(columns, indexes, of: run)
        extend(columns, indexes)
        previousTime = columns.times[indexes.upperBound - 1]
        previousRun = run
    }

    private mutating func weigh(_ columns: FrameColumns, _ indexes: Range<Int>, of run: Run) {
        var previous = previousTime
        var startsRun = !continues(run)
        let startTick = Dwell.tick(range.start.milliseconds)
        let endTick = Dwell.tick(range.end.milliseconds)
        let lp = columns.levels[Metric.lp.rawValue]
        for index in indexes {
            let time = columns.times[index]
            let ticks = Dwell.ticks(
                at: time, after: previous, startsRun: startsRun,
                maximum: run.maximumDwellMilliseconds)
            previous = time
            startsRun = false
            let state = FrameState(rawValue: columns.states[index])
            guard state.contains(.measuring), lp[index] != Levels.none else { continue }
            while bucket + 2 < edges.count, time >= edges[bucket + 1] { bucket += 1 }
            let tick = Dwell.tick(time)
            weigh(
                lp[index], from: max(startTick, tick - ticks), to: min(endTick, tick),
                overloaded: state.contains(.over))
        }
    }

    /// Whether a frame of `run` may reach back to the frame before: they are of one measurement, or
    /// of one that was reset while the meter went on, so that the new run begins no later than
    /// with that frame.
    private func continues(_ run: Run) -> Bool {
        guard let previousRun, let previousTime else { return false }
        if previousRun.start == run.start { return true }
        guard previousRun.start != nil, let start = run.start else { return false }
        return start.milliseconds <= previousTime
    }

    /// Extremes and newest values: a bucket's frames stand together, so that each metric is one
    /// straight pass over them.
    private mutating func extend(_ columns: FrameColumns, _ indexes: Range<Int>) {
        let inRange = columns.indexes(in: range).clamped(to: indexes)
        var start = inRange.lowerBound
        while start < inRange.upperBound {
            while extending + 2 < edges.count, columns.times[start] >= edges[extending + 1] {
                extending += 1
            }
            var end = start
            var isMeasuring = true
            let limit = extending + 2 < edges.count ? edges[extending + 1] : .max
            while end < inRange.upperBound, columns.times[end] < limit {
                let state = FrameState(rawValue: columns.states[end])
                if !state.contains(.measuring) { isMeasuring = false }
                end += 1
            }
            if isMeasuring {
                extend(columns, start..<end, in: extending)
            } else {
                for index in start..<end
                where FrameState(rawValue: columns.states[index]).contains(.measuring) {
                    extend(columns, index..<index + 1, in: extending)
                }
            }
            start = end
        }
    }

    private mutating func extend(_ columns: FrameColumns, _ indexes: Range<Int>, in bucket: Int) {
        for metric in 0..<Metric.allCases.count {
            var low = Int16.max
            // The stored form of "no value" is the least Int16: it gives way by itself.
            var high = Levels.none
            var filled = 0
            columns.levels[metric].withUnsafeBufferPointer { values in
                for index in indexes {
                    let value = values[index]
                    high = max(high, value)
                    low = min(low, value == Levels.none ? .max : value)
                    filled += value == Levels.none ? 0 : 1
                }
            }
            guard filled > 0 else { continue }
            maxima[metric][bucket] = max(maxima[metric][bucket], high)
            let known = minima[metric][bucket]
            minima[metric][bucket] = known == Levels.none ? low : min(known, low)
            lasts[metric][bucket] =
                columns.levels[metric][indexes].last { $0 != Levels.none }!
            if metric == Metric.lp.rawValue { samples[bucket] += Int32(filled) }
        }
    }

    private mutating func weigh(_ lp: Int16, from first: Int64, to last: Int64, overloaded: Bool) {
        let energy = Energy.of(lp)
        var high = last
        var index = bucket
        while high > first, index >= 0 {
            let low = max(first, Dwell.tick(edges[index]))
            if high > low {
                energies[index] += energy * Double(high - low)
                coveredTicks[index] += high - low
                if overloaded { overloadedTicks[index] += high - low }
                high = low
            }
            index -= 1
        }
    }
}

/// 10^(tenths/100) by table: a `pow` for each of millions of samples would be the whole cost.
private enum Energy {
    private static let firstTenths = -500
    private static let table: [Double] = (firstTenths...2000).map {
        Level(tenths: Int16($0)).energy
    }

    static func of(_ tenths: Int16) -> Double {
        let index = Int(tenths) - firstTenths
        return table.indices.contains(index) ? table[index] : Level(tenths: tenths).energy
    }
}
