//  SegmentSurvey.swift · Store
//
//  Which segments there are and which of them can be used. Reads and changes nothing, so that a
//  store of a later version is left as it is.

import Monitoring

/// What stands in `MANIFEST` and `seg/`.
struct SegmentSurvey {
    enum State: Equatable {
        /// There is no store yet.
        case new
        case good
        /// It was rebuilt from the footers. With the reason, a sentence.
        case rebuilt(String)
    }

    /// As it stands, or as the footers tell.
    private(set) var manifest = Manifest()
    private(set) var state = State.good
    /// Those that count and can be used, in order of publication.
    private(set) var segments: [Segment] = []
    /// Those that count and cannot be used.
    private(set) var failed: [Failure] = []
    /// Those that do not count: never published, or replaced.
    private(set) var unlisted: [String] = []
    /// What `DELETED` says; empty when there is none, `nil` when it cannot be read.
    let deletions: [Tombstone]?
    /// Where their files are opened.
    let files: SegmentFiles

    struct Failure {
        let name: String
        /// Whether there is a file at all.
        let isThere: Bool
        let damage: Damage
    }

    /// - Throws: ``NewerFormat`` when a later version wrote a file that counts; ``DiskError``.
    init(on disk: any Disk) throws {
        files = SegmentFiles(disk: disk)
        do {
            deletions = try DeletedFrames.read(from: disk) ?? []
        } catch is FormatError {
            deletions = nil
        }
        let present = Set(try disk.listIfThere("seg").map { "seg/\($0)" })
        guard try readManifest(disk, hasMore: !present.isEmpty) else {
            try rebuild(present.sorted(), on: disk)
            return
        }
        for entry in manifest.segments {
            guard present.contains(entry.name) else {
                fail(entry.name, "missing", "The file is listed and not there.", entry)
                continue
            }
            do {
                segments.append(try SegmentSurvey.open(entry, in: files))
            } catch {
                try SegmentSurvey.rethrow(error)
                fail(entry.name, "index", "The file cannot be used: \(error).", entry)
            }
        }
        unlisted = present.subtracting(manifest.segments.map(\.name)).sorted()
    }

    /// Whether a file counts, usable or not.
    func counts(_ name: String) -> Bool {
        manifest.segments.contains { $0.name == name } || failed.contains { $0.name == name }
    }

    /// The manifest as it stands; `nil` when there is none that can be read.
    static func currentManifest(on disk: any Disk) throws(DiskError) -> Manifest? {
        guard let file = try disk.openIfThere(Manifest.name) else { return nil }
        return try? Manifest(decoding: try file.read(at: 0, count: try file.size()))
    }

    /// A segment that a manifest lists, if it is the file that was published.
    static func open(_ entry: Manifest.Entry, in files: SegmentFiles) throws -> Segment {
        let segment = try open(entry.name, in: files)
        guard segment.bytes == entry.bytes, segment.footerChecksum == entry.footerChecksum else {
            throw FormatError("it is not the file that was published")
        }
        return segment
    }

    private static func open(_ name: String, in files: SegmentFiles) throws -> Segment {
        do {
            return try Segment(name: name, in: files)
        } catch let error as FormatError {
            let file = try files.disk.open(name)
            let head = try file.read(
                at: 0, count: min(try file.size(), SegmentFormat.headerBytes))
            try FormatVersion.segment.refuseNewer(head, in: name)
            throw error
        }
    }

    /// Throws again what says nothing about the file itself: it may be whole.
    private static func rethrow(_ error: any Error) throws {
        switch error {
        case is FormatError: return
        case let error as DiskError
        where [.notFound, .truncated, .system(SystemDisk.readError)].contains(error.kind): return
        default: throw error
        }
    }

    /// - Returns: false when the footers must tell.
    private mutating func readManifest(_ disk: any Disk, hasMore: Bool) throws -> Bool {
        guard let file = try disk.openIfThere(Manifest.name) else {
            // A store has a manifest from its first moment, so that a missing one is damage.
            let logs = try disk.listIfThere("wal").contains { LogFile.firstLSN(name: $0) != nil }
            state = hasMore || logs ? .rebuilt("It is missing.") : .new
            return state == .new
        }
        let bytes = try file.read(at: 0, count: try file.size())
        try FormatVersion.manifest.refuseNewer(bytes, in: Manifest.name)
        do {
            manifest = try Manifest(decoding: bytes)
            return true
        } catch {
            state = .rebuilt("It is damaged: \(error).")
            return false
        }
    }

    private mutating func rebuild(_ present: [String], on disk: any Disk) throws {
        var opened: [Segment] = []
        for name in present {
            do {
                opened.append(try SegmentSurvey.open(name, in: files))
            } catch {
                try SegmentSurvey.rethrow(error)
                fail(name, "index", "The file cannot be used: \(error).", nil)
            }
        }
        let replaced = Set(opened.flatMap(\.replaced))
        segments = opened.filter { !replaced.contains($0.header.uuid) }
            .sorted { SegmentName.generation($0.name) ?? 0 < SegmentName.generation($1.name) ?? 0 }
        unlisted = opened.filter { replaced.contains($0.header.uuid) }.map(\.name)
        manifest.version = 1 << 32
        manifest.segments = segments.map(Manifest.Entry.init)
        manifest.units = units(of: segments)
        manifest.tombstones = deletions ?? []
        manifest.flushedLSN = segments.map(\.footer.lsnMaximum).max() ?? 0
    }

    /// The units that segments name, with their newest frames. What cannot be read is found again
    /// by whoever looks for it.
    private func units(of segments: [Segment]) -> [Manifest.UnitName] {
        var names: [UnitRef: (name: UnitID, newest: Int64)] = [:]
        for segment in segments {
            for (row, name) in (try? segment.contents()) ?? []
            where row.ref < UnitRef.countMaximum {
                let newest = names[row.ref].map { max($0.newest, row.last) } ?? row.last
                names[row.ref] = (name, newest)
            }
        }
        return names.sorted { $0.key < $1.key }.map {
            Manifest.UnitName(ref: $0.key, name: $0.value.name, newest: $0.value.newest)
        }
    }

    private mutating func fail(
        _ name: String, _ kind: String, _ detail: String, _ entry: Manifest.Entry?
    ) {
        failed.append(
            Failure(
                name: name, isThere: kind != "missing",
                damage: Damage(
                    file: name, kind: kind,
                    from: entry.map { Timestamp(milliseconds: $0.first) },
                    to: entry.map { Timestamp(milliseconds: $0.last) }, detail: detail)))
    }
}
