//  Manifest.swift · Store
//
//  Which segments count, and which units there are. Replaced as a whole, so that publishing is
//  atomic however many files come and go.
//
//      "ESMANIF\2" │ u64 version │ u64 flushed_lsn │ u32 n │ n × segment │ u32 n │ n × unit
//      │ u32 n │ n × tombstone │ u32 n │ n × text leftover │ u32 crc32c
//      segment:   text name, u64 size, u32 footer_crc, u8 level, i64 t_min, i64 t_max, u64 max_lsn
//      unit:      u32 ref, text name, u8 has_newest, i64 newest
//      tombstone: u32 ref, i64 from, i64 to, u64 generation

import Monitoring

/// The list of published segments.
struct Manifest: Equatable, Sendable {
    static let name = "MANIFEST"
    private static let magic: [UInt8] = FormatVersion.manifest.prefix + [2]

    /// Counts publications.
    var version: UInt64 = 0
    /// Records of the log up to here are in segments.
    var flushedLSN: UInt64 = 0
    /// In order of publication: of two frames of one time, the one in the earlier counts.
    var segments: [Entry] = []
    /// Ascending by ref.
    var units: [UnitName] = []
    var tombstones: [Tombstone] = []
    /// Files that this list makes needless and that may not be removed yet, sorted.
    var leftovers: [String] = []

    struct Entry: Equatable, Sendable {
        let name: String
        let bytes: Int
        let footerChecksum: UInt32
        let level: UInt8
        let first: Int64
        let last: Int64
        let lsnMaximum: UInt64

        init(_ segment: Segment) {
            name = segment.name
            bytes = segment.bytes
            footerChecksum = segment.footerChecksum
            level = segment.header.level
            first = segment.header.first
            last = segment.header.last
            lsnMaximum = segment.footer.lsnMaximum
        }

        fileprivate init(_ reader: inout ByteReader) throws(FormatError) {
            name = try reader.text()
            bytes = Int(clamping: try reader.little(UInt64.self))
            footerChecksum = try reader.little()
            level = try reader.little()
            first = try reader.time()
            last = try reader.time()
            lsnMaximum = try reader.number()
        }
    }

    /// A unit's number in segments.
    struct UnitName: Equatable, Sendable {
        let ref: UnitRef
        let name: UnitID
        /// Of its frames in segments.
        let newest: Int64?
    }

    func encoded() -> [UInt8] {
        var bytes = Manifest.magic
        bytes.append(little: version)
        bytes.append(little: flushedLSN)
        bytes.append(little: UInt32(segments.count))
        for entry in segments {
            bytes.append(text: entry.name)
            bytes.append(little: UInt64(entry.bytes))
            bytes.append(little: entry.footerChecksum)
            bytes.append(entry.level)
            bytes.append(little: entry.first)
            bytes.append(little: entry.last)
            bytes.append(little: entry.lsnMaximum)
        }
        bytes.append(little: UInt32(units.count))
        for unit in units {
            bytes.append(little: unit.ref)
            bytes.append(text: unit.name.name)
            bytes.append(unit.newest == nil ? 0 : 1)
            bytes.append(little: unit.newest ?? 0)
        }
        bytes.append(little: UInt32(tombstones.count))
        for tombstone in tombstones { tombstone.append(to: &bytes) }
        bytes.append(little: UInt32(leftovers.count))
        for name in leftovers { bytes.append(text: name) }
        bytes.append(little: Checksum.crc32c(bytes))
        return bytes
    }

    init() {}

    init(decoding bytes: [UInt8]) throws(FormatError) {
        guard bytes.count >= 32 else { throw FormatError("it is cut off") }
        var tail = ByteReader(bytes[(bytes.count - 4)...])
        guard try tail.little(UInt32.self) == Checksum.crc32c(bytes[..<(bytes.count - 4)]) else {
            throw FormatError("its checksum does not match")
        }
        var reader = ByteReader(bytes[..<(bytes.count - 4)])
        guard Array(try reader.take(8)) == Manifest.magic else {
            throw FormatError("it is not a manifest of version 2")
        }
        version = try reader.number()
        flushedLSN = try reader.number()
        let count: UInt32 = try reader.little()
        for _ in 0..<count { segments.append(try Entry(&reader)) }
        let unitCount: UInt32 = try reader.little()
        var names: Set<UnitID> = []
        for _ in 0..<unitCount {
            let ref: UnitRef = try reader.little()
            guard let name = UnitID(try reader.text()), ref < UnitRef.countMaximum else {
                throw FormatError("a unit's name is not one")
            }
            guard units.last.map({ $0.ref < ref }) ?? true, names.insert(name).inserted else {
                throw FormatError("a unit has two numbers, or a number two units")
            }
            let hasNewest: UInt8 = try reader.little()
            let newest = try reader.time()
            units.append(UnitName(ref: ref, name: name, newest: hasNewest == 0 ? nil : newest))
        }
        let tombstoneCount: UInt32 = try reader.little()
        for _ in 0..<tombstoneCount { tombstones.append(try Tombstone(&reader)) }
        // Earlier builds of this version end here.
        guard reader.remaining > 0 else { return }
        let leftoverCount: UInt32 = try reader.little()
        for _ in 0..<leftoverCount { leftovers.append(try reader.text()) }
    }

    /// Puts this manifest in place of the one before, durably and atomically.
    func publish(on disk: any Disk) throws(DiskError) {
        try prepare(on: disk)
        try install(on: disk)
    }

    /// Writes it beside the one before. A failure changes nothing.
    func prepare(on disk: any Disk) throws(DiskError) {
        // A failed try may have left its file behind.
        try? disk.remove(temporary)
        do {
            let file = try disk.create(temporary)
            try file.append(encoded())
            try file.sync()
        } catch {
            try? disk.remove(temporary)
            throw error
        }
    }

    /// The second step. After a failure either of the two may be found by the next start.
    func install(on disk: any Disk) throws(DiskError) {
        try disk.rename(temporary, to: Manifest.name)
        try disk.syncDirectory("")
    }

    private var temporary: String { "tmp/\(Manifest.name)-\(version)" }
}

extension UnitRef {
    /// More units than this are not taken for real when they are read.
    static let countMaximum: UnitRef = 1 << 24
}
