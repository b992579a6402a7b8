//  StoreCheck.swift · Store
//
//  Reads a store as it stands, page by page, and changes nothing: beside a running service too,
//  whose files may come and go meanwhile.

package import Monitoring

/// What a reader finds in a store folder.
package struct StoreCheck: Sendable {
    /// Everything that cannot be read, and everything that was set aside earlier.
    package private(set) var damage: [Damage] = []
    /// The newest frame of each unit.
    package private(set) var newest: [UnitID: Timestamp] = [:]
    package private(set) var segmentCount = 0
    /// In segments and log files.
    package private(set) var byteCount = 0

    /// Reads the whole store. O(bytes in it).
    ///
    /// - Throws: ``DiskError`` when the folder itself cannot be read; `notFound` when there is no
    ///   store yet.
    package init(folder: String) throws(DiskError) {
        let disk = try SystemDisk(reading: folder)
        // A manifest that was replaced while its segments were read is read again.
        for attempt in 1...3 {
            let version = StoreCheck.manifest(on: disk)?.version
            var check = StoreCheck()
            try check.read(disk)
            self = check
            if StoreCheck.manifest(on: disk)?.version == version || attempt == 3 { break }
        }
    }

    private init() {}

    private static func manifest(on disk: SystemDisk) -> Manifest? {
        guard let file = try? disk.open(Manifest.name), let size = try? file.size(),
            let bytes = try? file.read(at: 0, count: size)
        else { return nil }
        return try? Manifest(decoding: bytes)
    }

    private mutating func read(_ disk: SystemDisk) throws(DiskError) {
        let present = Set(try disk.list("")).contains("seg") ? try disk.list("seg") : []
        var names = present.map { "seg/\($0)" }.sorted()
        let manifest = StoreCheck.manifest(on: disk)
        if let manifest {
            names = manifest.segments.map(\.name)
        } else if try disk.list("").contains(Manifest.name) || !present.isEmpty {
            damage.append(
                Damage(
                    file: Manifest.name, kind: "manifest",
                    detail: "It is missing or damaged; the service rebuilds it when it starts."))
        }
        let zstd = ZstdDecompressor()
        let files = SegmentFiles(disk: disk)
        var units: [UnitRef: UnitID] = [:]
        for unit in manifest?.units ?? [] { units[unit.ref] = unit.name }
        for name in names {
            do {
                let segment = try Segment(name: name, in: files)
                try verify(segment, manifest?.segments.first { $0.name == name })
                segmentCount += 1
                byteCount += segment.bytes
                damage += segment.verify()
                for (row, name) in try segment.contents() {
                    units[row.ref] = name
                    note(name, Timestamp(milliseconds: row.last))
                }
            } catch {
                damage.append(Damage(file: name, kind: "index", detail: "\(error)."))
            }
        }
        try readLog(disk, after: manifest?.flushedLSN ?? 0, naming: &units, with: zstd)
        if let set = try? disk.list("quarantine"), !set.isEmpty {
            damage.append(
                Damage(
                    file: "quarantine", kind: "missing",
                    detail: "\(set.count) files were set aside because they could not be used."))
        }
    }

    private func verify(_ segment: Segment, _ entry: Manifest.Entry?) throws(FormatError) {
        guard let entry else { return }
        guard segment.bytes == entry.bytes, segment.footerChecksum == entry.footerChecksum else {
            throw FormatError("it is not the file that was published")
        }
    }

    /// Holes between records are damage; the end of a file that a crash cut is not.
    private mutating func readLog(
        _ disk: SystemDisk, after flushedLSN: UInt64, naming units: inout [UnitRef: UnitID],
        with zstd: borrowing ZstdDecompressor
    ) throws(DiskError) {
        guard try disk.list("").contains("wal") else { return }
        var last = flushedLSN
        for name in try disk.list("wal").filter({ LogFile.firstLSN(name: $0) != nil }).sorted() {
            let path = "wal/\(name)"
            // Gone again: everything in it is in segments.
            guard let file = try? disk.open(path), let size = try? file.size(),
                let bytes = try? file.read(at: 0, count: size)
            else { continue }
            byteCount += size
            guard let header = try? LogFile(decoding: bytes) else { continue }
            last = max(last, header.firstLSN - 1)
            for record in header.records(in: bytes, with: zstd) {
                if record.lsn > last + 1 {
                    damage.append(
                        Damage(
                            file: path, kind: "wal",
                            detail: "Records \(last + 1) to \(record.lsn - 1) are damaged."))
                }
                last = max(last, record.lsn)
                take(record, naming: &units)
            }
        }
    }

    private mutating func take(_ record: LogRecord, naming units: inout [UnitRef: UnitID]) {
        switch record.kind {
        case .defineUnits:
            var reader = ByteReader(record.payload)
            while reader.remaining > 0, let ref: UnitRef = try? reader.little(),
                let text = try? reader.text(), let name = UnitID(text)
            {
                units[ref] = name
            }
        case .frames:
            let frames = try? FrameRecord.decode(record.payload, count: record.frameCount)
            for frame in frames ?? [] {
                guard let unit = units[frame.unit] else { continue }
                note(unit, Timestamp(milliseconds: frame.time))
            }
        }
    }

    private mutating func note(_ unit: UnitID, _ time: Timestamp) {
        newest[unit] = max(newest[unit] ?? time, time)
    }
}
