//  LevelRows.swift · Monitoring
//
//  Buckets of one UTC day, of equal length, in the form that rollups keep: integers by column.

/// Rows of a rollup: what stretches of `stepMilliseconds` of one UTC day came to.
package struct LevelRows: Equatable, Sendable {
    /// What a column holds.
    package enum Column: Hashable, Sendable {
        /// Frames with a value of `lp`.
        case samples
        /// Covered time in ticks of ``Dwell/tickMilliseconds``.
        case coveredTicks
        /// Covered time whose frames were over range, in ticks.
        case overloadedTicks
        /// Extremes of a metric in tenths; `Levels.none` is no value.
        case minimum(Metric)
        case maximum(Metric)
        /// Energy mean of `lp` in thousandths of a decibel; 0 where nothing is covered.
        case mean
        /// Newest value of a cumulative metric in tenths; `Levels.none` is no value.
        case last(Metric)

        /// All columns in the order of files.
        package static let all: [Column] =
            [.samples, .coveredTicks, .overloadedTicks, .minimum(.lp), .maximum(.lp), .mean]
            + Metric.allCases.filter(\.isCumulative).flatMap {
                [.last($0), .minimum($0), .maximum($0)]
            }

        /// By place in ``all``: the metric without which the column is not wanted; `nil` when it
        /// always is.
        package static let metrics: [Metric?] = all.map {
            switch $0 {
            case .samples, .coveredTicks, .overloadedTicks, .mean: nil
            case .minimum(let metric), .maximum(let metric), .last(let metric):
                metric == .lp ? nil : metric
            }
        }

        fileprivate var place: Int { Column.all.firstIndex(of: self)! }
    }

    package private(set) var stepMilliseconds: Int64
    package private(set) var count: Int
    /// Column by column in the order of ``Column/all``, each of ``count`` rows. A column that was
    /// not wanted holds anything.
    package var values: [Int32]

    /// No rows.
    package init() { self.init(stepMilliseconds: 0, count: 0) }

    /// Rows of zeros.
    package init(stepMilliseconds: Int64, count: Int) {
        self.stepMilliseconds = stepMilliseconds
        self.count = count
        values = Array(repeating: 0, count: count * Column.all.count)
    }

    /// Makes room for other rows in the same memory.
    package mutating func reset(stepMilliseconds: Int64, count: Int) {
        guard self.count != count || self.stepMilliseconds != stepMilliseconds else { return }
        self = LevelRows(stepMilliseconds: stepMilliseconds, count: count)
    }
}

extension LevelRows {
    /// The buckets as rows. They are of equal length and keep all metrics.
    package init(_ buckets: LevelBuckets) {
        let count = buckets.count
        self.init(stepMilliseconds: buckets.edges[1] - buckets.edges[0], count: count)
        for (place, column) in Column.all.enumerated() {
            for index in 0..<count {
                values[place * count + index] =
                    switch column {
                    case .samples: buckets.samples[index]
                    case .coveredTicks: Int32(clamping: buckets.coveredTicks[index])
                    case .overloadedTicks: Int32(clamping: buckets.overloadedTicks[index])
                    case .minimum(let metric): Int32(buckets.minima[metric.rawValue][index])
                    case .maximum(let metric): Int32(buckets.maxima[metric.rawValue][index])
                    case .last(let metric): Int32(buckets.lasts[metric.rawValue][index])
                    case .mean: Int32(((buckets.mean(index) ?? 0) * 1000).rounded())
                    }
            }
        }
    }
}

extension LevelBuckets {
    /// Adds the rows `indexes` of the UTC day that begins at `midnight`; each lies in one bucket.
    ///
    /// - Complexity: O(rows · kept metrics).
    package mutating func add(_ rows: LevelRows, _ indexes: Range<Int>, of midnight: Int64) {
        guard !indexes.isEmpty else { return }
        rows.values.withUnsafeBufferPointer { values in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: indexes.count) { buckets in
                for (offset, index) in indexes.enumerated() {
                    advance(to: midnight + Int64(index) * rows.stepMilliseconds)
                    buckets[offset] = bucket
                }
                let chunk = RowChunk(
                    values: values, count: rows.count, indexes: indexes,
                    buckets: UnsafeBufferPointer(buckets))
                weigh(chunk)
                for places in LevelRows.extremePlaces where !minima[places.metric].isEmpty {
                    extend(chunk, places)
                }
            }
        }
    }

    /// Rows as the loops want them.
    private struct RowChunk {
        let values: UnsafeBufferPointer<Int32>
        let count: Int
        let indexes: Range<Int>
        /// The bucket of each row.
        let buckets: UnsafeBufferPointer<Int>

        /// The chunk's part of a column.
        func column(_ place: Int) -> UnsafeBufferPointer<Int32> {
            UnsafeBufferPointer(
                rebasing: values[place * count + indexes.lowerBound..<place * count + indexes.upperBound])
        }
    }

    private mutating func weigh(_ chunk: RowChunk) {
        let samples = chunk.column(LevelRows.places.samples)
        let covered = chunk.column(LevelRows.places.covered)
        let overloaded = chunk.column(LevelRows.places.overloaded)
        let means = chunk.column(LevelRows.places.mean)
        for row in samples.indices {
            let bucket = chunk.buckets[row]
            self.samples[bucket] &+= samples[row]
            guard covered[row] > 0 else { continue }
            coveredTicks[bucket] += Int64(covered[row])
            overloadedTicks[bucket] += Int64(overloaded[row])
            energies[bucket] += Energy.of(thousandths: Int(means[row])) * Double(covered[row])
        }
    }

    private mutating func extend(_ chunk: RowChunk, _ places: LevelRows.ExtremePlaces) {
        let low = chunk.column(places.minimum)
        let high = chunk.column(places.maximum)
        minima[places.metric].withUnsafeMutableBufferPointer { minima in
            for row in low.indices where high[row] != Int32(Levels.none) {
                let minimum = Int16(truncatingIfNeeded: low[row])
                let known = minima[chunk.buckets[row]]
                minima[chunk.buckets[row]] =
                    known == Levels.none ? minimum : Swift.min(known, minimum)
            }
        }
        maxima[places.metric].withUnsafeMutableBufferPointer { maxima in
            // "No value" is the least of all.
            for row in high.indices {
                maxima[chunk.buckets[row]] = Swift.max(
                    maxima[chunk.buckets[row]], Int16(truncatingIfNeeded: high[row]))
            }
        }
        guard let place = places.last else { return }
        let last = chunk.column(place)
        lasts[places.metric].withUnsafeMutableBufferPointer { lasts in
            for row in last.indices where last[row] != Int32(Levels.none) {
                lasts[chunk.buckets[row]] = Int16(truncatingIfNeeded: last[row])
            }
        }
    }

    /// Adds the histogram of a stretch that begins at `start` and lies in one bucket.
    ///
    /// - Parameters:
    ///   - ticks: by class.
    ///   - first: the level of the first class, in tenths.
    package mutating func add(
        histogram ticks: UnsafeBufferPointer<Int32>, from first: Int, at start: Int64
    ) {
        guard !histograms.isEmpty else { return }
        advance(to: start)
        histograms[bucket].add(ticks, from: first)
    }

    /// These buckets with every `factor` of them as one; their number is a multiple of it.
    package func coarsened(by factor: Int) -> LevelBuckets {
        precondition(count % factor == 0)
        var coarse = LevelBuckets(
            edges: stride(from: 0, through: count, by: factor).map { edges[$0] }, range: range,
            metrics: metrics, histograms: !histograms.isEmpty)
        for index in 0..<count {
            let bucket = index / factor
            coarse.energies[bucket] += energies[index]
            coarse.coveredTicks[bucket] += coveredTicks[index]
            coarse.overloadedTicks[bucket] += overloadedTicks[index]
            coarse.samples[bucket] &+= samples[index]
            if !histograms.isEmpty { coarse.histograms[bucket].add(histograms[index]) }
            for metric in minima.indices where !minima[metric].isEmpty {
                guard maxima[metric][index] != Levels.none else { continue }
                let known = coarse.minima[metric][bucket]
                coarse.minima[metric][bucket] =
                    known == Levels.none
                    ? minima[metric][index] : Swift.min(known, minima[metric][index])
                coarse.maxima[metric][bucket] = Swift.max(
                    coarse.maxima[metric][bucket], maxima[metric][index])
                if !lasts[metric].isEmpty {
                    coarse.lasts[metric][bucket] = lasts[metric][index]
                }
            }
        }
        return coarse
    }
}

extension LevelRows {
    /// Where a metric's extremes and newest value stand.
    fileprivate struct ExtremePlaces {
        let metric: Int
        let minimum: Int
        let maximum: Int
        let last: Int?
    }

    fileprivate static let places = (
        samples: Column.samples.place, covered: Column.coveredTicks.place,
        overloaded: Column.overloadedTicks.place, mean: Column.mean.place
    )

    fileprivate static let extremePlaces: [ExtremePlaces] = Metric.allCases.map { metric in
        ExtremePlaces(
            metric: metric.rawValue, minimum: Column.minimum(metric).place,
            maximum: Column.maximum(metric).place,
            last: metric.isCumulative ? Column.last(metric).place : nil)
    }
}
