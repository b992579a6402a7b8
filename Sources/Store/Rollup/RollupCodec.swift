//  RollupCodec.swift · Store
//
//  Rows of a rollup by column; a reader skips the columns that it does not want.
//
//      u16 n_rows │ u8 n_columns │ per column: u16 bytes, then n_rows × zigzag varint, each the
//      difference from the row before (wrapping, 32 bit; the first from 0)
//
//  Columns in the order of `LevelRows.Column.all`; what follows another is told from it: maximum −
//  minimum and mean − minimum of lp, minimum and maximum − last of a cumulative metric.

import Monitoring

enum RollupCodec {
    /// Appends the payload of a page of rows.
    static func append(_ rows: LevelRows, into bytes: inout [UInt8]) {
        bytes.append(little: UInt16(rows.count))
        bytes.append(UInt8(rows.columns.count))
        for (place, column) in rows.columns.enumerated() {
            let base = reference(of: place, in: rows.columns)
            var packed: [UInt8] = []
            var previous: Int32 = 0
            for index in column.indices {
                let value = column[index] &- (base?(index) ?? 0)
                packed.append(zigzag: Int64(value &- previous))
                previous = value
            }
            bytes.append(little: UInt16(packed.count))
            bytes += packed
        }
    }

    /// The rows of a payload; columns of metrics that are not wanted stay empty.
    static func take(
        _ reader: inout RawReader, kind: RollupKind, wanted: MetricSet
    ) throws(FormatError) -> LevelRows {
        let count = Int(try reader.little(UInt16.self))
        let columnCount = Int(try reader.little(UInt8.self))
        guard count == kind.rowCount, columnCount >= LevelRows.Column.all.count else {
            throw FormatError("a rollup has other rows or columns")
        }
        var columns: [[Int32]] = Array(repeating: [], count: LevelRows.Column.all.count)
        for (place, column) in LevelRows.Column.all.enumerated() {
            let bytes = try reader.take(Int(try reader.little(UInt16.self)))
            if let metric = column.metric, !wanted.contains(metric) { continue }
            columns[place] = try values(bytes, count: count)
            if let base = reference(of: place, in: columns) {
                for index in 0..<count { columns[place][index] &+= base(index) }
            }
        }
        return LevelRows(stepMilliseconds: kind.stepMilliseconds, count: count, columns: columns)
    }

    private static func values(
        _ bytes: UnsafeRawBufferPointer, count: Int
    ) throws(FormatError) -> [Int32] {
        var reader = RawReader(bytes)
        var values = [Int32](repeating: 0, count: count)
        var previous: Int32 = 0
        for index in 0..<count {
            previous &+= Int32(truncatingIfNeeded: try reader.zigzag())
            values[index] = previous
        }
        return values
    }

    /// What a column's values are counted from, given the columns before it.
    private static func reference(
        of place: Int, in columns: [[Int32]]
    ) -> ((Int) -> Int32)? {
        switch LevelRows.Column.all[place] {
        case .samples, .coveredTicks, .overloadedTicks, .minimum(.lp), .last: return nil
        case .maximum(.lp):
            let minima = columns[place - 1]
            return { minima[$0] }
        case .mean:
            let minima = columns[place - 2]
            return { minima[$0] == Int32(Levels.none) ? 0 : minima[$0] &* 100 }
        case .minimum:
            let lasts = columns[place - 1]
            return { lasts[$0] }
        case .maximum:
            let lasts = columns[place - 2]
            return { lasts[$0] }
        }
    }
}
