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
    func readIntervals(of name: UnitID, in range: TimeRange, limit: Int) -> StoredIntervals {
        var answer = StoredIntervals(
            intervals: [], hasMore: false, completeUntil: nil,
            damage: view.missing(of: name, in: range))
        guard let unit = view.unit(name), let newest = unit.newest?.milliseconds else {
            return answer
        }
        answer.completeUntil = unit.newest
        var ends = RunEnds()
        let reader = PageReader()
        let start = range.start.milliseconds
        for segment in unit.segments where segment.header.last >= start {
            let blocks = unit.blocks(in: segment, from: start, to: .max, damage: &answer.damage)
            for (file, block) in blocks {
                guard unit.isPartlyDeleted(block, in: segment) else {
                    ends.add(block, of: segment, in: file)
                    continue
                }
                do {
                    let columns = try segment.read(block, in: file, with: reader)
                    ends.add(columns.without(unit.tombstones, of: unit.ref, in: segment))
                } catch {
                    answer.damage.append(Damage(block, of: name, in: segment, error))
                }
            }
        }
        ends.add(unit.head.frames)
        let wanted = ends.byStart.filter { start, end in
            let touches = start < range.end && end.time >= range.start
            return range.contains(end.time) || (end.time.milliseconds == newest && touches)
        }.sorted { $0.value.time < $1.value.time }
        for (start, end) in wanted {
            guard answer.intervals.count < limit else {
                answer.hasMore = true
                break
            }
            do {
                let levels = try end.place.levels(with: reader)
                answer.intervals.append(
                    MeterInterval(
                        start: start, to: end.time, levels: levels,
                        isOpen: end.time.milliseconds == newest))
            } catch {
                guard case .block(let segment, _, let block) = end.place else { continue }
                answer.damage.append(Damage(block, of: name, in: segment, error))
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
        case block(Segment, any DiskFile, BlockEntry)

        func levels(with reader: PageReader) throws -> Levels {
            switch self {
            case .head(let levels): return levels
            case .block(let segment, let file, let block):
                let columns = try segment.read(block, in: file, with: reader)
                return RunEnds.result(columns, 0..<columns.count)
            }
        }
    }

    struct End {
        let time: Timestamp
        let place: Place
    }

    private(set) var byStart: [Timestamp: End] = [:]

    mutating func add(_ block: BlockEntry, of segment: Segment, in file: any DiskFile) {
        add(block.run, block.last, .block(segment, file, block))
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
