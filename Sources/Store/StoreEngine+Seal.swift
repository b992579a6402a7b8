//  StoreEngine+Seal.swift · Store
//
//  Publishing: the only way by which segments come and go.
//
//      write tmp/x ─▶ sync ─▶ rename into seg/ ─▶ sync seg/ ─▶ MANIFEST ─▶ readers ─▶ delete inputs
//
//  A crash before MANIFEST leaves a file that nobody lists; one after it, inputs that nobody needs.

package import Monitoring

extension StoreEngine {
    /// Turns all heads into one L0 segment and lets go of the log before it. Commits first.
    ///
    /// - Throws: when the disk refuses; nothing has changed then for readers.
    package func seal() throws {
        try commit()
        let sealed = view.withState { state in
            state.heads.indices.filter { !state.heads[$0].isEmpty }.map { index in
                (UnitRef(index), state.names[index]!, state.heads[index].frames)
            }
        }
        guard !sealed.isEmpty else { return }
        log.close()
        let flushedLSN = log.lastLSN
        let first = sealed.map { $0.2.times[0] }.min()!
        let last = sealed.map { $0.2.times[$0.2.count - 1] }.max()!
        let segment = try write(
            level: 0, first: first, last: last, lsnMaximum: flushedLSN, replacing: []
        ) { writer in
            for (ref, name, columns) in sealed { try writer.add(ref, name, columns) }
        }
        for (ref, _, columns) in sealed { noteSealed(ref, columns.times[columns.count - 1]) }
        try publish(adding: [segment], removing: [], flushedLSN: flushedLSN) { state in
            for (ref, _, _) in sealed { state.heads[Int(ref)] = Head() }
        }
        defer { noteLog() }
        try log.removeFiles(flushedThrough: flushedLSN)
    }

    /// Deletes the frames of a unit with times in `range`, durably and for every reader from here
    /// on. What is stored afterwards is not touched.
    ///
    /// They are gone from the disk with the next rewrite of their days. Of a day whose frames were
    /// let go, which is never written again, the unit's rollups are not answered any more.
    /// - Returns: false when the unit was never seen.
    /// - Throws: ``DeletionError/tooMany(_:)`` beyond ``Tombstone/countMaximum``, and nothing has
    ///   changed then; ``DiskError``.
    package func deleteFrames(of unit: UnitID, in range: TimeRange) throws -> Bool {
        guard let ref = view.withState({ $0.refs[unit] }) else { return false }
        func tombstone() -> Tombstone {
            Tombstone(
                ref: ref, from: range.start.milliseconds, to: range.end.milliseconds,
                generation: nextGeneration)
        }
        func others(than new: Tombstone) -> [Tombstone] {
            manifest.tombstones.filter { !new.covers($0) }
        }
        let waiting = others(than: tombstone()).count
        guard waiting < Tombstone.countMaximum else { throw DeletionError.tooMany(waiting) }
        // What is in heads and log becomes a segment, so that one rule hides everything.
        try seal()
        let new = tombstone()
        nextGeneration += 1
        try publish(
            adding: [], removing: [], flushedLSN: manifest.flushedLSN,
            tombstones: others(than: new) + [new], changing: { _ in })
        forgetLookups()
        return true
    }

    /// Writes a segment and puts it in place; it counts once it is published.
    func write(
        level: UInt8, first: Int64, last: Int64, holdsFrames: Bool = true, lsnMaximum: UInt64,
        replacing replaced: [SegmentUUID], _ fill: (inout SegmentWriter) throws -> Void
    ) throws -> Segment {
        let (generation, uuid) = nextIdentity()
        let temporary = "tmp/\(generation)"
        let name = SegmentName.make(level: level, first: first, generation: generation)
        do {
            var writer = SegmentWriter(
                file: try disk.create(temporary), level: level, uuid: uuid, first: first,
                last: last, holdsFrames: holdsFrames)
            try fill(&writer)
            try writer.finish(lsnMaximum: lsnMaximum, replacing: replaced)
            try disk.rename(temporary, to: name)
            try disk.syncDirectory("seg")
            return try Segment(name: name, in: files)
        } catch {
            drop([temporary, name])
            throw error
        }
    }

    /// Removes files that no manifest can list.
    func drop(_ names: [String]) {
        for name in names {
            do throws(DiskError) {
                try disk.remove(name)
            } catch where error.kind != .notFound {
                discarded.add([name])
            } catch {}
        }
    }

    /// One MANIFEST, then the readers' view, then the files nobody needs.
    ///
    /// - Parameter damaged: files among `removed` that could not be read as a whole; they are set
    ///   aside instead of being deleted.
    func publish(
        adding added: [Segment], removing removed: [Segment], damaged: Set<String> = [],
        flushedLSN: UInt64, tombstones: [Tombstone]? = nil,
        changing change: (inout StoreView.State) -> Void
    ) throws {
        let gone = Set(removed.map(\.name))
        var next = manifest
        next.version += 1
        next.flushedLSN = flushedLSN
        next.segments = StoreEngine.replacing(
            gone, in: next.segments, by: added.map(Manifest.Entry.init)
        ) { $0.name }
        next.units = units()
        next.tombstones = (tombstones ?? next.tombstones).filter { tombstone in
            next.segments.contains {
                SegmentName.generation($0.name) ?? 0 < tombstone.generation
                    && $0.first < tombstone.to && $0.last >= tombstone.from
            }
        }
        next.leftovers = leftovers(behind: next, gone.subtracting(damaged))
        do {
            try deletions.record(next.tombstones, over: manifest.tombstones, on: disk)
            try next.prepare(on: disk)
        } catch {
            deletions.doubt()
            drop(added.map(\.name))
            throw error
        }
        discarded.add(added.map(\.name))
        do {
            try next.install(on: disk)
        } catch {
            deletions.doubt()
            throw error
        }
        manifest = next
        discarded.keep(added.map(\.name))
        discarded.add(gone.subtracting(damaged))
        view.withState { state in
            state.segments = StoreEngine.replacing(gone, in: state.segments, by: added) { $0.name }
            state.tombstones = next.tombstones
            change(&state)
        }
        for segment in removed { segment.outliveItsName() }
        for name in damaged.intersection(gone) { try Quarantine(disk: disk).setAside(name) }
        discarded.sweep(disk)
    }

    /// Files that go once `next` is durable, in case the next start has to see to it.
    private func leftovers(behind next: Manifest, _ gone: Set<String>) -> [String] {
        discarded.names.union(gone).subtracting(next.segments.map(\.name)).sorted()
    }

    /// `list` without those that are `gone`, and with `added` in the place of the first of them, so
    /// that what was written first stays first.
    private static func replacing<Element>(
        _ gone: Set<String>, in list: [Element], by added: [Element], name: (Element) -> String
    ) -> [Element] {
        let place = list.firstIndex { gone.contains(name($0)) } ?? list.count
        return list[..<place] + added + list[place...].filter { !gone.contains(name($0)) }
    }

    private func units() -> [Manifest.UnitName] {
        view.withState { state in
            state.names.indices.compactMap { index in
                state.names[index].map { name in
                    Manifest.UnitName(
                        ref: UnitRef(index), name: name,
                        newest: index < newestSealed.count ? newestSealed[index] : nil)
                }
            }
        }
    }
}

extension FrameColumns {
    /// Cut at UTC midnights: the start of each day and its frames.
    func byDay() -> [(midnight: Int64, frames: FrameColumns)] {
        var days: [(midnight: Int64, frames: FrameColumns)] = []
        var start = 0
        while start < count {
            let midnight = Dwell.midnight(before: times[start])
            let end = firstIndex(atOrAfter: midnight + SegmentFormat.dayMilliseconds)
            days.append((midnight, slice(start..<end)))
            start = end
        }
        return days
    }
}
