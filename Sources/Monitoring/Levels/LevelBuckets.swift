//  LevelBuckets.swift · Monitoring
//
//  Frames or rollup rows in, one value per stretch of time out: energy mean, extremes, coverage.
//
//      edges    e0        e1        e2        e3
//      frames    ╵  ╵  ╵  ╵╵  ╵        ╵  ╵  ╵
//      buckets ──┴─────────┴─────────┴─────────┴──   bucket i holds e(i) ≤ t < e(i+1)
//
//  A frame's extremes belong to the bucket that holds its time; its dwell to each bucket that it
//  covers. Source: `docs/acoustics.md`, "Downsampling".

/// Downsampled levels of one unit, made by adding frames and rows in time order.
package struct LevelBuckets: Sendable {
    /// Bucket borders in Unix milliseconds, ascending, one more than there are buckets.
    package let edges: [Int64]
    /// What may be used of the frames: only time inside it counts, as covered or as extreme.
    package let range: TimeRange
    /// The metrics whose extremes and last values are kept.
    package let metrics: MetricSet

    /// Σ dwell · 10^(lp/10) per bucket, in ticks.
    package internal(set) var energies: [Double]
    /// Covered time per bucket, in ticks of ``Dwell/tickMilliseconds``.
    package internal(set) var coveredTicks: [Int64]
    /// Covered time whose frames were over range, in ticks.
    package internal(set) var overloadedTicks: [Int64]
    /// Frames with a value of `lp` per bucket.
    package internal(set) var samples: [Int32]
    /// Extremes by `Metric.rawValue`, then bucket; `Levels.none` is no value. Empty for a metric
    /// that is not kept.
    package internal(set) var minima: [[Int16]]
    package internal(set) var maxima: [[Int16]]
    /// Newest value by `Metric.rawValue`, then bucket; `Levels.none` is no value. Empty for `lp`,
    /// whose newest sample says nothing about a bucket.
    package internal(set) var lasts: [[Int16]]
    /// Covered time by level per bucket; empty unless asked for.
    package internal(set) var histograms: [LevelHistogram]

    /// What of the frames added next may be used; see ``begin(_:)``.
    var stretch: TimeRange
    // Where the last chunk ended: what the next frame's dwell is counted from.
    var previousTime: Int64?
    var previousRun: Run?
    /// The bucket of the newest frame weighed.
    var bucket = 0

    /// - Parameters:
    ///   - edges: at least two, strictly ascending, and around all of `range`.
    ///   - metrics: whose extremes are kept; `lp` always is.
    ///   - histograms: whether covered time by level is kept.
    package init(
        edges: [Int64], range: TimeRange, metrics: MetricSet = .all, histograms: Bool = false
    ) {
        precondition(edges.count >= 2, "buckets need two edges")
        precondition(edges[0] <= range.start.milliseconds)
        precondition(edges[edges.count - 1] >= range.end.milliseconds)
        self.edges = edges
        self.range = range
        self.metrics = metrics
        stretch = range
        let count = edges.count - 1
        energies = Array(repeating: 0, count: count)
        coveredTicks = Array(repeating: 0, count: count)
        overloadedTicks = Array(repeating: 0, count: count)
        samples = Array(repeating: 0, count: count)
        let empty = Array(repeating: Levels.none, count: count)
        minima = Metric.allCases.map { $0 == .lp || metrics.contains($0) ? empty : [] }
        maxima = minima
        lasts = Metric.allCases.map { $0.isCumulative && metrics.contains($0) ? empty : [] }
        self.histograms = histograms ? Array(repeating: LevelHistogram(), count: count) : []
    }

    package var count: Int { edges.count - 1 }

    /// Energy mean of `lp` in a bucket, dB, not rounded; `nil` where nothing is covered.
    package func mean(_ index: Int) -> Double? {
        coveredTicks[index] == 0
            ? nil : LevelBuckets.mean(energies[index], Double(coveredTicks[index]))
    }

    /// Never infinite: a level near the ends of what one can be has an energy that no `Double`
    /// holds.
    static func mean(_ energy: Double, _ ticks: Double) -> Double {
        min(max(Level.decibels(ofEnergy: energy / ticks), -3276.7), 3276.7)
    }

    /// Energy mean of `lp` over all buckets, dB; `nil` where nothing is covered.
    package var mean: Double? {
        let ticks = coveredTicks.reduce(0, +)
        return ticks == 0 ? nil : LevelBuckets.mean(energies.reduce(0, +), Double(ticks))
    }

    /// LN of a bucket in tenths; `nil` below 10 · 100 / N samples, and where it was not asked for.
    package func exceedanceLevel(percent: Int, _ index: Int) -> Int16? {
        histograms.isEmpty
            ? nil
            : histograms[index].exceedanceLevel(percent: percent, samples: Int(samples[index]))
    }

    /// Covered share of the range, 0 … 1.
    package var coverage: Double {
        let length = Double(range.milliseconds)
        guard length > 0 else { return 0 }
        let covered = Double(coveredTicks.reduce(0, +) * Dwell.tickMilliseconds)
        return min(1, covered / length)
    }

    /// Lets only time inside `stretch`, which follows what was added before, count of the frames
    /// added from here on. The first of them may lie before it: they tell the dwell of its first.
    package mutating func begin(_ stretch: TimeRange) {
        self.stretch = stretch
        previousTime = nil
        previousRun = nil
        // A frame behind the stretch before may have moved on too far.
        bucket = 0
        var high = edges.count - 1
        while high - bucket > 1 {
            let middle = (bucket + high) / 2
            if edges[middle] <= stretch.start.milliseconds { bucket = middle } else { high = middle }
        }
    }

    /// Moves on to the bucket that holds `time`, or to the last one.
    mutating func advance(to time: Int64) {
        while bucket + 2 < edges.count, time >= edges[bucket + 1] { bucket += 1 }
    }

    /// Takes the values of cumulative metrics out of buckets that begin before `time`: they may hold
    /// what was measured before it.
    package mutating func forgetCumulative(before time: Timestamp) {
        let end = edges.dropLast().firstIndex { $0 >= time.milliseconds } ?? count
        for metric in Metric.allCases where metric.isCumulative && metrics.contains(metric) {
            for index in 0..<end {
                minima[metric.rawValue][index] = Levels.none
                maxima[metric.rawValue][index] = Levels.none
                lasts[metric.rawValue][index] = Levels.none
            }
        }
    }

    /// The parts, whose edges follow each other, as one.
    package static func joining(_ parts: [LevelBuckets]) -> LevelBuckets {
        precondition(!parts.isEmpty)
        guard parts.count > 1, let first = parts.first, let last = parts.last else {
            return parts[0]
        }
        let edges = parts.dropFirst().reduce(into: first.edges) { edges, part in
            precondition(part.edges[0] == edges[edges.count - 1], "parts must follow each other")
            edges += part.edges.dropFirst()
        }
        var whole = LevelBuckets(
            edges: edges, range: TimeRange(start: first.range.start, end: last.range.end)!,
            metrics: first.metrics, histograms: false)
        whole.energies = parts.flatMap(\.energies)
        whole.coveredTicks = parts.flatMap(\.coveredTicks)
        whole.overloadedTicks = parts.flatMap(\.overloadedTicks)
        whole.samples = parts.flatMap(\.samples)
        for metric in Metric.allCases.map(\.rawValue) {
            whole.minima[metric] = parts.flatMap { $0.minima[metric] }
            whole.maxima[metric] = parts.flatMap { $0.maxima[metric] }
            whole.lasts[metric] = parts.flatMap { $0.lasts[metric] }
        }
        whole.histograms = parts.flatMap(\.histograms)
        return whole
    }
}
