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

        /// The metric without which the column is not wanted; `nil` when it always is.
        package var metric: Metric? {
            switch self {
            case .samples, .coveredTicks, .overloadedTicks, .mean: nil
            case .minimum(let metric), .maximum(let metric), .last(let metric):
                metric == .lp ? nil : metric
            }
        }

        fileprivate var place: Int { Column.all.firstIndex(of: self)! }
    }

    package let stepMilliseconds: Int64
    package let count: Int
    /// By place in ``Column/all``, then row; empty for a column that was not wanted.
    package var columns: [[Int32]]

    package init(stepMilliseconds: Int64, count: Int, columns: [[Int32]]) {
        precondition(columns.count == Column.all.count)
        self.stepMilliseconds = stepMilliseconds
        self.count = count
        self.columns = columns
    }
}

extension LevelRows {
    /// The buckets as rows. They are of equal length and keep all metrics.
    package init(_ buckets: LevelBuckets) {
        let count = buckets.count
        let columns = Column.all.map { column in
            (0..<count).map { index -> Int32 in
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
        self.init(
            stepMilliseconds: buckets.edges[1] - buckets.edges[0], count: count, columns: columns)
    }
}

extension LevelBuckets {
    /// Adds the rows `indexes` of the UTC day that begins at `midnight`; each lies in one bucket.
    ///
    /// - Complexity: O(rows · kept metrics).
    package mutating func add(_ rows: LevelRows, _ indexes: Range<Int>, of midnight: Int64) {
        guard !indexes.isEmpty else { return }
        let samples = rows.columns[LevelRows.places.samples]
        let covered = rows.columns[LevelRows.places.covered]
        let overloaded = rows.columns[LevelRows.places.overloaded]
        let means = rows.columns[LevelRows.places.mean]
        let start = bucket
        for index in indexes {
            advance(to: midnight + Int64(index) * rows.stepMilliseconds)
            self.samples[bucket] &+= samples[index]
            guard covered[index] > 0 else { continue }
            coveredTicks[bucket] += Int64(covered[index])
            overloadedTicks[bucket] += Int64(overloaded[index])
            energies[bucket] +=
                Energy.of(thousandths: Int(means[index])) * Double(covered[index])
        }
        for places in LevelRows.extremePlaces where !minima[places.metric].isEmpty {
            bucket = start
            extend(rows, indexes, midnight, places)
        }
    }

    private mutating func extend(
        _ rows: LevelRows, _ indexes: Range<Int>, _ midnight: Int64,
        _ places: LevelRows.ExtremePlaces
    ) {
        let low = rows.columns[places.minimum]
        let high = rows.columns[places.maximum]
        for index in indexes {
            advance(to: midnight + Int64(index) * rows.stepMilliseconds)
            let (minimum, maximum) = (
                Int16(truncatingIfNeeded: low[index]), Int16(truncatingIfNeeded: high[index])
            )
            guard maximum != Levels.none else { continue }
            let known = minima[places.metric][bucket]
            minima[places.metric][bucket] =
                known == Levels.none ? minimum : Swift.min(known, minimum)
            maxima[places.metric][bucket] = Swift.max(maxima[places.metric][bucket], maximum)
            if let last = places.last {
                lasts[places.metric][bucket] = Int16(truncatingIfNeeded: rows.columns[last][index])
            }
        }
    }

    /// Adds the histogram of a stretch that begins at `start` and lies in one bucket; `nil` ticks
    /// are not there.
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
