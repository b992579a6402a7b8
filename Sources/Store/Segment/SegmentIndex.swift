//  SegmentIndex.swift · Store
//
//  Where each unit's blocks stand in a segment.
//
//      u32 n_units │ u32 n_runs │ u8 n_columns │ 7 × 0
//      n_runs × run: u8 has_start, i64 start, u32 max_dwell_ms
//      n_units × unit: u32 ref, u32 n_blocks, i64 t_first, i64 t_last, u64 n_frames, text name,
//        n_blocks × block: i64 t_first, u32 span_ms, u32 n, u32 run,
//          n_columns × (u40 offset, u24 length, i16 min, i16 max)
//
//  Read as a whole and kept: about 70 bytes a block in the file.

import Monitoring

/// A block's place in its file, and what it holds.
struct BlockEntry: Equatable, Sendable {
    let first: Int64
    let last: Int64
    let count: Int
    let run: Run
    let pages: [PagePlace]

    /// Where a page stands. Zone maps (`min`, `max`) hold for `lp` and `lpeak`.
    struct PagePlace: Equatable, Sendable {
        let offset: Int
        let length: Int
        let min: Int16
        let max: Int16
    }
}

/// A unit's part of a segment.
struct UnitEntry: Equatable, Sendable {
    let ref: UnitRef
    let name: UnitID
    /// Ascending and without overlap.
    let blocks: [BlockEntry]

    var first: Int64 { blocks[0].first }
    var last: Int64 { blocks[blocks.count - 1].last }
    var frameCount: Int { blocks.reduce(0) { $0 + $1.count } }
}

struct SegmentIndex: Equatable, Sendable {
    /// Sorted by `ref`.
    let units: [UnitEntry]

    /// The unit's entry. O(log units).
    func unit(_ ref: UnitRef) -> UnitEntry? {
        var low = 0
        var high = units.count
        while low < high {
            let middle = (low + high) / 2
            if units[middle].ref < ref { low = middle + 1 } else { high = middle }
        }
        return low < units.count && units[low].ref == ref ? units[low] : nil
    }

    func encoded() -> [UInt8] {
        var runs: [Run] = []
        var runNumbers: [Run: UInt32] = [:]
        for block in units.lazy.flatMap(\.blocks) where runNumbers[block.run] == nil {
            runNumbers[block.run] = UInt32(runs.count)
            runs.append(block.run)
        }
        var bytes: [UInt8] = []
        bytes.append(little: UInt32(units.count))
        bytes.append(little: UInt32(runs.count))
        bytes.append(UInt8(PageColumn.allCases.count))
        bytes += [UInt8](repeating: 0, count: 7)
        for run in runs { bytes.append(run: run) }
        for unit in units {
            bytes.append(little: unit.ref)
            bytes.append(little: UInt32(unit.blocks.count))
            bytes.append(little: unit.first)
            bytes.append(little: unit.last)
            bytes.append(little: UInt64(unit.frameCount))
            bytes.append(text: unit.name.name)
            for block in unit.blocks {
                bytes.append(little: block.first)
                bytes.append(little: UInt32(block.last - block.first))
                bytes.append(little: UInt32(block.count))
                bytes.append(little: runNumbers[block.run]!)
                for page in block.pages {
                    bytes.append(little: UInt64(page.offset) | UInt64(page.length) << 40)
                    bytes.append(little: page.min)
                    bytes.append(little: page.max)
                }
            }
        }
        return bytes
    }

    init(units: [UnitEntry]) { self.units = units }

    /// - Parameter dataEnd: no page may reach beyond it.
    init(decoding bytes: [UInt8], dataEnd: Int) throws(FormatError) {
        var reader = ByteReader(bytes)
        let unitCount: UInt32 = try reader.little()
        let runCount: UInt32 = try reader.little()
        let columnCount: UInt8 = try reader.little()
        _ = try reader.take(7)
        // A later version may add columns behind those known here; fewer cannot be.
        guard Int(columnCount) >= PageColumn.allCases.count else {
            throw FormatError("columns are missing")
        }
        guard reader.remaining / Run.storedBytes >= Int(runCount), reader.remaining / 33 >= Int(unitCount) else {
            throw FormatError("the index is cut off")
        }
        var runs: [Run] = []
        for _ in 0..<runCount { runs.append(try reader.run()) }
        var units: [UnitEntry] = []
        for _ in 0..<unitCount {
            let ref: UInt32 = try reader.little()
            let blockCount: UInt32 = try reader.little()
            _ = try reader.take(24)
            guard let name = UnitID(try reader.text()) else {
                throw FormatError("a unit's name is not one")
            }
            guard blockCount > 0, reader.remaining / 20 >= Int(blockCount) else {
                throw FormatError("a block directory is cut off")
            }
            var blocks: [BlockEntry] = []
            for _ in 0..<blockCount {
                blocks.append(
                    try SegmentIndex.block(
                        &reader, runs: runs, columnCount: Int(columnCount), dataEnd: dataEnd))
            }
            guard zip(blocks.dropFirst(), blocks).allSatisfy({ $0.first > $1.last }) else {
                throw FormatError("blocks of a unit overlap")
            }
            units.append(UnitEntry(ref: ref, name: name, blocks: blocks))
        }
        guard zip(units.dropFirst(), units).allSatisfy({ $0.ref > $1.ref }) else {
            throw FormatError("units are not in order")
        }
        self.units = units
    }

    private static func block(
        _ reader: inout ByteReader, runs: [Run], columnCount: Int, dataEnd: Int
    ) throws(FormatError) -> BlockEntry {
        let first: Int64 = try reader.little()
        let span: UInt32 = try reader.little()
        let count: UInt32 = try reader.little()
        let run: UInt32 = try reader.little()
        guard run < runs.count, count > 0, count <= 1 << 20 else {
            throw FormatError("a block entry is not one")
        }
        var pages: [BlockEntry.PagePlace] = []
        for _ in 0..<columnCount {
            let place: UInt64 = try reader.little()
            let offset = Int(place & 0xFF_FFFF_FFFF)
            let length = Int(place >> 40)
            guard offset + length <= dataEnd else { throw FormatError("a page lies outside") }
            pages.append(
                .init(
                    offset: offset, length: length, min: try reader.little(),
                    max: try reader.little()))
        }
        return BlockEntry(
            first: first, last: first + Int64(span), count: Int(count), run: runs[Int(run)],
            pages: pages)
    }
}
