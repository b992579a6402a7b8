//  ImportedDay.swift · Store
//
//  What an import brought of one UTC day, and writing it as a segment under a temporary name.

import Monitoring

/// Frames of one UTC day as they came: by unit, in stretches that each ascend.
struct ImportedDay: Sendable {
    let midnight: Int64
    private(set) var units: [UnitRef: Unit] = [:]
    private(set) var count = 0

    struct Unit: Sendable {
        let name: UnitID
        var parts: [FrameColumns]
    }

    init(midnight: Int64) { self.midnight = midnight }

    /// Adds frames of the day, ascending. Amortised O(frames).
    mutating func add(_ columns: FrameColumns, of ref: UnitRef, named name: UnitID) {
        guard let first = columns.times.first else { return }
        count += columns.count
        var unit = units.removeValue(forKey: ref) ?? Unit(name: name, parts: [])
        if let last = unit.parts.last?.times.last, last < first {
            unit.parts[unit.parts.count - 1].append(columns)
        } else {
            unit.parts.append(columns)
        }
        units[ref] = unit
    }

    /// What became of frames, and where they are.
    struct Written: Sendable {
        /// Under its temporary name; `nil` when all of it was stored already.
        let segment: Segment?
        let summary: AppendSummary
        /// By unit: its newest frame.
        let newest: [UnitRef: Int64]
    }

    /// Writes what is not stored yet as a durable segment that nobody lists.
    ///
    /// - Parameters:
    ///   - name: of the file, inside `tmp/`.
    ///   - written: segments of the same import, which were there first.
    func write(
        to name: String, uuid: SegmentUUID, lsnMaximum: UInt64, on disk: any Disk,
        view: StoreView, after written: [Segment]
    ) throws -> Written {
        var summary = AppendSummary()
        var newest: [UnitRef: Int64] = [:]
        var fresh: [(UnitRef, Unit, FrameColumns)] = []
        for (ref, unit) in units.sorted(by: { $0.key < $1.key }) {
            let merged = FrameColumns.merging(unit.parts)
            for part in unit.parts where part.count < merged.count || unit.parts.count > 1 {
                ImportedDay.compare(part, with: merged, of: unit.name, &summary)
            }
            // Each frame met itself once.
            if unit.parts.count > 1 { summary.duplicates -= merged.count }
            let rest = withoutStored(merged, of: ref, in: view, after: written, &summary)
            guard let last = rest.times.last else { continue }
            summary.accepted += rest.count
            newest[ref] = last
            fresh.append((ref, unit, rest))
        }
        guard !fresh.isEmpty else {
            return Written(segment: nil, summary: summary, newest: newest)
        }
        var writer = SegmentWriter(
            file: try disk.create(name), level: 1, uuid: uuid, first: midnight,
            last: midnight + SegmentFormat.dayMilliseconds - 1)
        for (ref, unit, columns) in fresh { try writer.add(ref, unit.name, columns) }
        try writer.finish(lsnMaximum: lsnMaximum, replacing: [])
        return Written(
            segment: try Segment(name: name, in: SegmentFiles(disk: disk)), summary: summary,
            newest: newest)
    }

    private func withoutStored(
        _ columns: FrameColumns, of ref: UnitRef, in view: StoreView, after written: [Segment],
        _ summary: inout AppendSummary
    ) -> FrameColumns {
        guard let first = columns.times.first, let last = columns.times.last,
            let unit = view.unit(numbered: ref)?.with(written)
        else { return columns }
        let range = TimeRange(
            start: Timestamp(milliseconds: first), end: Timestamp(milliseconds: last + 1))!
        let stored = unit.frames(in: range, limit: .max).columns
        guard !stored.isEmpty else { return columns }
        ImportedDay.compare(columns, with: stored, of: unit.name, &summary)
        var fresh = FrameColumns()
        var start = 0
        for index in 0...columns.count {
            guard index == columns.count || stored.index(at: columns.times[index]) != nil else {
                continue
            }
            fresh.append(columns, start..<index)
            start = index + 1
        }
        return fresh
    }

    /// Counts the frames that `known` has: duplicates and conflicts.
    private static func compare(
        _ columns: FrameColumns, with known: FrameColumns, of unit: UnitID,
        _ summary: inout AppendSummary
    ) {
        for index in 0..<columns.count {
            guard let place = known.index(at: columns.times[index]) else { continue }
            if StoredValues(columns, index) == StoredValues(known, place) {
                summary.duplicates += 1
            } else {
                summary.conflictsByUnit[unit, default: 0] += 1
            }
        }
    }
}
