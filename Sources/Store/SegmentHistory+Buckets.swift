//  SegmentHistory+Buckets.swift · Store
//
//  Questions in buckets: planned, read piece by piece, and cut in two when that is worth a second
//  core.

import Monitoring

extension SegmentHistory {
    /// See ``LevelHistory/buckets(_:)``.
    func readBuckets(_ question: BucketQuestion) async -> StoredBuckets {
        let kinds = BucketPlan.kinds(for: question)
        guard let unit = view.unit(question.unit) else {
            return StoredBuckets(
                buckets: SegmentHistory.empty(question), source: .raw, completeUntil: nil,
                damage: view.missing(of: question.unit, in: question.range))
        }
        let parts = SegmentHistory.parts(of: question, kinds: kinds)
        var answers: [StoredBuckets] = []
        if parts.count == 1 {
            answers = [unit.buckets(question, kinds: kinds)]
        } else {
            answers = await withTaskGroup(of: (Int, StoredBuckets).self) { group in
                for (number, part) in parts.enumerated() {
                    group.addTask { (number, unit.buckets(part, kinds: kinds)) }
                }
                var found: [(Int, StoredBuckets)] = []
                for await part in group { found.append(part) }
                return found.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
        var damage: [Damage] = []
        for part in answers.flatMap(\.damage) where !damage.contains(part) { damage.append(part) }
        return StoredBuckets(
            buckets: .joining(answers.map(\.buckets)),
            source: answers.map(\.source).first { $0 != .raw } ?? .raw,
            completeUntil: unit.newest,
            damage: self.damage(damage, of: question.unit, in: question.range))
    }

    private static func empty(_ question: BucketQuestion) -> LevelBuckets {
        LevelBuckets(
            edges: question.edges, range: question.range, metrics: MetricSet(question.metrics),
            histograms: question.histograms)
    }

    /// The time whose frames, at one a second, or histograms one core goes through in about a
    /// millisecond.
    private static let framesWholeMilliseconds: Int64 = 3 * 86_400_000
    private static let histogramsWholeMilliseconds: Int64 = 60 * 86_400_000

    /// The question, or its parts, cut at edges: frames and histograms are work for two cores,
    /// rows are not.
    private static func parts(
        of question: BucketQuestion, kinds: [RollupKind]
    ) -> [BucketQuestion] {
        let length = question.range.milliseconds
        let whole =
            kinds.isEmpty
            ? framesWholeMilliseconds
            : question.histograms ? histogramsWholeMilliseconds : Int64.max
        guard length > whole, question.edges.count > 8 else { return [question] }
        // More parts than cores, so that none waits long for the other.
        let count = 4
        let bounds = (0...count).map { $0 * (question.edges.count - 1) / count }
        return zip(bounds, bounds.dropFirst()).compactMap { low, high in
            let start = max(question.range.start.milliseconds, question.edges[low])
            let end = min(question.range.end.milliseconds, question.edges[high])
            return TimeRange(
                start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end)
            ).map {
                BucketQuestion(
                    unit: question.unit, range: $0, edges: Array(question.edges[low...high]),
                    metrics: question.metrics, exceedances: question.exceedances,
                    histograms: question.histograms)
            }
        }
    }
}

extension UnitView {
    /// Answers a question on the caller's thread.
    func buckets(_ question: BucketQuestion, kinds: [RollupKind]) -> StoredBuckets {
        PageReader.withSpare { buckets(question, kinds: kinds, with: $0) }
    }

    private func buckets(
        _ question: BucketQuestion, kinds: [RollupKind], with reader: PageReader
    ) -> StoredBuckets {
        let wanted = MetricSet(question.metrics)
        var damage: [Damage] = []
        var buckets = LevelBuckets(
            edges: question.edges, range: question.range, metrics: wanted,
            histograms: question.histograms)
        let plan = BucketPlan(
            question, kinds: kinds,
            settled: kinds.isEmpty ? [:] : settledDays(in: question.range, damage: &damage))
        var rowMemory = LevelRows()
        for piece in plan.pieces {
            switch piece {
            case .frames(let range):
                addFrames(of: range, to: &buckets, wanted, reader, &damage)
            case .rows(let day, let kind, let rows):
                let range = BucketPlan.range(of: rows, kind, on: day.midnight)
                buckets.begin(range)
                do {
                    try add(day, kind, rows, to: &buckets, wanted, reader, &rowMemory)
                } catch {
                    damage.append(Damage(kind, of: name, on: day, error))
                    addFrames(of: range, to: &buckets, wanted, reader, &damage)
                }
            }
        }
        return StoredBuckets(
            buckets: buckets, source: plan.source, completeUntil: newest, damage: damage)
    }

    private func addFrames(
        of range: TimeRange, to buckets: inout LevelBuckets, _ wanted: MetricSet,
        _ reader: PageReader, _ damage: inout [Damage]
    ) {
        buckets.begin(range)
        let items = items(around: range, damage: &damage)
        forEachCluster(of: items, wanted: wanted, with: reader, damage: &damage) { columns in
            buckets.add(columns)
            return true
        }
    }

    /// Adds rows, all or none of them.
    private func add(
        _ day: BucketPlan.SettledDay, _ kind: RollupKind, _ rows: Range<Int>,
        to buckets: inout LevelBuckets, _ wanted: MetricSet, _ reader: PageReader,
        _ memory: inout LevelRows
    ) throws {
        try day.segment.read(
            kind, of: day.row, wanted: wanted, in: day.file, with: reader, into: &memory)
        guard !buckets.histograms.isEmpty else {
            buckets.add(memory, rows, of: day.midnight)
            return
        }
        let isWholeDay = rows.count == kind.rowCount && !buckets.hasEdge(inDay: day.midnight)
        let source = isWholeDay ? RollupKind.dayHistogram : .hourHistograms
        let histograms = try day.segment.histograms(
            source, of: day.row, wanted: isWholeDay ? 0..<1 : rows, in: day.file, with: reader)
        buckets.add(memory, rows, of: day.midnight)
        buckets.begin(BucketPlan.range(of: rows, kind, on: day.midnight))
        histograms.forEach { number, first, ticks in
            buckets.add(
                histogram: ticks, from: first,
                at: day.midnight + Int64(number) * source.stepMilliseconds)
        }
    }
}

extension BucketPlan {
    /// The time of some rows of a day.
    fileprivate static func range(
        of rows: Range<Int>, _ kind: RollupKind, on midnight: Int64
    ) -> TimeRange {
        TimeRange(
            start: Timestamp(milliseconds: midnight + Int64(rows.lowerBound) * kind.stepMilliseconds),
            end: Timestamp(milliseconds: midnight + Int64(rows.upperBound) * kind.stepMilliseconds)
        )!
    }
}

extension LevelBuckets {
    /// Whether buckets meet inside a UTC day.
    fileprivate func hasEdge(inDay midnight: Int64) -> Bool {
        var low = 0
        var high = edges.count
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] <= midnight { low = middle + 1 } else { high = middle }
        }
        return low < edges.count && edges[low] < midnight + Dwell.dayMilliseconds
    }
}

extension Damage {
    /// Rows that cannot be read; frames took their place.
    fileprivate init(
        _ kind: RollupKind, of unit: UnitID, on day: BucketPlan.SettledDay, _ error: any Error
    ) {
        self.init(
            file: day.segment.name, kind: "page", unit: unit,
            from: Timestamp(milliseconds: day.midnight),
            to: Timestamp(milliseconds: day.midnight + SegmentFormat.dayMilliseconds),
            detail: "A rollup (\(kind)) cannot be read: \(error). Frames took its place.")
    }
}
