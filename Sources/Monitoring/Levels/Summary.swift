//  Summary.swift · Monitoring
//
//  What a period came to: indicators, extremes, a verdict. All numbers by `docs/acoustics.md`.

/// One period of one unit.
package struct SummaryRow: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable {
        /// LAeq, rounded to 0.1 dB, is at most the limit.
        case kept
        case above
        /// There is no limit, or too little is covered.
        case notJudged = "not_judged"
    }

    package let range: TimeRange
    /// Covered time and that of it over range, in ticks of ``Dwell/tickMilliseconds``.
    package var coveredTicks: Int64 = 0
    package var overloadedTicks: Int64 = 0
    /// Frames with a value of `lp`.
    package var samples = 0
    /// Energy mean of `lp` in dB, not rounded; `nil` below the minimum coverage.
    package var laeq: Double?
    package var lpMax: Level?
    /// The meter's own extremes, where they are the period's.
    package var lmax: Level?
    package var lmin: Level?
    /// LN as asked for, in tenths; `nil` also where there are too few samples.
    package var exceedanceLevels: [Int16?] = []
    /// Lday, Levening, Lnight, each `nil` below the minimum coverage of its own time.
    package var dayEveningNight: [Double?] = [nil, nil, nil]
    package var lden: Double?
    package var ldn: Double?
    /// Time strictly above each threshold, in ticks: as measured, whatever the coverage.
    package var aboveTicks: [Int64] = []
    package var verdict = Verdict.notJudged

    /// Covered share, 0 … 1.
    package var coverage: Double {
        min(1, Double(coveredTicks * Dwell.tickMilliseconds) / Double(range.milliseconds))
    }

    /// The time that a sample stood for on average, in seconds.
    package var typicalCadenceSeconds: Double? {
        samples == 0 || coveredTicks == 0
            ? nil : Double(coveredTicks * Dwell.tickMilliseconds) / 1000 / Double(samples)
    }
}

/// Makes rows of buckets.
package struct Summary: Sendable {
    private let question: SummaryQuestion
    private let plan: SummaryPlan

    package init(_ question: SummaryQuestion, _ plan: SummaryPlan) {
        self.question = question
        self.plan = plan
    }

    /// - Parameters:
    ///   - levels: the buckets of ``SummaryPlan/levels(of:)``.
    ///   - before: the bucket of ``SummaryPlan/before(_:)``.
    ///   - parts: the buckets of ``SummaryPlan/parts(of:)``.
    /// - Complexity: O(rows · (LN + thresholds) · classes).
    package func rows(
        _ levels: LevelBuckets, before: LevelBuckets, parts: LevelBuckets?
    ) -> [SummaryRow] {
        var rows = (0..<levels.count).map { row(levels, $0, before: before) }
        if let parts, let cuts = plan.parts { rate(&rows, parts, cuts) }
        return rows
    }

    private func row(_ levels: LevelBuckets, _ index: Int, before: LevelBuckets) -> SummaryRow {
        var row = SummaryRow(
            range: TimeRange(
                start: Timestamp(milliseconds: plan.edges[index]),
                end: Timestamp(milliseconds: plan.edges[index + 1]))!)
        row.coveredTicks = levels.coveredTicks[index]
        row.overloadedTicks = levels.overloadedTicks[index]
        row.samples = Int(levels.samples[index])
        row.lpMax = Level(stored: levels.maxima[Metric.lp.rawValue][index])
        func last(_ metric: Metric) -> Int16 {
            index == 0 ? before.lasts[metric.rawValue][0] : levels.lasts[metric.rawValue][index - 1]
        }
        func own(_ metric: Metric, _ extremes: [[Int16]], _ others: [[Int16]]) -> Level? {
            Summary.own(
                extremes[metric.rawValue][index], from: others[metric.rawValue][index],
                last: levels.lasts[metric.rawValue][index], before: last(metric))
        }
        row.lmax = own(.lmax, levels.maxima, levels.minima)
        row.lmin = own(.lmin, levels.minima, levels.maxima)
        let isJudged = isEnough(row.coveredTicks, of: row.range.milliseconds)
        row.laeq = isJudged ? levels.mean(index) : nil
        row.exceedanceLevels = question.exceedances.map {
            isJudged ? levels.exceedanceLevel(percent: $0, index) : nil
        }
        row.aboveTicks = question.thresholds.map {
            levels.histograms[index].ticks(above: Int($0.tenths))
        }
        if let laeq = row.laeq, let limit = question.limit {
            row.verdict = Summary.verdict(laeq, limit: limit)
        }
        return row
    }

    /// Whether so much covered time gives a time of `milliseconds` its indicators.
    private func isEnough(_ ticks: Int64, of milliseconds: Int64) -> Bool {
        ticks > 0
            && ticks * Dwell.tickMilliseconds * 100
                >= milliseconds * Int64(question.minimumCoveragePercent)
    }

    /// Whether a level is above a limit, as people read both: in 0.1 dB, half away from zero.
    package static func verdict(_ level: Double, limit: Level) -> SummaryRow.Verdict {
        (level * 10).rounded(.toNearestOrAwayFromZero) > Double(limit.tenths) ? .above : .kept
    }

    /// The meter's extreme since its measurement began, where it is the period's own: another than
    /// the meter showed last before, or reached step by step.
    ///
    /// - Parameters:
    ///   - other: the opposite extreme of the same metric in the period.
    ///   - last: its newest value in the period.
    ///   - before: its newest value in the time before; all may be `Levels.none`.
    static func own(
        _ extreme: Int16, from other: Int16, last: Int16, before: Int16
    ) -> Level? {
        let isNew = before != Levels.none && before != extreme
        let isReached = other != extreme && last == extreme
        return isNew || isReached ? Level(stored: extreme) : nil
    }

    // MARK: - Parts of days

    private func rate(_ rows: inout [SummaryRow], _ levels: LevelBuckets, _ cuts: SummaryParts) {
        for (index, division) in cuts.divisions.enumerated() {
            let count = division.parts.count
            var sums = Array(repeating: Sum(), count: rows.count * count)
            for (stretch, owner) in cuts.owners[index].enumerated() {
                guard let owner else { continue }
                let place = owner.row * count + owner.part
                sums[place].milliseconds += cuts.edges[stretch + 1] - cuts.edges[stretch]
                sums[place].ticks += levels.coveredTicks[stretch]
                sums[place].energy += levels.energies[stretch]
            }
            for row in rows.indices {
                let means = sums[row * count..<(row + 1) * count].map { sum in
                    isEnough(sum.ticks, of: sum.milliseconds)
                        ? LevelBuckets.mean(sum.energy, Double(sum.ticks)) : nil
                }
                let rating = division.rating(means)
                if index == 0 {
                    rows[row].dayEveningNight = means
                    rows[row].lden = rating
                } else {
                    rows[row].ldn = rating
                }
            }
        }
    }

    private struct Sum {
        /// The length of the part's time, covered or not.
        var milliseconds: Int64 = 0
        var ticks: Int64 = 0
        var energy = 0.0
    }
}

extension Level {
    /// A level in tenths, as ``Levels`` holds it; `Levels.none` is `nil`.
    init?(stored tenths: Int16) {
        guard tenths != Levels.none else { return nil }
        self.init(tenths: tenths)
    }
}
