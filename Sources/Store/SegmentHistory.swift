//  SegmentHistory.swift · Store
//
//  Answers questions about stored levels. Buckets: `SegmentHistory+Buckets`.

package import Monitoring

/// Answers questions about stored levels. Any number at once; none waits for the writer.
package struct SegmentHistory: LevelHistory {
    let view: StoreView

    package func completeUntil(_ unit: UnitID) -> Timestamp? {
        view.withState { state in
            state.refs[unit].flatMap { state.newest[Int($0)] }.map(Timestamp.init(milliseconds:))
        }
    }

    /// Runs off the caller's executor: a long range is work, not waiting.
    @concurrent
    package func frames(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredFrames {
        readFrames(of: unit, in: range, limit: limit)
    }

    @concurrent
    package func buckets(_ question: BucketQuestion) async throws -> StoredBuckets {
        await readBuckets(question)
    }

    @concurrent
    package func meterIntervals(
        of unit: UnitID, in range: TimeRange, limit: Int
    ) async throws -> StoredIntervals {
        readIntervals(of: unit, in: range, limit: limit)
    }

    /// The newest frame of each unit, for carrying on after a restart. O(units), a block each.
    package func newestFrames() -> [Frame] {
        let newest = view.withState { state in
            state.refs.compactMap { name, ref in state.newest[Int(ref)].map { (name, $0) } }
        }
        return newest.compactMap { unit, time in
            let range = TimeRange(
                start: Timestamp(milliseconds: time), end: Timestamp(milliseconds: time + 1))!
            let found = readFrames(of: unit, in: range, limit: 1).columns
            return found.isEmpty ? nil : found.frame(at: 0, of: unit)
        }
    }

    func readFrames(of name: UnitID, in range: TimeRange, limit: Int) -> StoredFrames {
        view.unit(name)?.frames(in: range, limit: limit)
            ?? StoredFrames(
                columns: FrameColumns(), hasMore: false, completeUntil: nil, damage: [])
    }
}
