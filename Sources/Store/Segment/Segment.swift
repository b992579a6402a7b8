//  Segment.swift · Store
//
//  A published segment, open for reading. Immutable: any number of readers at once.

import Monitoring

/// An open segment. The file closes when the last reader lets go, and may be deleted before that.
final class Segment: Sendable {
    /// Path inside the store: `seg/1-20261123T0000-0000002a.esg`.
    let name: String
    let header: SegmentHeader
    let footer: SegmentFooter
    let footerChecksum: UInt32
    let bytes: Int
    let index: SegmentIndex
    let replaced: [SegmentUUID]
    private let file: any DiskFile

    /// Opens and checks header, footer and index; pages are checked when they are read.
    init(name: String, on disk: any Disk) throws {
        file = try disk.open(name)
        self.name = name
        bytes = try file.size()
        let least = SegmentFormat.headerBytes + SegmentFormat.footerBytes
        guard bytes >= least else { throw FormatError("it is shorter than an empty segment") }
        header = try SegmentHeader(
            decoding: try file.read(at: 0, count: SegmentFormat.headerBytes))
        let tail = try file.read(
            at: bytes - SegmentFormat.footerBytes, count: SegmentFormat.footerBytes)
        footer = try SegmentFooter(decoding: tail)
        footerChecksum = SegmentFooter.checksum(of: tail)
        let indexEnd = Int(clamping: footer.indexOffset) + Int(footer.indexBytes)
        let replacedBytes = Int(footer.replacedCount) * 16
        guard footer.indexOffset < UInt64(bytes),
            indexEnd + replacedBytes + SegmentFormat.footerBytes == bytes
        else { throw FormatError("its index is not where the footer says") }
        let indexBytes = try file.read(
            at: Int(footer.indexOffset), count: Int(footer.indexBytes))
        guard Checksum.crc32c(indexBytes) == footer.indexChecksum else {
            throw FormatError("the checksum of its index does not match")
        }
        index = try SegmentIndex(decoding: indexBytes, dataEnd: Int(footer.indexOffset))
        var reader = ByteReader(try file.read(at: indexEnd, count: replacedBytes))
        var uuids: [SegmentUUID] = []
        for _ in 0..<footer.replacedCount {
            let low: UInt64 = try reader.little()
            uuids.append(SegmentUUID(high: try reader.little(), low: low))
        }
        replaced = uuids
    }

    /// The frames of a block.
    /// - Throws: ``FormatError`` when a page is damaged, ``DiskError`` when it cannot be read.
    func read(
        _ block: BlockEntry, with decompressor: borrowing ZstdDecompressor
    ) throws -> FrameColumns {
        let pages = try PageColumn.allCases.map { column in
            let place = block.pages[Int(column.rawValue)]
            return try file.read(at: place.offset, count: place.length)[...]
        }
        return try BlockCodec.decode(
            pages, count: block.count, run: block.run, with: decompressor)
    }
}

/// How segments are called: level, first minute, generation (`docs/format/segment.md`).
enum SegmentName {
    static func make(level: UInt8, first: Int64, generation: UInt64) -> String {
        let stamp = Timestamp(milliseconds: first).description
        let minute = stamp.prefix(16).filter { $0 != "-" && $0 != ":" }
        let digits = String(generation, radix: 16)
        let padded = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        return "seg/\(level)-\(minute)-\(padded).esg"
    }

    /// The generation that a file name tells; `nil` when it is not a segment's name.
    static func generation(_ name: some StringProtocol) -> UInt64? {
        guard name.hasSuffix(".esg"), let digits = name.dropLast(4).split(separator: "-").last
        else { return nil }
        return UInt64(digits, radix: 16)
    }
}
