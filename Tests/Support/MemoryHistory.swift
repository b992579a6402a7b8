//  MemoryHistory.swift · Support
//
//  Frames in an array, told as the store would: from frames, never from rows.

package import Monitoring

/// Frames in memory, oldest first.
package struct MemoryHistory: LevelHistory {
    package let stored: [Frame]

    package init(_ frames: [Frame]) { stored = frames }

    private func frames(of unit: UnitID) -> [Frame] { stored.filter { $0.unit == unit } }

    package func completeUntil(_ unit: UnitID) -> Timestamp? { frames(of: unit).last?.time }

    package func frames(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredFrames {
        let found = frames(of: unit).filter { range.contains($0.time) }
        return StoredFrames(
            columns: FrameColumns(Array(found.prefix(limit))), hasMore: found.count > limit,
            completeUntil: completeUntil(unit), damage: [])
    }

    package func buckets(_ question: BucketQuestion) async throws -> StoredBuckets {
        var buckets = LevelBuckets(
            edges: question.edges, range: question.range, metrics: MetricSet(question.metrics),
            histograms: question.histograms)
        buckets.add(FrameColumns(frames(of: question.unit)))
        return StoredBuckets(
            buckets: buckets, source: .raw, completeUntil: completeUntil(question.unit), damage: [])
    }

    package func meterIntervals(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredIntervals {
        var runs: [[Frame]] = []
        for frame in frames(of: unit) {
            if let last = runs.last?.last, last.measurementStart == frame.measurementStart {
                runs[runs.count - 1].append(frame)
            } else {
                runs.append([frame])
            }
        }
        let all = runs.enumerated().compactMap { index, run in
            run[0].measurementStart.map {
                MeterInterval(
                    start: $0, to: run.last!.time, levels: run.last!.levels,
                    isOpen: index == runs.count - 1)
            }
        }
        let found = all.filter {
            range.contains($0.to) || $0.isOpen && $0.from < range.end && range.start <= $0.to
        }
        return StoredIntervals(
            intervals: Array(found.prefix(limit)), hasMore: found.count > limit,
            completeUntil: completeUntil(unit), damage: [])
    }
}
