//  SegmentHistory.swift · Store
//
//  Reading: blocks of segments and heads, merged where they overlap, fed on in time order.
//
//      seg a  ├──1──┤├──2──┤
//      seg b          ├─3─┤                      3 overlaps 2: one cluster, merged
//      head                     ├──4──┤
//      out    ├──1──┤├──2+3─┤   ├──4──┤

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
    package func buckets(
        of unit: UnitID, in range: TimeRange, edges: [Int64]
    ) async throws -> StoredBuckets {
        readBuckets(of: unit, in: range, edges: edges)
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

    func readFrames(of unit: UnitID, in range: TimeRange, limit: Int) -> StoredFrames {
        let sources = view.sources(of: unit, around: range)
        var found = FrameColumns()
        var damage = view.missing(of: unit, in: range)
        var hasMore = false
        forEachCluster(of: sources, unit: unit, damage: &damage) { columns in
            let indexes = columns.indexes(in: range)
            let room = limit - found.count
            found.append(columns, indexes.prefix(room))
            hasMore = indexes.count > room
            return !hasMore
        }
        return StoredFrames(
            columns: found, hasMore: hasMore, completeUntil: sources.newest, damage: damage)
    }

    func readBuckets(of unit: UnitID, in range: TimeRange, edges: [Int64]) -> StoredBuckets {
        let sources = view.sources(of: unit, around: range)
        var buckets = LevelBuckets(edges: edges, range: range)
        var damage = view.missing(of: unit, in: range)
        forEachCluster(of: sources, unit: unit, damage: &damage) { columns in
            buckets.add(columns)
            return true
        }
        return StoredBuckets(
            buckets: buckets, completeUntil: sources.newest, damage: damage)
    }

    /// Calls `body` with stretches of frames in time order until it answers false. A block that
    /// cannot be read is named in `damage` and left out.
    private func forEachCluster(
        of sources: Sources, unit: UnitID, damage: inout [Damage],
        _ body: (FrameColumns) -> Bool
    ) {
        let zstd = ZstdDecompressor()
        var position = 0
        while position < sources.items.count {
            var end = position + 1
            var last = sources.items[position].last
            while end < sources.items.count, sources.items[end].first <= last {
                last = max(last, sources.items[end].last)
                end += 1
            }
            var parts: [FrameColumns] = []
            for item in sources.items[position..<end] {
                switch item {
                case .head(let columns): parts.append(columns)
                case .block(let segment, let block):
                    do {
                        parts.append(try segment.read(block, with: zstd))
                    } catch {
                        let one = Damage(block, of: unit, in: segment, error)
                        damage.append(one)
                        _ = view.note([one])
                    }
                }
            }
            let columns = FrameColumns.merging(parts)
            if !columns.isEmpty, !body(columns) { return }
            position = end
        }
    }
}

extension Damage {
    /// A block that cannot be read.
    init(_ block: BlockEntry, of unit: UnitID, in segment: Segment, _ error: any Error) {
        self.init(
            file: segment.name, kind: "page", unit: unit,
            from: Timestamp(milliseconds: block.first), to: Timestamp(milliseconds: block.last),
            detail: "A block of \(block.count) frames cannot be read: \(error).")
    }
}
