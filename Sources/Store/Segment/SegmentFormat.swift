//  SegmentFormat.swift · Store
//
//  The frame of a segment file (`docs/format/segment.md`):
//
//      header 64 B │ data: pages, units ascending, inside a unit column by column, then its
//      rollups │ index │ replaced uuids │ footer 64 B
//
//  Everything that is needed to read it stands behind the data, so that a file is written in one
//  pass; it is valid only if its last 64 bytes are.

import Monitoring

/// 128 random bits that name a segment for ever.
struct SegmentUUID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64
}

enum SegmentFormat {
    static let headerBytes = 64
    static let footerBytes = 64
    static let headerMagic: [UInt8] = Array("EARSHOT".utf8) + [1]
    static let footerMagic: [UInt8] = [0x31, 0x0A] + Array("TOHSRE".utf8)
    static let major: UInt16 = 1
    static let minor: UInt16 = 1
    /// Files of earlier minors were never released; their index was another one.
    static let minorMinimum: UInt16 = 1
    /// Frames a page at most, by level: L0 lives for a day, L1 for years.
    static let blockFramesMaximum: [UInt8: Int] = [0: 900, 1: 14_400]
    /// A hole beyond which a new block is begun, so that times stay near their grid.
    static let blockGapMaximumMilliseconds: Int64 = 3_600_000
    /// More in a segment are not taken for real when they are read; their sums cannot overflow.
    static let framesMaximum: UInt64 = 1 << 40
    static let dayMilliseconds = Dwell.dayMilliseconds
}

/// The first 64 bytes of a segment.
struct SegmentHeader: Equatable, Sendable {
    let uuid: SegmentUUID
    let level: UInt8
    /// False when only rollups were kept.
    var holdsFrames = true
    let first: Int64
    let last: Int64

    private static let rollupsOnly: UInt8 = 1

    /// `magic 8 │ u16 major │ u16 minor │ u32 header_len │ u128 uuid │ u8 level │ u8 flags │
    /// u16 0 │ i64 t_min │ i64 t_max │ 8 × 0 │ u32 crc32c`
    func encoded() -> [UInt8] {
        var bytes = SegmentFormat.headerMagic
        bytes.append(little: SegmentFormat.major)
        bytes.append(little: SegmentFormat.minor)
        bytes.append(little: UInt32(SegmentFormat.headerBytes))
        bytes.append(little: uuid.low)
        bytes.append(little: uuid.high)
        bytes.append(level)
        bytes.append(holdsFrames ? 0 : SegmentHeader.rollupsOnly)
        bytes.append(little: UInt16(0))
        bytes.append(little: first)
        bytes.append(little: last)
        bytes += [UInt8](repeating: 0, count: 8)
        bytes.append(little: Checksum.crc32c(bytes))
        return bytes
    }

    init(
        uuid: SegmentUUID, level: UInt8, holdsFrames: Bool = true, first: Int64, last: Int64
    ) {
        self.uuid = uuid
        self.level = level
        self.holdsFrames = holdsFrames
        self.first = first
        self.last = last
    }

    init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        guard Array(try reader.take(8)) == SegmentFormat.headerMagic else {
            throw FormatError("it does not begin like a segment")
        }
        let major: UInt16 = try reader.little()
        guard major == SegmentFormat.major else {
            throw FormatError("format version \(major) is not known; a newer program wrote it")
        }
        let minor: UInt16 = try reader.little()
        guard minor >= SegmentFormat.minorMinimum else {
            throw FormatError("format version \(major).\(minor) is of a program before the first release")
        }
        _ = try reader.take(4)
        let low: UInt64 = try reader.little()
        uuid = SegmentUUID(high: try reader.little(), low: low)
        level = try reader.little()
        holdsFrames = try reader.little(UInt8.self) & SegmentHeader.rollupsOnly == 0
        _ = try reader.take(2)
        first = try reader.time()
        last = try reader.time()
        _ = try reader.take(8)
        let crc: UInt32 = try reader.little()
        guard crc == Checksum.crc32c(bytes[..<60]) else {
            throw FormatError("the checksum of its header does not match")
        }
    }
}

/// The last 64 bytes of a segment.
struct SegmentFooter: Equatable, Sendable {
    var indexOffset: UInt64
    var indexBytes: UInt32
    var indexChecksum: UInt32
    var unitCount: UInt32
    var frameCount: UInt64
    /// Everything of the log up to here is in this file or in older ones.
    var lsnMaximum: UInt64
    /// How many uuids of replaced segments stand before the footer.
    var replacedCount: UInt32
    /// At the end of the index.
    var nameBytes: UInt32
    /// The lower half of the header's uuid: by it, and so by its checksum, a footer is of one file.
    /// (The checksum of an index is not: rows and directories end in their own.)
    var uuidLow: UInt64

    /// `u64 index_off │ u32 index_len │ u32 index_crc │ u64 n_frames │ u64 max_lsn │ u32 n_units │
    /// u32 n_replaced │ u32 name bytes │ u64 uuid, low │ u32 footer_crc │ magic 8`
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(little: indexOffset)
        bytes.append(little: indexBytes)
        bytes.append(little: indexChecksum)
        bytes.append(little: frameCount)
        bytes.append(little: lsnMaximum)
        bytes.append(little: unitCount)
        bytes.append(little: replacedCount)
        bytes.append(little: nameBytes)
        bytes.append(little: uuidLow)
        bytes.append(little: Checksum.crc32c(bytes))
        return bytes + SegmentFormat.footerMagic
    }

    init(
        indexOffset: UInt64, indexBytes: UInt32, indexChecksum: UInt32, unitCount: UInt32,
        frameCount: UInt64, lsnMaximum: UInt64, replacedCount: UInt32, nameBytes: UInt32, uuidLow: UInt64
    ) {
        self.indexOffset = indexOffset
        self.indexBytes = indexBytes
        self.indexChecksum = indexChecksum
        self.unitCount = unitCount
        self.frameCount = frameCount
        self.lsnMaximum = lsnMaximum
        self.replacedCount = replacedCount
        self.nameBytes = nameBytes
        self.uuidLow = uuidLow
    }

    init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        indexOffset = try reader.little()
        indexBytes = try reader.little()
        indexChecksum = try reader.little()
        frameCount = try reader.little()
        lsnMaximum = try reader.number()
        unitCount = try reader.little()
        replacedCount = try reader.little()
        nameBytes = try reader.little()
        uuidLow = try reader.little()
        let crc: UInt32 = try reader.little()
        guard Array(try reader.take(8)) == SegmentFormat.footerMagic else {
            throw FormatError("it does not end like a segment")
        }
        guard crc == Checksum.crc32c(bytes[..<52]) else {
            throw FormatError("the checksum of its footer does not match")
        }
        guard frameCount <= SegmentFormat.framesMaximum else {
            throw FormatError("it tells of too many frames")
        }
    }

    /// CRC of the footer, by which a manifest knows the file; without the CRC in it, or all would
    /// be alike.
    static func checksum(of footer: [UInt8]) -> UInt32 { Checksum.crc32c(footer[..<52]) }
}
