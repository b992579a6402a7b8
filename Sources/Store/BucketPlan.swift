//  BucketPlan.swift · Store
//
//  What a question in buckets is answered from: the coarsest rows that give the same as frames.
//
//      edges       ├────────┬────────┬────────┬───────┤   whole hours
//      settled        ├── day ──┤├── day ──┤               one segment holds all of the unit's day
//      pieces      ▒▒▒░████████████████████░▒▒▒▒▒▒▒▒▒▒▒   █ hours  ░ 5 min  ▒ frames

import Monitoring

/// The parts of a question, in time order, without holes or overlap.
struct BucketPlan {
    /// A UTC day of a unit that one segment holds alone, with rollups.
    struct SettledDay {
        let midnight: Int64
        let segment: Segment
        let file: any DiskFile
        let row: UnitRow
    }

    enum Piece {
        case frames(TimeRange)
        /// Rows of a day, by number.
        case rows(SettledDay, RollupKind, Range<Int>)
    }

    private(set) var pieces: [Piece] = []
    private(set) var source = BucketSource.raw

    /// - Parameters:
    ///   - kinds: see ``kinds(for:)``.
    ///   - settled: by UTC midnight, for the days of the range.
    init(_ question: BucketQuestion, kinds: [RollupKind], settled: [Int64: SettledDay]) {
        var start = question.range.start.milliseconds
        let end = question.range.end.milliseconds
        while start < end {
            let midnight = Dwell.midnight(before: start)
            let stop = min(end, midnight + SegmentFormat.dayMilliseconds)
            if let day = settled[midnight], !kinds.isEmpty {
                cover(start, stop, of: day, with: kinds[...])
            } else {
                addFrames(start, stop)
            }
            start = stop
        }
    }

    /// The rows that fit the question's edges, coarsest first: all edges inside the range lie on
    /// their borders. Histograms are of hours only.
    static func kinds(for question: BucketQuestion) -> [RollupKind] {
        let inner = question.edges.dropFirst().dropLast()
        func fits(_ kind: RollupKind) -> Bool {
            inner.allSatisfy { $0 % kind.stepMilliseconds == 0 }
        }
        if fits(.hours) { return question.histograms ? [.hours] : [.hours, .fiveMinutes] }
        return !question.histograms && fits(.fiveMinutes) ? [.fiveMinutes] : []
    }

    private mutating func cover(
        _ start: Int64, _ end: Int64, of day: SettledDay, with kinds: ArraySlice<RollupKind>
    ) {
        guard start < end else { return }
        guard let kind = kinds.first else { return addFrames(start, end) }
        let step = kind.stepMilliseconds
        let first = (start - day.midnight + step - 1) / step
        let last = (end - day.midnight) / step
        guard first < last else { return cover(start, end, of: day, with: kinds.dropFirst()) }
        cover(start, day.midnight + first * step, of: day, with: kinds.dropFirst())
        pieces.append(.rows(day, kind, Int(first)..<Int(last)))
        if source != .hours { source = kind == .hours ? .hours : .fiveMinutes }
        cover(day.midnight + last * step, end, of: day, with: kinds.dropFirst())
    }

    private mutating func addFrames(_ start: Int64, _ end: Int64) {
        if case .frames(let before)? = pieces.last {
            pieces[pieces.count - 1] = .frames(
                TimeRange(start: before.start, end: Timestamp(milliseconds: end))!)
        } else {
            pieces.append(
                .frames(
                    TimeRange(
                        start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end))!))
        }
    }
}

extension UnitView {
    /// The days of `range` that are settled, by midnight. Damaged rows are named.
    func settledDays(in range: TimeRange, damage: inout [Damage]) -> [Int64: BucketPlan.SettledDay] {
        let start = Dwell.midnight(before: range.start.milliseconds)
        let end = range.end.milliseconds
        var days: [Int64: BucketPlan.SettledDay] = [:]
        var unsettled: Set<Int64> = []
        // Days whose frames were let go: their rollups are all there will ever be of most of it.
        let released = segments.filter {
            !$0.header.holdsFrames && $0.header.first < end && $0.header.last >= start
        }
        func unsettle(_ first: Int64, _ last: Int64) {
            var day = max(start, Dwell.midnight(before: first))
            while day <= min(last, end) {
                unsettled.insert(day)
                day += SegmentFormat.dayMilliseconds
            }
        }
        if !head.isEmpty {
            for part in head.frames.byDay() { unsettle(part.frames.times[0], part.frames.times[0]) }
        }
        for segment in segments
        where segment.header.holdsFrames && segment.header.first < end
            && segment.header.last >= start
        {
            guard segment.level > 0 else {
                // Late frames may lie on other days than the rest.
                for (_, block) in blocks(in: segment, from: start, to: end, damage: &damage) {
                    unsettle(block.first, block.first)
                }
                continue
            }
            let midnight = Dwell.midnight(before: segment.header.first)
            do {
                let file = try segment.file()
                guard let row = try segment.row(of: ref, in: file) else { continue }
                if days[midnight] != nil || row.rollups.isEmpty { unsettled.insert(midnight) }
                days[midnight] = .init(midnight: midnight, segment: segment, file: file, row: row)
            } catch {
                // Named by whoever reads the frames.
                unsettled.insert(midnight)
            }
        }
        for day in unsettled { days[day] = nil }
        // What came for a released day afterwards is in no row: the first write wins.
        for segment in released.reversed() {
            guard let file = try? segment.file(), let row = try? segment.row(of: ref, in: file),
                !row.rollups.isEmpty
            else { continue }
            let midnight = Dwell.midnight(before: segment.header.first)
            days[midnight] = .init(midnight: midnight, segment: segment, file: file, row: row)
        }
        unsettled = []
        for tombstone in tombstones { unsettle(tombstone.from, tombstone.to - 1) }
        for day in unsettled { days[day] = nil }
        return days
    }
}
