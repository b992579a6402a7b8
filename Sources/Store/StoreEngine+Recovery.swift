//  StoreEngine+Recovery.swift · Store
//
//  From a folder, in whatever state a crash left it, to a running engine.
//
//      tmp/ emptied ─▶ MANIFEST (else the footers) ─▶ segments opened ─▶ log replayed from
//      flushed_lsn on ─▶ heads ─▶ ready
//
//  Damage is named and costs what is damaged. Nothing is deleted but temporary files: what cannot
//  be used is moved to quarantine/.

import Monitoring

extension StoreEngine {
    /// Opens the store on `disk`, made when it is empty.
    ///
    /// - Parameter randomBits: for salts and file ids.
    /// - Throws: ``DiskError`` when the folder cannot be read or written at all.
    /// - Complexity: O(segments + frames in the log).
    package static func open(
        disk: any Disk, configuration: StoreConfiguration = StoreConfiguration(),
        randomBits: @escaping () -> UInt64
    ) throws -> StoreEngine {
        for directory in ["wal", "seg", "tmp", "quarantine"] { try disk.makeDirectory(directory) }
        try disk.syncDirectory("")
        for name in try disk.list("tmp") { try disk.remove("tmp/\(name)") }

        let files = SegmentFiles(disk: disk)
        var recovery = Recovery(disk: disk, files: files)
        let (manifest, segments) = try recovery.openSegments()
        let replay = try recovery.replayLog(
            after: manifest.flushedLSN, knowing: manifest.units)
        let view = StoreView()
        let damage = recovery.damage
        view.withState { state in
            for unit in manifest.units {
                state.define(unit.ref, as: unit.name)
                if let newest = unit.newest { state.noteNewest(unit.ref, newest) }
            }
            state.tombstones = manifest.tombstones
            for (ref, name) in replay.units.sorted(by: { $0.key < $1.key }) {
                state.define(ref, as: name)
            }
            for frame in replay.frames {
                guard state.heads[Int(frame.unit)].stored(at: frame.time) == nil else { continue }
                state.heads[Int(frame.unit)].insert(frame)
                state.noteNewest(frame.unit, frame.time)
            }
            state.segments = segments
            state.damage = damage
        }
        let log = WriteAheadLog(
            disk: disk, lastLSN: max(replay.lastLSN, manifest.flushedLSN),
            closedFiles: replay.files)
        // Tombstones too have numbers: what comes after one must not be hidden by it.
        let generation = max(
            try recovery.highestGeneration(), manifest.tombstones.map(\.generation).max() ?? 0) + 1
        let engine = StoreEngine(
            disk: disk, configuration: configuration, view: view, log: log, manifest: manifest,
            files: files, nextGeneration: generation, randomBits: randomBits)
        engine.noteLog()
        return engine
    }
}

/// Reads what is there. Collects damage on the way.
private struct Recovery {
    let disk: any Disk
    let files: SegmentFiles
    var damage: [Damage] = []

    /// What the log holds beyond the segments.
    struct Replay {
        var units: [UnitRef: UnitID] = [:]
        var frames: [LoggedFrame] = []
        var lastLSN: UInt64 = 0
        var files: [WriteAheadLog.ClosedFile] = []
    }

    mutating func openSegments() throws -> (Manifest, [Segment]) {
        let present = Set(try disk.list("seg").map { "seg/\($0)" })
        guard let manifest = try readManifest(any: !present.isEmpty) else {
            return try rebuildFromFooters(present)
        }
        var segments: [Segment] = []
        for entry in manifest.segments {
            guard present.contains(entry.name) else {
                note(entry.name, "missing", "The file is listed and not there.", entry)
                continue
            }
            do {
                let segment = try Segment(name: entry.name, in: files)
                guard segment.bytes == entry.bytes, segment.footerChecksum == entry.footerChecksum
                else { throw FormatError("it is not the file that was published") }
                segments.append(segment)
            } catch {
                note(entry.name, "index", "The file cannot be used: \(error).", entry)
                try quarantine(entry.name)
            }
        }
        let replaced = Set(segments.flatMap(\.replaced))
        for name in present.subtracting(manifest.segments.map(\.name)).sorted() {
            if let segment = try? Segment(name: name, in: files),
                replaced.contains(segment.header.uuid)
            {
                // Its successor was published, and a crash came before it was deleted.
                try disk.remove(name)
            } else {
                try quarantine(name)
            }
        }
        return (manifest, segments)
    }

    private mutating func readManifest(any expected: Bool) throws -> Manifest? {
        guard try disk.list("").contains(Manifest.name) else {
            guard expected else {
                // A new store has a manifest from its first moment, so that a missing one is damage.
                try Manifest().publish(on: disk)
                return Manifest()
            }
            note(Manifest.name, "manifest", "It is missing; the segments tell for themselves.")
            return nil
        }
        let file = try disk.open(Manifest.name)
        let bytes = try file.read(at: 0, count: try file.size())
        if let manifest = try? Manifest(decoding: bytes) { return manifest }
        note(Manifest.name, "manifest", "It is damaged; the segments tell for themselves.")
        return nil
    }

    private mutating func rebuildFromFooters(
        _ present: Set<String>
    ) throws -> (Manifest, [Segment]) {
        var opened: [Segment] = []
        for name in present.sorted() {
            do {
                opened.append(try Segment(name: name, in: files))
            } catch {
                note(name, "index", "The file cannot be used: \(error).")
                try quarantine(name)
            }
        }
        let replaced = Set(opened.flatMap(\.replaced))
        for segment in opened where replaced.contains(segment.header.uuid) {
            try quarantine(segment.name)
        }
        let segments = opened.filter { !replaced.contains($0.header.uuid) }
            .sorted { SegmentName.generation($0.name) ?? 0 < SegmentName.generation($1.name) ?? 0 }
        var manifest = Manifest()
        manifest.version = 1 << 32
        manifest.segments = segments.map(Manifest.Entry.init)
        manifest.units = units(of: segments)
        manifest.flushedLSN = segments.map(\.footer.lsnMaximum).max() ?? 0
        try manifest.publish(on: disk)
        return (manifest, segments)
    }

    /// The units that segments name, with their newest frames.
    private mutating func units(of segments: [Segment]) -> [Manifest.UnitName] {
        var names: [UnitRef: (name: UnitID, newest: Int64)] = [:]
        for segment in segments {
            do {
                for (row, name) in try segment.contents() where row.ref < UnitRef.countMaximum {
                    let newest = names[row.ref].map { max($0.newest, row.last) } ?? row.last
                    names[row.ref] = (name, newest)
                }
            } catch {
                note(segment.name, "index", "Its units cannot be read: \(error).")
            }
        }
        return names.sorted { $0.key < $1.key }.map {
            Manifest.UnitName(ref: $0.key, name: $0.value.name, newest: $0.value.newest)
        }
    }

    mutating func replayLog(
        after flushedLSN: UInt64, knowing units: [Manifest.UnitName]
    ) throws -> Replay {
        var replay = Replay(lastLSN: flushedLSN)
        for unit in units { replay.units[unit.ref] = unit.name }
        let zstd = ZstdDecompressor()
        let names = try disk.list("wal").filter { LogFile.firstLSN(name: $0) != nil }.sorted()
        var files: [(name: String, header: LogFile, records: [LogRecord], bytes: Int)] = []
        for name in names.map({ "wal/\($0)" }) {
            let file = try disk.open(name)
            let bytes = try file.read(at: 0, count: try file.size())
            guard let header = try? LogFile(decoding: bytes) else {
                // A header is durable before the first record is written: nothing was in it.
                try quarantine(name)
                continue
            }
            files.append((name, header, header.records(in: bytes, with: zstd), bytes.count))
        }
        for (position, file) in files.enumerated() {
            let void = files[(position + 1)...].map(\.header.supersedesFrom).min() ?? .max
            var last = file.header.firstLSN - 1
            for record in file.records where record.lsn < void {
                noteHole(in: file.name, from: max(last, replay.lastLSN), to: record.lsn)
                last = max(last, record.lsn)
                if apply(record, flushedLSN, to: &replay) {
                    replay.lastLSN = max(replay.lastLSN, record.lsn)
                }
            }
            replay.files.append(.init(name: file.name, lastLSN: last, bytes: file.bytes))
        }
        return replay
    }

    private mutating func apply(
        _ record: LogRecord, _ flushedLSN: UInt64, to replay: inout Replay
    ) -> Bool {
        switch record.kind {
        case .defineUnits:
            var reader = ByteReader(record.payload)
            while reader.remaining > 0 {
                guard let ref: UnitRef = try? reader.little(), let text = try? reader.text(),
                    let name = UnitID(text), ref < UnitRef.countMaximum
                else { break }
                replay.units[ref] = name
            }
        case .frames:
            guard record.lsn > flushedLSN else { return true }
            guard let frames = try? FrameRecord.decode(record.payload, count: record.frameCount)
            else { return false }
            let known = frames.filter { replay.units[$0.unit] != nil }
            if known.count < frames.count {
                note(
                    "wal", "wal",
                    "\(frames.count - known.count) frames of record \(record.lsn) are of a unit "
                        + "whose name was lost.")
            }
            replay.frames += known
        }
        return true
    }

    private mutating func noteHole(in file: String, from last: UInt64, to next: UInt64) {
        guard next > last + 1 else { return }
        note(
            file, "wal",
            "Records \(last + 1) to \(next - 1) of the log are damaged; their frames are lost.")
    }

    func highestGeneration() throws -> UInt64 {
        let names = try disk.list("seg") + (try disk.list("quarantine"))
        return names.compactMap { SegmentName.generation($0) }.max() ?? 0
    }

    private func quarantine(_ name: String) throws {
        let base = name.split(separator: "/").last!
        try disk.rename(name, to: "quarantine/\(base)")
        try disk.syncDirectory("quarantine")
    }

    private mutating func note(
        _ file: String, _ kind: String, _ detail: String, _ entry: Manifest.Entry? = nil
    ) {
        damage.append(
            Damage(
                file: file, kind: kind, from: entry.map { Timestamp(milliseconds: $0.first) },
                to: entry.map { Timestamp(milliseconds: $0.last) }, detail: detail))
    }
}
