//  SegmentIndex.swift · Store
//
//  Where a unit's pages stand in a segment. Made to be read in pieces: a question about one unit
//  reads its row and its directory, each with a checksum of its own, and nothing else, however
//  many units there are.
//
//      rows, 80 B each, ascending by ref │ directories │ names (u8 length and UTF-8 each)
//
//      row        u32 ref │ u32 n_blocks │ i64 t_first │ i64 t_last │ u64 n_frames │ directory │
//                 4 × rollup │ u32 name offset │ u32 crc32c of the 76 bytes before
//      directory  n_blocks × block │ u32 crc32c
//      block      i64 t_first │ u32 span_ms │ u32 n │ run, 13 B │ 4 × (place, i16 min, i16 max)
//      place      u40 offset │ u24 length

import Monitoring

/// A block's place in its file, and what it holds.
struct BlockEntry: Equatable, Sendable {
    let first: Int64
    let last: Int64
    let count: Int
    let run: Run
    let pages: [Column]

    /// A column's page. Zone maps (`min`, `max`) hold for `lp` and `lpeak`.
    struct Column: Equatable, Sendable {
        let place: PagePlace
        let min: Int16
        let max: Int16
    }

    /// In a file.
    static let bytes = 16 + Run.storedBytes + PageColumn.ofBlocks.count * 12
}

/// What a segment holds of a unit.
struct UnitRow: Equatable, Sendable {
    let ref: UnitRef
    /// 0 when only its rollups were kept.
    let blockCount: Int
    let first: Int64
    let last: Int64
    let frameCount: Int
    let directory: PagePlace
    let rollups: RollupPlaces
    /// In the names of the segment.
    let nameOffset: Int

    static let bytes = 80

    func append(to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(little: ref)
        bytes.append(little: UInt32(blockCount))
        bytes.append(little: first)
        bytes.append(little: last)
        bytes.append(little: UInt64(frameCount))
        bytes.append(little: directory.packed)
        for kind in RollupKind.allCases { bytes.append(little: rollups[kind].packed) }
        bytes.append(little: UInt32(nameOffset))
        bytes.append(little: Checksum.crc32c(bytes[start...]))
    }

    init(
        ref: UnitRef, blockCount: Int, first: Int64, last: Int64, frameCount: Int,
        directory: PagePlace, rollups: RollupPlaces, nameOffset: Int
    ) {
        self.ref = ref
        self.blockCount = blockCount
        self.first = first
        self.last = last
        self.frameCount = frameCount
        self.directory = directory
        self.rollups = rollups
        self.nameOffset = nameOffset
    }

    /// - Parameters:
    ///   - bytes: ``bytes`` of them.
    ///   - dataEnd: no page may reach beyond it.
    init(decoding bytes: UnsafeRawBufferPointer, dataEnd: Int) throws(FormatError) {
        var reader = RawReader(bytes)
        ref = try reader.little()
        blockCount = Int(try reader.little(UInt32.self))
        first = try reader.time()
        last = try reader.time()
        frameCount = Int(clamping: try reader.little(UInt64.self))
        directory = PagePlace(packed: try reader.little())
        var places = RollupPlaces.none
        for kind in RollupKind.allCases { places[kind] = PagePlace(packed: try reader.little()) }
        rollups = places
        nameOffset = Int(try reader.little(UInt32.self))
        let crc: UInt32 = try reader.little()
        guard crc == Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[..<76])) else {
            throw FormatError("the checksum of a unit's row does not match")
        }
        let directoryBytes = blockCount == 0 ? 0 : blockCount * BlockEntry.bytes + 4
        guard first <= last, directory.length == directoryBytes,
            frameCount <= SegmentFormat.framesMaximum,
            RollupKind.allCases.allSatisfy({ places[$0].offset + places[$0].length <= dataEnd })
        else { throw FormatError("a unit's row is not one") }
    }
}

/// The blocks of a unit in a segment.
enum BlockDirectory {
    static func append(_ blocks: [BlockEntry], to bytes: inout [UInt8]) {
        let start = bytes.count
        for block in blocks {
            bytes.append(little: block.first)
            bytes.append(little: UInt32(block.last - block.first))
            bytes.append(little: UInt32(block.count))
            bytes.append(run: block.run)
            for page in block.pages {
                bytes.append(little: page.place.packed)
                bytes.append(little: page.min)
                bytes.append(little: page.max)
            }
        }
        bytes.append(little: Checksum.crc32c(bytes[start...]))
    }

    /// - Parameter dataEnd: no page may reach beyond it.
    static func decode(_ bytes: [UInt8], dataEnd: Int) throws(FormatError) -> [BlockEntry] {
        guard bytes.count >= 4, (bytes.count - 4) % BlockEntry.bytes == 0 else {
            throw FormatError("a block directory is cut off")
        }
        var tail = ByteReader(bytes[(bytes.count - 4)...])
        guard try tail.little(UInt32.self) == Checksum.crc32c(bytes[..<(bytes.count - 4)]) else {
            throw FormatError("the checksum of a block directory does not match")
        }
        var reader = ByteReader(bytes[..<(bytes.count - 4)])
        var blocks: [BlockEntry] = []
        blocks.reserveCapacity(bytes.count / BlockEntry.bytes)
        while reader.remaining > 0 { blocks.append(try block(&reader, dataEnd: dataEnd)) }
        guard zip(blocks.dropFirst(), blocks).allSatisfy({ $0.first > $1.last }) else {
            throw FormatError("blocks of a unit overlap")
        }
        return blocks
    }

    private static func block(
        _ reader: inout ByteReader, dataEnd: Int
    ) throws(FormatError) -> BlockEntry {
        let first = try reader.time()
        let span: UInt32 = try reader.little()
        let count: UInt32 = try reader.little()
        guard count > 0, count <= 1 << 20 else { throw FormatError("a block entry is not one") }
        let run = try reader.run()
        var pages: [BlockEntry.Column] = []
        for _ in PageColumn.ofBlocks {
            let place = PagePlace(packed: try reader.little())
            guard place.offset + place.length <= dataEnd else {
                throw FormatError("a page lies outside")
            }
            pages.append(.init(place: place, min: try reader.little(), max: try reader.little()))
        }
        return BlockEntry(
            first: first, last: first + Int64(span), count: Int(count), run: run, pages: pages)
    }
}
