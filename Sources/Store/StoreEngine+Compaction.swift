//  StoreEngine+Compaction.swift · Store
//
//  Making one daily segment of all that came of a UTC day, and letting go of what is too old.
//
//      L0 10:00 ├────┤ L0 10:15 ├────┤ …        the day is over: all of its sealed heads, what
//      L1 of the day ├──────────────────┤       was imported of it, and late frames of other days
//                                               become one segment a day
//
//  Unit by unit: a day of one unit is in memory at a time, however many there are. What only one
//  daily segment holds is copied as it stands.

package import Monitoring

extension StoreEngine {
    /// A day is over so long after its end.
    static var dayEndDelayMilliseconds: Int64 { 900_000 }
    /// Daily segments of one day at which they are merged without waiting for the next day.
    static var generationsMaximum: Int { 8 }

    /// Merges sealed heads of days that are over, and daily segments of one day, into one segment a
    /// UTC day.
    ///
    /// - Parameters:
    ///   - now: tells which days are over.
    ///   - force: merges everything that can be, for example because somebody asked for it.
    /// - Returns: how many segments were merged.
    package func compact(now: Timestamp, force: Bool = false) throws -> Int {
        let over = Dwell.midnight(before: now.milliseconds - StoreEngine.dayEndDelayMilliseconds)
        let segments = view.withState { $0.segments }
        let sealed = segments.filter { $0.level == 0 && (force || $0.header.last < over) }
        // Late frames make a past day's second segment at most once a day.
        let isNewDay = force || !sealed.isEmpty || tidiedDay != over
        var merged = 0
        if !sealed.isEmpty { merged += try merge(sealed, all: segments) }
        for (_, generations) in StoreEngine.daily(view.withState { $0.segments })
        where generations.count > 1 || hasDeletions(generations) {
            guard isNewDay || generations.count >= StoreEngine.generationsMaximum else { continue }
            merged += try merge([], all: generations)
        }
        tidiedDay = over
        return merged
    }

    /// Segments that hold frames, by the midnight of their day.
    private static func daily(_ segments: [Segment]) -> [(Int64, [Segment])] {
        let daily = segments.filter { $0.level > 0 && $0.header.holdsFrames }
        return Dictionary(grouping: daily) { Dwell.midnight(before: $0.header.first) }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func hasDeletions(_ segments: [Segment]) -> Bool {
        segments.contains { segment in
            manifest.tombstones.contains {
                $0.hides(
                    $0.ref, of: segment, first: segment.header.first, last: segment.header.last)
            }
        }
    }

    /// Makes one segment for each day that `sealed` touches, or, when there are no sealed heads,
    /// for the day of `all`; one publication.
    private func merge(_ sealed: [Segment], all: [Segment]) throws -> Int {
        let refs = view.withState { $0.names.indices.map { UnitRef($0) } }
        var merge = Merge(refs: refs, tombstones: manifest.tombstones)
        let open = try sealed.map { (segment: $0, file: try $0.file()) }
        var days = merge.days(of: open, view)
        // In order of publication, which is who wrote first.
        let inputs = all.filter { segment in
            guard segment.level > 0 else { return sealed.contains { $0 === segment } }
            return segment.header.holdsFrames
                && (sealed.isEmpty || days.contains(Dwell.midnight(before: segment.header.first)))
        }
        guard !inputs.isEmpty else { return 0 }
        if sealed.isEmpty { days = [Dwell.midnight(before: inputs[0].header.first)] }
        let sources = try inputs.map { (segment: $0, file: try $0.file()) }
        let lsnMaximum = inputs.map(\.footer.lsnMaximum).max()!
        var outputs: [Segment] = []
        for midnight in days.sorted() {
            let end = midnight + SegmentFormat.dayMilliseconds
            let output = try write(
                level: 1, first: midnight, last: end - 1, lsnMaximum: lsnMaximum,
                replacing: inputs.map(\.header.uuid)
            ) { writer in
                try merge.write(midnight, from: sources, to: &writer, names: view)
            }
            if output.footer.unitCount > 0 {
                outputs.append(output)
            } else {
                // All of the day was deleted, or cannot be read.
                try disk.remove(output.name)
            }
        }
        let damage = merge.damage
        try publish(
            adding: outputs, removing: inputs, damaged: Set(damage.map(\.file)),
            flushedLSN: manifest.flushedLSN
        ) { state in
            for part in damage where !state.damage.contains(part) { state.damage.append(part) }
        }
        return inputs.count
    }

    // MARK: - Letting go

    /// Lets go of the frames of days that are older than the retention; their rollups are kept.
    ///
    /// - Returns: of how many days.
    package func retire(now: Timestamp) throws -> Int {
        let oldest = now.advanced(byMilliseconds: -configuration.retentionMilliseconds)
        let expired = StoreEngine.daily(view.withState { $0.segments }).filter { _, segments in
            segments.allSatisfy { $0.header.last < oldest.milliseconds }
        }
        for (_, segments) in expired { try releaseFrames(of: segments) }
        return expired.count
    }

    /// Lets go of the frames of the oldest day, its rollups are kept; for a disk that fills up.
    ///
    /// - Returns: false when there is none.
    package func releaseOldestDay() throws -> Bool {
        guard let (_, oldest) = StoreEngine.daily(view.withState { $0.segments }).first else {
            return false
        }
        try releaseFrames(of: oldest)
        return true
    }

    /// - Parameter generations: all segments of one day; made one first, so that its rollups are
    ///   of all of its frames.
    private func releaseFrames(of generations: [Segment]) throws {
        if generations.count > 1 { _ = try merge([], all: generations) }
        let midnight = Dwell.midnight(before: generations[0].header.first)
        let whole = StoreEngine.daily(view.withState { $0.segments }).first { $0.0 == midnight }
        guard let segment = whole?.1.first else { return }
        let contents = try segment.contents()
        let file = try segment.file()
        let rest = try write(
            level: segment.level, first: segment.header.first, last: segment.header.last,
            holdsFrames: false, lsnMaximum: segment.footer.lsnMaximum,
            replacing: [segment.header.uuid]
        ) { writer in
            for (row, name) in contents {
                try writer.copy(row, name, [], in: file)
            }
        }
        try publish(
            adding: [rest], removing: [segment], flushedLSN: manifest.flushedLSN,
            changing: { _ in })
    }
}
