//  Summary+History.swift · Monitoring
//
//  A summary asks history for buckets three times, so that each is answered from the coarsest rows:
//  by row with histograms, by part of the day without, and once for the time before the first row.

/// The rows of a summary, made of frames on disk.
package struct StoredSummary: Sendable {
    package var rows: [SummaryRow]
    /// Of the rows; parts of days may be made of others.
    package var source: BucketSource
    package var completeUntil: Timestamp?
    /// What could not be read.
    package var damage: [Damage]
}

extension LevelHistory {
    /// What the periods of a range came to.
    package func summary(_ question: SummaryQuestion) async throws -> StoredSummary {
        let plan = SummaryPlan(question)
        async let levels = buckets(plan.levels(of: question))
        async let before = buckets(plan.before(question))
        let parts: StoredBuckets?
        if let wanted = plan.parts(of: question) {
            parts = try await buckets(wanted)
        } else {
            parts = nil
        }
        let found = try await levels
        let earlier = try await before
        let rows = Summary(question, plan).rows(
            found.buckets, before: earlier.buckets, parts: parts?.buckets)
        var damage = found.damage
        for part in (parts?.damage ?? []) + earlier.damage where !damage.contains(part) {
            damage.append(part)
        }
        return StoredSummary(
            rows: rows, source: found.source, completeUntil: found.completeUntil, damage: damage)
    }
}

extension SummaryPlan {
    /// A bucket for each row, with the time by level when anything asks for it.
    package func levels(of question: SummaryQuestion) -> BucketQuestion {
        BucketQuestion(
            unit: question.unit, range: question.range, edges: edges, metrics: [.lmax, .lmin],
            exceedances: question.exceedances, histograms: !question.thresholds.isEmpty)
    }

    /// One bucket: a row's length, at most a day, up to the range. What the meter showed last in
    /// it tells which of its extremes are of the first row.
    package func before(_ question: SummaryQuestion) -> BucketQuestion {
        let end = question.range.start
        let length = min(
            question.period?.leastMilliseconds ?? Dwell.dayMilliseconds, Dwell.dayMilliseconds)
        let range = TimeRange(start: end.advanced(byMilliseconds: -length), end: end)!
        return BucketQuestion(
            unit: question.unit, range: range,
            edges: [range.start.milliseconds, range.end.milliseconds], metrics: [.lmax, .lmin])
    }

    /// A bucket for each part of a day.
    package func parts(of question: SummaryQuestion) -> BucketQuestion? {
        parts.map {
            BucketQuestion(unit: question.unit, range: $0.range, edges: $0.edges, metrics: [])
        }
    }
}
