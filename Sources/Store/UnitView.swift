//  UnitView.swift · Store
//
//  One unit's stored frames at one instant: blocks of segments and the head, merged where they
//  overlap, fed on in time order.
//
//      seg a  ├──1──┤├──2──┤
//      seg b          ├─3─┤                      3 overlaps 2: one cluster, merged
//      head                     ├──4──┤
//      out    ├──1──┤├──2+3─┤   ├──4──┤

import Monitoring

/// What a reader works with; nothing in it changes.
struct UnitView: Sendable {
    let name: UnitID
    let ref: UnitRef
    let head: Head
    /// In order of publication.
    let segments: [Segment]
    /// The unit's own.
    let tombstones: [Tombstone]
    /// Time of the unit's newest durable frame.
    let newest: Timestamp?

    /// Frames at one place.
    enum Item {
        case head(FrameColumns)
        case block(Segment, any DiskFile, BlockEntry)

        var first: Int64 {
            switch self {
            case .head(let columns): columns.times[0]
            case .block(_, _, let entry): entry.first
            }
        }
        var last: Int64 {
            switch self {
            case .head(let columns): columns.times[columns.count - 1]
            case .block(_, _, let entry): entry.last
            }
        }
    }

    /// How far behind its end a range can still be covered by a frame's dwell.
    static let reachMilliseconds: Int64 = 300_000

    /// Where the frames of `range` are, ascending by first time: everything that overlaps it, the
    /// one item before it on its UTC day (the first frame's dwell is counted from the frame before),
    /// what else ends close before it (the one before may hold frames of the trail, from which no
    /// dwell is counted), and what follows close behind. What cannot be read is named in `damage`.
    func items(around range: TimeRange, damage: inout [Damage]) -> [Item] {
        let start = range.start.milliseconds
        let midnight = Dwell.midnight(before: start)
        let end = range.end.advanced(byMilliseconds: UnitView.reachMilliseconds).milliseconds
        var candidates: [Item] = head.isEmpty ? [] : [.head(head.frames)]
        for segment in segments where segment.header.first <= end && segment.header.last >= midnight {
            candidates += blocks(in: segment, from: midnight, to: end, damage: &damage).map {
                .block(segment, $0, $1)
            }
        }
        var found = candidates.filter { $0.last >= start && $0.first <= end }
        let earlier = candidates.filter { $0.last < start && $0.last >= midnight }
        let close = earlier.filter { $0.last >= start - UnitView.reachMilliseconds }
        found += close
        if close.isEmpty, let before = earlier.max(by: { $0.last < $1.last }),
            // An item that begins between it and the range knows the frame before itself.
            !found.contains(where: { $0.first > before.last && $0.first < start })
        {
            found.append(before)
        }
        return found.sorted { $0.first < $1.first }
    }

    /// The unit's blocks of a segment that touch a time.
    func blocks(
        in segment: Segment, from start: Int64, to end: Int64, damage: inout [Damage]
    ) -> [(any DiskFile, BlockEntry)] {
        do {
            let file = try segment.file()
            guard let row = try segment.row(of: ref, in: file), row.first <= end, row.last >= start
            else { return [] }
            return try segment.blocks(of: row, in: file)
                .filter { $0.first <= end && $0.last >= start && !isDeleted($0, in: segment) }
                .map { (file, $0) }
        } catch {
            damage.append(
                Damage(
                    file: segment.name, kind: "index", unit: name,
                    from: Timestamp(milliseconds: segment.header.first),
                    to: Timestamp(milliseconds: segment.header.last),
                    detail: "What it holds of the unit cannot be read: \(error)."))
            return []
        }
    }

    /// This view with segments that are not published yet.
    func with(_ more: [Segment]) -> UnitView {
        UnitView(
            name: name, ref: ref, head: head, segments: segments + more, tombstones: tombstones,
            newest: newest)
    }

    /// See ``LevelHistory/frames(of:in:limit:)``.
    func frames(in range: TimeRange, limit: Int) -> StoredFrames {
        var found = FrameColumns()
        var damage: [Damage] = []
        var hasMore = false
        let items = items(around: range, damage: &damage).filter {
            $0.last >= range.start.milliseconds && $0.first < range.end.milliseconds
        }
        PageReader.withSpare { reader in
            forEachCluster(of: items, wanted: .all, with: reader, damage: &damage) { columns in
                let indexes = columns.indexes(in: range)
                let room = limit - found.count
                found.append(columns, indexes.prefix(room))
                hasMore = indexes.count > room
                return !hasMore
            }
        }
        return StoredFrames(
            columns: found, hasMore: hasMore, completeUntil: newest, damage: damage)
    }

    /// Whether some of a block is deleted.
    func isPartlyDeleted(_ block: BlockEntry, in segment: Segment) -> Bool {
        tombstones.contains { $0.hides(ref, of: segment, first: block.first, last: block.last) }
    }

    /// Whether all of a block is deleted.
    private func isDeleted(_ block: BlockEntry, in segment: Segment) -> Bool {
        tombstones.contains {
            $0.hides(ref, of: segment, first: block.first, last: block.last)
                && $0.from <= block.first && block.last < $0.to
        }
    }

    /// Calls `body` with stretches of frames in time order until it answers false. A block that
    /// cannot be read is named in `damage` and left out.
    ///
    /// - Parameter wanted: the metrics that `body` looks at.
    func forEachCluster(
        of items: [Item], wanted: MetricSet, with reader: PageReader, damage: inout [Damage],
        _ body: (FrameColumns) -> Bool
    ) {
        var position = 0
        while position < items.count {
            var end = position + 1
            var last = items[position].last
            while end < items.count, items[end].first <= last {
                last = max(last, items[end].last)
                end += 1
            }
            // What is merged is merged as a whole.
            let wanted = end - position > 1 ? MetricSet.all : wanted
            // Of two frames of one time the one that was published first stays.
            let parts = items[position..<end].sorted { order(of: $0) < order(of: $1) }
                .compactMap { columns(of: $0, wanted: wanted, with: reader, damage: &damage) }
            let merged = FrameColumns.merging(parts)
            if !merged.isEmpty, !body(merged) { return }
            position = end
        }
    }

    /// Where an item stands in the order of publication.
    private func order(of item: Item) -> Int {
        switch item {
        case .head: segments.count
        case .block(let segment, _, _): segments.firstIndex { $0 === segment } ?? segments.count
        }
    }

    /// The frames of an item that are not deleted; `nil`, and named in `damage`, when it cannot be
    /// read.
    private func columns(
        of item: Item, wanted: MetricSet, with reader: PageReader, damage: inout [Damage]
    ) -> FrameColumns? {
        switch item {
        case .head(let columns): return columns
        case .block(let segment, let file, let block):
            // Cutting columns needs all of them.
            let hidden = isPartlyDeleted(block, in: segment)
            do {
                let columns = try segment.read(
                    block, wanted: hidden ? .all : wanted, in: file, with: reader)
                return hidden ? columns.without(tombstones, of: ref, in: segment) : columns
            } catch {
                damage.append(Damage(block, of: name, in: segment, error))
                return nil
            }
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
