//  StoreBackup.swift · Store
//
//  A copy of a data folder, beside a running service too. Only what is new since the backup before
//  is copied: segments never change.
//
//      registry ─▶ MANIFEST ─▶ its segments ─▶ log ─▶ MANIFEST again: still the same? ─▶ BACKUP
//                     ▲                                   │ no: copy what is new
//                     └───────────────────────────────────┘
//
//  Log files go only after a manifest without them was published. So a log that was copied between
//  two looks at one and the same manifest goes on where its segments end. Files of the backup before
//  stay until the new list is durable: whenever the power is cut, one of the two is whole.

package import Monitoring

/// Why there is no backup.
package enum BackupFailure: Error, Equatable, Sendable {
    case noStore
    /// The manifest is missing or damaged.
    case noManifest
    /// Segments came and went for as long as it was tried.
    case restless
}

/// Copies a data folder.
package struct StoreBackup {
    /// What is there afterwards.
    package struct Report: Equatable, Sendable {
        package var segments = 0
        package var bytes = 0
        /// Without what an earlier backup in this folder had already.
        package var copiedFiles = 0
        package var copiedBytes = 0
        package var hasRegistry = false
        package var keys = 0
        /// What should be in it and could not be read.
        package var missing: [Damage] = []
    }

    private let store: any Disk
    private let target: any Disk
    private let isLinking: Bool
    private let progress: (_ copied: Int, _ total: Int) -> Void
    private var list: BackupList
    private let previous: BackupList?
    private var report = Report()
    /// Paths in the backup, by the name of the segment.
    private var segments: [String: String] = [:]

    private static let passesMaximum = 10
    private static let stepBytes = 1 << 20

    /// Makes a backup in `target`.
    ///
    /// - Parameters:
    ///   - folder: the data folder, for its keys.
    ///   - store: its folder `store`.
    ///   - withKeys: whether the keys that sign sessions are in it.
    ///   - isLinking: gives segments a second name instead of copying them; one file system only.
    ///   - registry: copies the registry to a path of `target`, where an empty file is; answers
    ///     false when there is none.
    ///   - progress: is told bytes of segments done and how many there are.
    /// - Throws: ``BackupFailure``, ``NewerFormat``, ``DiskError``, and what `registry` throws. The
    ///   backup before is whole then.
    package static func run(
        of folder: any Disk, store: any Disk, to target: any Disk, at now: Timestamp,
        withKeys: Bool = false, isLinking: Bool = false, registry: (_ path: String) throws -> Bool,
        progress: @escaping (_ copied: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> Report {
        for directory in [BackupPath.segments, BackupPath.state] {
            try target.makeDirectory(directory)
        }
        var backup = try StoreBackup(store, target, now, isLinking, progress)
        try backup.copyRegistry(registry)
        let manifest = try backup.copyStore()
        try backup.put(manifest, as: backup.own(Manifest.name))
        if withKeys { try backup.copyKeys(of: folder) }
        try backup.finish()
        return backup.report
    }

    private init(
        _ store: any Disk, _ target: any Disk, _ now: Timestamp, _ isLinking: Bool,
        _ progress: @escaping (Int, Int) -> Void
    ) throws {
        self.store = store
        self.target = target
        self.isLinking = isLinking
        self.progress = progress
        do {
            previous = try BackupList.read(from: target)
        } catch is FormatError {
            previous = nil
        }
        let numbers = try target.list(BackupPath.state).compactMap { name in
            BackupList.number(name.prefix { $0 != "-" })
        }
        let last = max(previous?.number ?? 0, numbers.max() ?? 0)
        list = BackupList(made: now, number: last + 1)
    }

    private func own(_ name: String) -> String { "\(BackupPath.state)/\(list.number)-\(name)" }

    private mutating func copyRegistry(_ copy: (String) throws -> Bool) throws {
        let path = own(BackupPath.registry)
        // Made here, so that nobody else may read it from its first moment.
        _ = try target.create(path)
        guard try copy(path) else {
            try target.remove(path)
            return
        }
        list.hashes[path] = try ContentHash.read(try target.open(path))
        report.hasRegistry = true
    }

    /// - Returns: the manifest that segments and log go with.
    private mutating func copyStore() throws -> [UInt8] {
        for _ in 1...StoreBackup.passesMaximum {
            let (bytes, manifest) = try readManifest()
            try copySegments(of: manifest)
            try copyLog()
            let now = try readManifest().manifest
            guard now.version == manifest.version else { continue }
            let names = Set(manifest.segments.map(\.name))
            report.missing.removeAll { !names.contains($0.file) }
            for (name, path) in segments where !names.contains(name) { list.hashes[path] = nil }
            report.segments = manifest.segments.count - report.missing.count
            return bytes
        }
        throw BackupFailure.restless
    }

    private func readManifest() throws -> (bytes: [UInt8], manifest: Manifest) {
        guard let file = try store.openIfThere(Manifest.name) else {
            let isThere = try !store.listIfThere("seg").isEmpty || !store.listIfThere("wal").isEmpty
            throw isThere ? BackupFailure.noManifest : .noStore
        }
        let bytes = try file.read(at: 0, count: try file.size())
        try FormatVersion.manifest.refuseNewer(bytes, in: Manifest.name)
        guard let manifest = try? Manifest(decoding: bytes) else { throw BackupFailure.noManifest }
        return (bytes, manifest)
    }

    private mutating func copySegments(of manifest: Manifest) throws {
        let total = manifest.segments.reduce(0) { $0 + $1.bytes }
        var done = 0
        for entry in manifest.segments {
            if segments[entry.name] == nil, !report.missing.contains(where: { $0.file == entry.name }) {
                do {
                    try copy(entry)
                } catch let failure as SourceFailure {
                    report.missing.append(
                        Damage(
                            file: entry.name, kind: "missing",
                            from: Timestamp(milliseconds: entry.first),
                            to: Timestamp(milliseconds: entry.last),
                            detail: "It is not in the backup: \(failure.cause)."))
                }
            }
            done += entry.bytes
            progress(done, total)
        }
    }

    /// What is wrong with a segment itself costs the segment, not the backup.
    private struct SourceFailure: Error {
        let cause: any Error
    }

    private static func reading<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw SourceFailure(cause: error) }
    }

    private mutating func copy(_ entry: Manifest.Entry) throws {
        let base = entry.name.split(separator: "/").last.map(String.init) ?? entry.name
        var path = "\(BackupPath.segments)/\(base)"
        if let there = try target.openIfThere(path) {
            if try StoreBackup.isPublished(there, entry) {
                list.hashes[path] = try previous?.hashes[path] ?? ContentHash.read(there)
                segments[entry.name] = path
                report.bytes += entry.bytes
                return
            }
            // Another one of this name belongs to the backup before.
            path += ".\(list.number)"
        }
        let temporary = path + ".part"
        try? target.remove(temporary)
        let source = try StoreBackup.reading { try store.open(entry.name) }
        guard try StoreBackup.reading({ try StoreBackup.isPublished(source, entry) }) else {
            throw SourceFailure(cause: FormatError("it is not the file that was published"))
        }
        if isLinking {
            try target.link(entry.name, of: store, as: temporary)
        } else {
            let file = try target.create(temporary)
            for offset in stride(from: 0, to: entry.bytes, by: StoreBackup.stepBytes) {
                let count = min(StoreBackup.stepBytes, entry.bytes - offset)
                try file.append(
                    try StoreBackup.reading { try source.read(at: offset, count: count) })
            }
            try file.sync()
        }
        let copied = try target.open(temporary)
        // Read back: what is in the list is what is on the disk.
        list.hashes[path] = try ContentHash.read(copied)
        try target.rename(temporary, to: path)
        segments[entry.name] = path
        report.bytes += entry.bytes
        report.copiedFiles += 1
        report.copiedBytes += entry.bytes
    }

    /// Whether a file is the one that a manifest lists, by size and footer.
    private static func isPublished(
        _ file: any DiskFile, _ entry: Manifest.Entry
    ) throws(DiskError) -> Bool {
        let size = try file.size()
        guard size == entry.bytes, size >= SegmentFormat.footerBytes else { return false }
        let tail = try file.read(
            at: size - SegmentFormat.footerBytes, count: SegmentFormat.footerBytes)
        return SegmentFooter.checksum(of: tail) == entry.footerChecksum
    }

    /// The log as it stands, up to the last whole record of each file.
    private mutating func copyLog() throws {
        for path in list.hashes.keys where path.hasSuffix(".wal") {
            list.hashes[path] = nil
            try target.remove(path)
        }
        let zstd = ZstdDecompressor()
        for name in try store.listIfThere("wal").sorted() where LogFile.firstLSN(name: name) != nil {
            guard let file = try store.openIfThere("wal/" + name) else { continue }
            let bytes = try file.read(at: 0, count: try file.size())
            try FormatVersion.log.refuseNewer(
                Array(bytes.prefix(LogFile.headerBytes)), in: "wal/" + name)
            guard bytes.count > LogFile.headerBytes else { continue }
            // One with a damaged header is copied as it is: recovery tells what is lost.
            let end = (try? LogFile(decoding: bytes))?
                .forEachRecord(in: bytes, with: zstd) { _ in } ?? bytes.count
            try put(Array(bytes[..<end]), as: own(name))
        }
    }

    private mutating func copyKeys(of folder: any Disk) throws {
        for name in try folder.listIfThere("keys").sorted() {
            let file = try folder.open("keys/" + name)
            let bytes = try file.read(at: 0, count: try file.size())
            try put(bytes, as: own(BackupPath.keyPrefix + name))
            report.keys += 1
        }
    }

    private mutating func put(_ bytes: [UInt8], as path: String) throws(DiskError) {
        let file = try target.create(path)
        try file.append(bytes)
        try file.sync()
        list.hashes[path] = ContentHash.hexadecimal(of: bytes)
        report.bytes += bytes.count
        report.copiedFiles += 1
        report.copiedBytes += bytes.count
    }

    /// Makes everything durable, then the list, then removes what only the backup before had.
    private func finish() throws(DiskError) {
        try target.syncDirectory(BackupPath.segments)
        try target.syncDirectory(BackupPath.state)
        let temporary = own(BackupList.name)
        let file = try target.create(temporary)
        try file.append(list.encoded())
        try file.sync()
        try target.rename(temporary, to: BackupList.name)
        try target.syncDirectory("")
        for directory in [BackupPath.segments, BackupPath.state] {
            for name in try target.list(directory) where list.hashes["\(directory)/\(name)"] == nil {
                try? target.remove("\(directory)/\(name)")
            }
        }
    }
}
