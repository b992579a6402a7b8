//  Merge.swift · Store
//
//  One UTC day of several segments, unit by unit.

import Monitoring

/// Merges segments; notes what cannot be read, which is left out.
struct Merge {
    typealias Source = (segment: Segment, file: any DiskFile)

    /// All units that may occur, ascending.
    let refs: [UnitRef]
    let tombstones: [Tombstone]
    /// Units that are never copied as they stand, because pages of theirs cannot be read.
    let rewritten: Set<UnitRef>
    private(set) var damage: [Damage] = []
    private let reader = PageReader()

    init(refs: [UnitRef], tombstones: [Tombstone], rewritten: Set<UnitRef> = []) {
        self.refs = refs
        self.tombstones = tombstones
        self.rewritten = rewritten
    }

    /// The UTC days, by midnight, on which segments hold frames. Late ones may lie far from the
    /// rest.
    mutating func days(of sources: [Source], _ view: StoreView) -> Set<Int64> {
        var days: Set<Int64> = []
        for source in sources {
            let first = Dwell.midnight(before: source.segment.header.first)
            guard first != Dwell.midnight(before: source.segment.header.last) else {
                days.insert(first)
                continue
            }
            for ref in refs {
                for block in blocks(of: ref, in: source, from: .min, to: .max, view) {
                    days.insert(Dwell.midnight(before: block.first))
                }
            }
        }
        return days
    }

    /// Adds all units' frames of the day to `writer`.
    ///
    /// - Parameter sources: in order of publication: of two frames of one time the first stays.
    mutating func write(
        _ midnight: Int64, from sources: [Source], to writer: inout SegmentWriter,
        names view: StoreView
    ) throws {
        let end = midnight + SegmentFormat.dayMilliseconds
        let near = sources.filter {
            $0.segment.header.first < end && $0.segment.header.last >= midnight
        }
        for ref in refs {
            var found: [(Source, UnitRow)] = []
            for source in near {
                if let row = row(of: ref, in: source, view), row.first < end, row.last >= midnight {
                    found.append((source, row))
                }
            }
            guard let ((segment, file), row) = found.first, let name = view.name(of: ref) else {
                continue
            }
            let isWhole = !tombstones.contains {
                $0.hides(ref, of: segment, first: row.first, last: row.last)
            }
            if found.count == 1, segment.level > 0, isWhole, !rewritten.contains(ref),
                let blocks = try? segment.blocks(of: row, in: file)
            {
                try writer.copy(row, name, blocks, in: file)
                continue
            }
            var parts: [FrameColumns] = []
            for (source, _) in found {
                for block in blocks(of: ref, in: source, from: midnight, to: end - 1, view) {
                    do {
                        parts.append(
                            try source.segment.read(block, in: source.file, with: reader)
                                .without(tombstones, of: ref, in: source.segment))
                    } catch {
                        damage.append(Damage(block, of: name, in: source.segment, error))
                    }
                }
            }
            let columns = FrameColumns.merging(parts)
            if !columns.isEmpty { try writer.add(ref, name, columns) }
        }
    }

    private mutating func row(of ref: UnitRef, in source: Source, _ view: StoreView) -> UnitRow? {
        do {
            return try source.segment.row(of: ref, in: source.file)
        } catch {
            note(error, of: ref, in: source.segment, view)
            return nil
        }
    }

    private mutating func blocks(
        of ref: UnitRef, in source: Source, from start: Int64, to end: Int64, _ view: StoreView
    ) -> [BlockEntry] {
        guard let row = row(of: ref, in: source, view) else { return [] }
        do {
            return try source.segment.blocks(of: row, in: source.file).filter {
                $0.first <= end && $0.last >= start
            }
        } catch {
            note(error, of: ref, in: source.segment, view)
            return []
        }
    }

    private mutating func note(
        _ error: any Error, of ref: UnitRef, in segment: Segment, _ view: StoreView
    ) {
        let part = Damage(
            file: segment.name, kind: "index", unit: view.name(of: ref),
            from: Timestamp(milliseconds: segment.header.first),
            to: Timestamp(milliseconds: segment.header.last),
            detail: "What it holds of the unit cannot be found: \(error). The file was set aside.")
        if !damage.contains(part) { damage.append(part) }
    }
}
