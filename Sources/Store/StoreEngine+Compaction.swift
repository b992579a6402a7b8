//  StoreEngine+Compaction.swift · Store
//
//  Making one daily segment of all that came of a UTC day.
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
        // Late frames make a past day be written again at most once a day.
        let isNewDay = force || tidiedDay != over
        var sealed = segments.filter { $0.level == 0 && (force || $0.header.last < over) }
        if !isNewDay, sealed.count < StoreEngine.generationsMaximum { sealed = [] }
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
    static func daily(_ segments: [Segment]) -> [(Int64, [Segment])] {
        let daily = segments.filter { $0.level > 0 && $0.header.holdsFrames }
        return Dictionary(grouping: daily) { Dwell.midnight(before: $0.header.first) }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func hasDeletions(_ segments: [Segment]) -> Bool {
        segments.contains { segment in
            manifest.tombstones.contains {
                $0.hides(
                    $0.ref, of: segment, first: segment.header.first, last: segment.header.last)
            }
        }
    }

    /// Makes one segment for each day that `sealed` touches, or, when there are no sealed heads,
    /// for the day of `all`; one publication.
    ///
    /// - Parameters:
    ///   - rewritten: see ``Merge/rewritten``.
    ///   - damaged: files known to be damaged; they are set aside, as those are that prove to be.
    func merge(
        _ sealed: [Segment], all: [Segment], rewritten: Set<UnitRef> = [],
        damaged: Set<String> = []
    ) throws -> Int {
        let refs = view.withState { $0.names.indices.map { UnitRef($0) } }
        var merge = Merge(refs: refs, tombstones: manifest.tombstones, rewritten: rewritten)
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
        do {
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
                    discarded.add([output.name])
                }
            }
        } catch {
            drop(outputs.map(\.name))
            throw error
        }
        for (file, parts) in Dictionary(grouping: merge.damage, by: \.file) {
            // Best effort: this process tells of it in any case.
            try? Quarantine(disk: disk).note(parts, about: file)
        }
        _ = view.note(merge.damage)
        try publish(
            adding: outputs, removing: inputs,
            damaged: damaged.union(merge.damage.map(\.file)), flushedLSN: manifest.flushedLSN,
            changing: { _ in })
        return inputs.count
    }
}
