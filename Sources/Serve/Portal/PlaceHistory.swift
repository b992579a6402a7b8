//  PlaceHistory.swift · Serve
//
//  What was measured at a place, by whichever unit stood there.
//
//      stays      ├──── unit a ────┤      ├── unit b ──
//      buckets  ──┴──┴──┴──┴──┴──┴─┼──┴──┴┼─┴──┴──┴──     cut where a stay begins or ends

import Monitoring

/// Reads the history of places.
struct PlaceHistory: Sendable {
    private let history: any LevelHistory

    init(_ history: any LevelHistory) { self.history = history }

    /// What buckets are asked for.
    struct Question {
        var range: TimeRange
        /// As for `LevelBuckets`.
        var edges: [Int64]
        var metrics: [Metric] = []
        var exceedances: [Int] = []
    }

    /// Buckets of a place, cut at the edges of stays. Cumulative values are left out as long as their
    /// measurement began before the stay: they are of elsewhere, too.
    func buckets(at place: Place, _ question: Question) async throws -> StoredBuckets {
        let edges = PlaceHistory.cut(question.edges, by: place.stays)
        var parts: [LevelBuckets] = []
        var source: BucketSource?
        var completeUntil: Timestamp?
        var damage: [Damage] = []
        var begin = 0
        while begin + 1 < edges.count {
            let start = Timestamp(milliseconds: edges[begin])
            let stay = place.stays.last { $0.contains(start) }
            var end = begin + 1
            while end + 1 < edges.count,
                place.stays.last(where: { $0.contains(Timestamp(milliseconds: edges[end])) }) == stay
            {
                end += 1
            }
            let part = Array(edges[begin...end])
            let range = PlaceHistory.clip(question.range, to: part)
            begin = end
            guard let stay else {
                parts.append(
                    LevelBuckets(
                        edges: part, range: range,
                        metrics: MetricSet(question.metrics + [.lp]),
                        histograms: !question.exceedances.isEmpty))
                continue
            }
            var stored = try await history.buckets(
                BucketQuestion(
                    unit: stay.unit, range: range, edges: part, metrics: question.metrics,
                    exceedances: question.exceedances))
            if let time = try await ownMeasurements(of: stay) {
                stored.buckets.forgetCumulative(before: time)
            }
            parts.append(stored.buckets)
            source = [source, stored.source].compactMap { $0 }.max { $0.rank < $1.rank }
            completeUntil = stored.completeUntil
            damage += stored.damage
        }
        return StoredBuckets(
            buckets: .joining(parts), source: source ?? .raw, completeUntil: completeUntil,
            damage: damage)
    }

    /// The time from which on all measurements of a stay began in it; `nil`: all did.
    private func ownMeasurements(of stay: UnitStay) async throws -> Timestamp? {
        // It may go on past the stay, and past what is asked for.
        let range = TimeRange(start: stay.from, end: PlaceHistory.endOfTime)!
        let first = try await history.meterIntervals(of: stay.unit, in: range, limit: 1)
            .intervals.first
        guard let first, first.from < stay.from else { return nil }
        return first.isOpen ? PlaceHistory.endOfTime : first.to.advanced(byMilliseconds: 1)
    }

    /// The end of the year 9999.
    private static let endOfTime = Timestamp(milliseconds: 253_402_300_799_999)

    /// `edges` with those of stays between them.
    static func cut(_ edges: [Int64], by stays: [UnitStay]) -> [Int64] {
        guard let first = edges.first, let last = edges.last else { return edges }
        let times = stays.flatMap { [$0.from.milliseconds] + ($0.to.map { [$0.milliseconds] } ?? []) }
        return Set(edges + times.filter { first < $0 && $0 < last }).sorted()
    }

    /// The part of `range` inside `edges`; an empty one at its end when there is none.
    private static func clip(_ range: TimeRange, to edges: [Int64]) -> TimeRange {
        let start = max(range.start, Timestamp(milliseconds: edges[0]))
        let end = min(range.end, Timestamp(milliseconds: edges[edges.count - 1]))
        return TimeRange(start: min(start, end), end: end)!
    }
}

extension BucketSource {
    /// The finer, the higher.
    fileprivate var rank: Int {
        switch self {
        case .hours: 0
        case .fiveMinutes: 1
        case .raw: 2
        }
    }
}
