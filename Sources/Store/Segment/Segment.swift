//  Segment.swift · Store
//
//  A published segment, for reading. Immutable: any number of readers at once.

import Monitoring
import Synchronization

/// A segment that is listed. Holds no more than its header and footer; its file is opened when it
/// is read, and may be deleted while readers have it.
final class Segment: Sendable {
    /// Path inside the store: `seg/1-20261123T0000-0000002a.esg`.
    let name: String
    let header: SegmentHeader
    let footer: SegmentFooter
    let footerChecksum: UInt32
    let bytes: Int
    let replaced: [SegmentUUID]
    private let files: SegmentFiles
    private let kept = Mutex<(any DiskFile)?>(nil)
    /// Rows of units that were asked for last.
    private let known = Mutex<[UnitRef: UnitRow]>([:])
    private static let knownMaximum = 32
    /// See ``SegmentName/generation(_:)``; higher is newer.
    let generation: UInt64

    /// Opens and checks header and footer; rows, directories and pages are checked when they are
    /// read.
    init(name: String, in files: SegmentFiles) throws {
        self.name = name
        self.files = files
        generation = SegmentName.generation(name) ?? 0
        let file = try files.disk.open(name)
        bytes = try file.size()
        let least = SegmentFormat.headerBytes + SegmentFormat.footerBytes
        guard bytes >= least else { throw FormatError("it is shorter than an empty segment") }
        header = try SegmentHeader(
            decoding: try file.read(at: 0, count: SegmentFormat.headerBytes))
        let tail = try file.read(
            at: bytes - SegmentFormat.footerBytes, count: SegmentFormat.footerBytes)
        footer = try SegmentFooter(decoding: tail)
        footerChecksum = SegmentFooter.checksum(of: tail)
        guard footer.uuidLow == header.uuid.low else {
            throw FormatError("its footer is another file's")
        }
        let replacedBytes = Int(footer.replacedCount) * 16
        let indexEnd = bytes - SegmentFormat.footerBytes - replacedBytes
        guard footer.indexOffset < UInt64(bytes),
            Int(footer.indexOffset) + Int(footer.indexBytes) == indexEnd,
            Int(footer.unitCount) * UnitRow.bytes + Int(footer.nameBytes) <= Int(footer.indexBytes)
        else { throw FormatError("its index is not where the footer says") }
        var reader = ByteReader(try file.read(at: indexEnd, count: replacedBytes))
        var uuids: [SegmentUUID] = []
        for _ in 0..<footer.replacedCount {
            let low: UInt64 = try reader.little()
            uuids.append(SegmentUUID(high: try reader.little(), low: low))
        }
        replaced = uuids
    }

    var level: UInt8 { header.level }
    private var dataEnd: Int { Int(footer.indexOffset) }

    /// The open file, for as long as it is held.
    func file() throws(DiskError) -> any DiskFile {
        if let file = kept.withLock({ $0 }) { return file }
        // Sealed heads are many, and live for a day.
        return try files.file(name, isKept: level > 0)
    }

    /// Lets readers that have this segment go on although its name is about to be deleted.
    func outliveItsName() {
        guard let file = try? file() else { return }
        kept.withLock { $0 = file }
        files.forget(name)
    }
}

// MARK: - The index, in pieces

extension Segment {
    /// What is held of a unit; `nil` when nothing is. A row or two are read where numbers are
    /// dense, O(log units) of them at most.
    ///
    /// - Throws: ``FormatError`` when the row is damaged.
    func row(of ref: UnitRef, in file: any DiskFile) throws -> UnitRow? {
        if let row = known.withLock({ $0[ref] }) { return row }
        do {
            let row = try search(for: ref, in: file)
            if let row {
                known.withLock { known in
                    if known.count >= Segment.knownMaximum { known.removeAll() }
                    known[ref] = row
                }
            }
            return row
        } catch is FormatError {
            // A damaged row on the way is another unit's, or this one's.
            for number in 0..<Int(footer.unitCount) {
                if let row = try? row(number, in: file), row.ref == ref { return row }
            }
            throw FormatError("a damaged row of the index may be this unit's")
        }
    }

    private func search(for ref: UnitRef, in file: any DiskFile) throws -> UnitRow? {
        // Rows ascend by ref, each its own: row i has at least ref i.
        var high = min(Int(footer.unitCount) - 1, Int(ref))
        var low = 0
        var isGuess = true
        while low <= high {
            // The last one possible, then the first one possible, then halves.
            let place = isGuess ? high : low + (high - low) / 2
            let row = try row(place, in: file)
            if row.ref == ref { return row }
            if row.ref < ref {
                low = place + 1
            } else {
                high = place - 1
                if isGuess {
                    low = max(low, place - Int(row.ref - ref))
                    if low <= high {
                        let first = try self.row(low, in: file)
                        if first.ref == ref { return first }
                        if first.ref > ref { return nil }
                        low += 1
                    }
                }
            }
            isGuess = false
        }
        return nil
    }

    private func row(_ number: Int, in file: any DiskFile) throws -> UnitRow {
        try withUnsafeTemporaryAllocation(byteCount: UnitRow.bytes, alignment: 8) { bytes in
            try file.read(at: dataEnd + number * UnitRow.bytes, into: bytes)
            return try checked(
                UnitRow(decoding: UnsafeRawBufferPointer(bytes), dataEnd: dataEnd))
        }
    }

    private func checked(_ row: UnitRow) throws(FormatError) -> UnitRow {
        guard row.first >= header.first, row.last <= header.last else {
            throw FormatError("a unit's row lies outside the segment's time")
        }
        return row
    }

    /// The blocks of a unit, ascending and without overlap.
    func blocks(of row: UnitRow, in file: any DiskFile) throws -> [BlockEntry] {
        guard row.blockCount > 0 else { return [] }
        let bytes = try file.read(at: row.directory.offset, count: row.directory.length)
        return try BlockDirectory.decode(bytes, dataEnd: dataEnd)
    }

    /// All rows with the names of their units, the whole index checked. O(units).
    func contents() throws -> [(row: UnitRow, name: UnitID)] {
        let file = try file()
        let index = try file.read(at: dataEnd, count: Int(footer.indexBytes))
        guard Checksum.crc32c(index) == footer.indexChecksum else {
            throw FormatError("the checksum of its index does not match")
        }
        let names = index[(index.count - Int(footer.nameBytes))...]
        var previous: UnitRef?
        return try (0..<Int(footer.unitCount)).map { number in
            let row = try index.withUnsafeBytes { bytes in
                let start = number * UnitRow.bytes
                return try checked(
                    UnitRow(
                        decoding: UnsafeRawBufferPointer(
                            rebasing: bytes[start..<start + UnitRow.bytes]), dataEnd: dataEnd))
            }
            guard previous.map({ $0 < row.ref }) ?? true else {
                throw FormatError("units are not in order")
            }
            previous = row.ref
            var reader = ByteReader(names.dropFirst(row.nameOffset))
            guard let name = UnitID(try reader.text()) else {
                throw FormatError("a unit's name is not one")
            }
            return (row, name)
        }
    }
}

// MARK: - Pages

extension Segment {
    /// The frames of a block.
    ///
    /// - Parameter wanted: see ``BlockCodec/decode(count:run:wanted:page:)``.
    /// - Throws: ``FormatError`` when a page is damaged, ``DiskError`` when it cannot be read.
    func read(
        _ block: BlockEntry, wanted: MetricSet = .all, in file: any DiskFile, with reader: PageReader
    ) throws -> FrameColumns {
        let columns = try BlockCodec.decode(count: block.count, run: block.run, wanted: wanted) {
            column, body in
            let place = block.pages[Int(column.rawValue)].place
            try reader.withPage(place, of: file, column: column, body)
        }
        guard columns.times.first == block.first, columns.times.last == block.last else {
            throw FormatError("the times of a block are another's")
        }
        return columns
    }

    /// Fills `rows` with those of a unit's day.
    func read(
        _ kind: RollupKind, of row: UnitRow, wanted: MetricSet, in file: any DiskFile,
        with reader: PageReader, into rows: inout LevelRows
    ) throws {
        try reader.withPage(row.rollups[kind], of: file, column: .rollup) { payload, codec in
            guard codec == .rows else { throw FormatError("a page of rows has another codec") }
            try RollupCodec.take(&payload, kind: kind, wanted: wanted, into: &rows)
        }
    }

    /// Histograms of a unit's day, those of `wanted` that are not empty.
    func histograms(
        _ kind: RollupKind, of row: UnitRow, wanted: Range<Int>, in file: any DiskFile,
        with reader: PageReader
    ) throws -> StoredHistograms {
        try reader.withPage(row.rollups[kind], of: file, column: .rollup) { payload, codec in
            guard codec == .histograms else {
                throw FormatError("a page of histograms has another codec")
            }
            return try HistogramCodec.take(&payload, kind: kind, wanted: wanted)
        }
    }
}
