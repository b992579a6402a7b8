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
        let segment = try write(
            level: 0, units: sealed, lsnMaximum: flushedLSN, replacing: [])
        try publish(adding: [segment], removing: [], flushedLSN: flushedLSN) { state in
            for (ref, _, _) in sealed { state.heads[Int(ref)] = Head() }
        }
        defer { noteLog() }
        try log.removeFiles(flushedThrough: flushedLSN)
    }

    /// Stores frames of past days directly as daily segments, all or nothing, without the log.
    ///
    /// - Parameter imports: by unit, in time order; frames that are stored already are left out
    ///   and counted.
    /// - Complexity: O(frames), plus reading what is stored for the same times.
    package func importFrames(_ imports: [UnitID: FrameColumns]) throws -> AppendSummary {
        try commit()
        var summary = AppendSummary()
        var days: [Int64: [(UnitRef, UnitID, FrameColumns)]] = [:]
        for (name, columns) in imports.sorted(by: { $0.key < $1.key }) {
            let fresh = try withoutStored(columns, of: name, &summary)
            let ref = view.withState { state in
                if let ref = state.refs[name] { return ref }
                let ref = UnitRef(state.names.count)
                state.define(ref, as: name)
                return ref
            }
            for (day, part) in fresh.byDay() { days[day, default: []].append((ref, name, part)) }
        }
        guard !days.isEmpty else { return summary }
        let segments = try writeAll(days.sorted { $0.key < $1.key }) { _, units in
            try write(
                level: 1, units: units.sorted { $0.0 < $1.0 }, lsnMaximum: manifest.flushedLSN,
                replacing: [])
        }
        try publish(adding: segments, removing: [], flushedLSN: manifest.flushedLSN) { state in
            for unit in segments.flatMap(\.index.units) { state.noteNewest(unit.ref, unit.last) }
            state.numbers.framesStored += UInt64(summary.accepted)
        }
        noteImported(segments)
        return summary
    }

    private func withoutStored(
        _ columns: FrameColumns, of unit: UnitID, _ summary: inout AppendSummary
    ) throws -> FrameColumns {
        guard let first = columns.times.first, let last = columns.times.last else {
            return columns
        }
        let range = TimeRange(
            start: Timestamp(milliseconds: first), end: Timestamp(milliseconds: last + 1))!
        let stored = SegmentHistory(view: view).readFrames(of: unit, in: range, limit: .max).columns
        guard !stored.isEmpty else {
            summary.accepted += columns.count
            return columns
        }
        var fresh = FrameColumns()
        for index in 0..<columns.count {
            guard let place = stored.index(at: columns.times[index]) else {
                fresh.append(columns, index..<index + 1)
                continue
            }
            if StoredValues(columns, index) == StoredValues(stored, place) {
                summary.duplicates += 1
            } else {
                summary.conflictsByUnit[unit, default: 0] += 1
            }
        }
        summary.accepted += fresh.count
        return fresh
    }

    /// Merges sealed L0 segments of days that are over into one L1 segment a UTC day.
    ///
    /// - Parameters:
    ///   - now: a day is over 15 minutes after its end.
    ///   - force: merges all L0 segments, for example when too many have gathered.
    /// - Returns: how many segments were merged.
    package func compact(now: Timestamp, force: Bool = false) throws -> Int {
        let over = floorDivide(
            now.milliseconds - StoreEngine.dayEndDelayMilliseconds,
            by: SegmentFormat.dayMilliseconds) * SegmentFormat.dayMilliseconds
        let inputs = view.withState { state in
            state.segments.filter { $0.header.level == 0 && (force || $0.header.last < over) }
        }
        guard inputs.count > 1 || (inputs.count == 1 && !force) else { return 0 }
        let lsnMaximum = inputs.map(\.footer.lsnMaximum).max()!
        var days: [Int64: [(UnitRef, UnitID, FrameColumns)]] = [:]
        let zstd = ZstdDecompressor()
        let refs = Set(inputs.flatMap { $0.index.units.map(\.ref) }).sorted()
        for ref in refs {
            var parts: [FrameColumns] = []
            var name: UnitID?
            for segment in inputs {
                guard let unit = segment.index.unit(ref) else { continue }
                name = unit.name
                for block in unit.blocks { parts.append(try segment.read(block, with: zstd)) }
            }
            for (day, part) in FrameColumns.merging(parts).byDay() {
                days[day, default: []].append((ref, name!, part))
            }
        }
        let outputs = try writeAll(days.sorted { $0.key < $1.key }) { _, units in
            try write(
                level: 1, units: units, lsnMaximum: lsnMaximum,
                replacing: inputs.map(\.header.uuid))
        }
        try publish(
            adding: outputs, removing: inputs, flushedLSN: manifest.flushedLSN, changing: { _ in })
        return inputs.count
    }

    static var dayEndDelayMilliseconds: Int64 { 900_000 }

    /// Deletes the segments whose newest frame is older than the retention.
    package func retire(now: Timestamp) throws -> Int {
        let oldest = now.advanced(byMilliseconds: -configuration.retentionMilliseconds)
        let expired = view.withState { state in
            state.segments.filter { $0.header.last < oldest.milliseconds }
        }
        guard !expired.isEmpty else { return 0 }
        try publish(
            adding: [], removing: expired, flushedLSN: manifest.flushedLSN, changing: { _ in })
        return expired.count
    }

    private func write(
        level: UInt8, units: [(UnitRef, UnitID, FrameColumns)], lsnMaximum: UInt64,
        replacing replaced: [SegmentUUID]
    ) throws -> Segment {
        let (generation, uuid) = nextIdentity()
        let first = units.map { $0.2.times[0] }.min()!
        let last = units.map { $0.2.times[$0.2.count - 1] }.max()!
        let temporary = "tmp/\(generation)"
        let name = SegmentName.make(level: level, first: first, generation: generation)
        do {
            var writer = SegmentWriter(
                file: try disk.create(temporary), level: level, uuid: uuid, first: first,
                last: last)
            for (ref, name, columns) in units { try writer.add(ref, name, columns) }
            _ = try writer.finish(lsnMaximum: lsnMaximum, replacing: replaced)
            try disk.rename(temporary, to: name)
            try disk.syncDirectory("seg")
            return try Segment(name: name, on: disk)
        } catch {
            drop([temporary, name])
            throw error
        }
    }

    /// Segments, all or none.
    private func writeAll<Part>(
        _ parts: [Part], _ write: (Part) throws -> Segment
    ) throws -> [Segment] {
        var written: [Segment] = []
        do {
            for part in parts { written.append(try write(part)) }
        } catch {
            drop(written.map(\.name))
            throw error
        }
        return written
    }

    /// Removes files that no manifest can list.
    private func drop(_ names: [String]) {
        for name in names {
            do throws(DiskError) {
                try disk.remove(name)
            } catch where error.kind != .notFound {
                discarded.add([name])
            } catch {}
        }
    }

    /// One MANIFEST, then the readers' view, then the files nobody needs.
    func publish(
        adding added: [Segment], removing removed: [Segment], flushedLSN: UInt64,
        changing change: (inout StoreView.State) -> Void
    ) throws {
        let gone = Set(removed.map(\.name))
        var next = manifest
        next.version += 1
        next.flushedLSN = flushedLSN
        next.segments.removeAll { gone.contains($0.name) }
        next.segments += added.map(Manifest.Entry.init)
        do {
            try next.prepare(on: disk)
        } catch {
            drop(added.map(\.name))
            throw error
        }
        discarded.add(added.map(\.name))
        try next.install(on: disk)
        manifest = next
        discarded.keep(added.map(\.name))
        discarded.add(gone)
        view.withState { state in
            state.segments.removeAll { gone.contains($0.name) }
            state.segments += added
            change(&state)
        }
        discarded.sweep(disk)
    }
}

extension FrameColumns {
    /// Cut at UTC midnights: day number from 1970 and its frames.
    func byDay() -> [(day: Int64, frames: FrameColumns)] {
        var days: [(day: Int64, frames: FrameColumns)] = []
        var start = 0
        while start < count {
            let day = floorDivide(times[start], by: SegmentFormat.dayMilliseconds)
            let end = firstIndex(atOrAfter: (day + 1) * SegmentFormat.dayMilliseconds)
            days.append((day, slice(start..<end)))
            start = end
        }
        return days
    }
}
