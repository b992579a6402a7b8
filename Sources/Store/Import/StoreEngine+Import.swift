//  StoreEngine+Import.swift · Store
//
//  Publishing what imports wrote.

package import Monitoring

extension StoreEngine {
    /// Stores frames of past days directly as daily segments, all or nothing, without the log.
    ///
    /// - Parameter imports: by unit, in time order; frames that are stored already are left out
    ///   and counted.
    /// - Complexity: O(frames), plus reading what is stored for the same times.
    package func importFrames(_ imports: [UnitID: FrameColumns]) throws -> AppendSummary {
        try commit()
        var days: [Int64: ImportedDay] = [:]
        for (name, columns) in imports {
            let ref = view.reference(to: name)
            for (midnight, part) in columns.byDay() {
                days[midnight, default: ImportedDay(midnight: midnight)].add(part, of: ref, named: name)
            }
        }
        var summary = AppendSummary()
        var newest: [UnitRef: Int64] = [:]
        var written: [Segment] = []
        for (midnight, day) in days.sorted(by: { $0.key < $1.key }) {
            let part = try day.write(
                to: "tmp/import-\(nextGeneration)-\(midnight)", uuid: nextIdentity().uuid,
                lsnMaximum: manifest.flushedLSN, on: disk, view: view, after: [])
            summary += part.summary
            newest.merge(part.newest, uniquingKeysWith: max)
            if let segment = part.segment { written.append(segment) }
        }
        try publish(written, newest: newest, accepted: summary.accepted)
        return summary
    }

    /// What an import begins with.
    func startImport(now: Timestamp) -> LevelStore.ImportStart {
        LevelStore.ImportStart(
            view: view, disk: disk, number: randomBits(),
            times: TimeRange(
                start: now.advanced(byMilliseconds: -configuration.retentionMilliseconds),
                end: now.advanced(byMilliseconds: StoreEngine.aheadMaximumMilliseconds + 1))!,
            lsnMaximum: manifest.flushedLSN, bufferedMaximum: configuration.importedFramesMaximum)
    }

    /// Lists what an import wrote: all of it becomes visible in one step.
    ///
    /// - Parameters:
    ///   - written: durable, under temporary names.
    ///   - newest: each unit's newest frame in them.
    func publish(_ written: [Segment], newest: [UnitRef: Int64], accepted: Int) throws {
        guard !written.isEmpty else { return }
        var names: [String] = []
        do {
            for segment in written {
                let name = SegmentName.make(
                    level: 1, first: segment.header.first, generation: nextIdentity().generation)
                try disk.rename(segment.name, to: name)
                names.append(name)
            }
            try disk.syncDirectory("seg")
            let segments = try names.map { try Segment(name: $0, in: files) }
            let sealed = newestSealed
            for (ref, time) in newest { noteSealed(ref, time) }
            do {
                try publish(adding: segments, removing: [], flushedLSN: manifest.flushedLSN) {
                    for (ref, time) in newest { $0.noteNewest(ref, time) }
                    $0.numbers.framesStored += UInt64(accepted)
                }
            } catch {
                newestSealed = sealed
                throw error
            }
        } catch {
            for name in names { try? disk.remove(name) }
            throw error
        }
        for (ref, time) in newest { noteImported(ref, time) }
    }
}
