//  SegmentHistory+Intervals.swift · Store
//
//  Meter intervals, from the block directories: a block is of one run, so its entry says where a
//  run has frames without reading any. Only the block with a run's last frame is decoded.
//
//      run a   ├──block──┤├─block─┤                    a ends here
//      run b                        ├─block─┤├─head──  b is open
//
//  A run is known by its start, not by its place: late and imported frames may lie among those of
//  another run, and belong to their own all the same.

import Monitoring

extension SegmentHistory {
    /// See ``LevelHistory/meterIntervals(of:in:limit:)``.
    ///
    /// - Complexity: O(blocks from the range's start on), and a block decoded for each interval.
    func readIntervals(of unit: UnitID, in range: TimeRange, limit: Int) -> StoredIntervals {
        let (ref, head, segments, newest) = view.withState { state in
            let ref = state.refs[unit]
            return (
                ref, ref.map { state.heads[Int($0)] }, state.segments,
                ref.flatMap { state.newest[Int($0)] }
            )
        }
        var answer = StoredIntervals(
            intervals: [], hasMore: false,
            completeUntil: newest.map(Timestamp.init(milliseconds:)),
            damage: view.missing(of: unit, in: range))
        guard let ref, let head, let newest else { return answer }
        var ends = RunEnds()
        for segment in segments where segment.header.last >= range.start.milliseconds {
            for block in segment.index.unit(ref)?.blocks ?? [] { ends.add(block, of: segment) }
        }
        ends.add(head.frames)
        let wanted = ends.byStart.filter { start, end in
            let touches = start < range.end && end.time >= range.start
            return range.contains(end.time) || (end.time.milliseconds == newest && touches)
        }.sorted { $0.value.time < $1.value.time }
        let zstd = ZstdDecompressor()
        for (start, end) in wanted {
            guard answer.intervals.count < limit else {
                answer.hasMore = true
                break
            }
            do {
                let levels = try end.place.levels(with: zstd)
                answer.intervals.append(
                    MeterInterval(
                        start: start, to: end.time, levels: levels,
                        isOpen: end.time.milliseconds == newest))
            } catch {
                guard case .block(let segment, let block) = end.place else { continue }
                answer.damage.append(Damage(block, of: unit, in: segment, error))
            }
        }
        return answer
    }
}

/// The last frame of each run.
private struct RunEnds {
    enum Place {
        case head(Levels)
        /// Its last frame.
        case block(Segment, BlockEntry)

        func levels(with decompressor: borrowing ZstdDecompressor) throws -> Levels {
            switch self {
            case .head(let levels): return levels
            case .block(let segment, let block):
                let columns = try segment.read(block, with: decompressor)
                return RunEnds.result(columns, 0..<columns.count)
            }
        }
    }

    struct End {
        let time: Timestamp
        let place: Place
    }

    private(set) var byStart: [Timestamp: End] = [:]

    mutating func add(_ block: BlockEntry, of segment: Segment) {
        add(block.run, block.last, .block(segment, block))
    }

    mutating func add(_ columns: FrameColumns) {
        for (position, span) in columns.runs.enumerated() {
            let end =
                position + 1 < columns.runs.count
                ? columns.runs[position + 1].firstIndex : columns.count
            let result = RunEnds.result(columns, span.firstIndex..<end)
            add(span.run, columns.times[end - 1], .head(result))
        }
    }

    /// The last levels of a stretch that have a result: frames whose cumulative levels contradict
    /// each other are stored without them.
    private static func result(_ columns: FrameColumns, _ span: Range<Int>) -> Levels {
        let index = span.last { columns.levels(at: $0)[.leq] != nil } ?? span.upperBound - 1
        return columns.levels(at: index)
    }

    /// While a meter is stopped there is no start, and nothing to come to a result.
    private mutating func add(_ run: Run, _ last: Int64, _ place: Place) {
        guard let start = run.start else { return }
        if let known = byStart[start], known.time.milliseconds >= last { return }
        byStart[start] = End(time: Timestamp(milliseconds: last), place: place)
    }
}
