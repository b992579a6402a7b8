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
    /// Where a column's values are counted from.
    private enum Reference {
        case zero
        /// Another column, by place, times a factor; 0 where that has no value.
        case column(Int, factor: Int32)
    }

    private static let references: [Reference] = LevelRows.Column.all.enumerated().map {
        switch $1 {
        case .samples, .coveredTicks, .overloadedTicks, .minimum(.lp), .last: .zero
        case .maximum(.lp): .column($0 - 1, factor: 1)
        case .mean: .column($0 - 2, factor: 100)
        case .minimum: .column($0 - 1, factor: 1)
        case .maximum: .column($0 - 2, factor: 1)
        }
    }

    /// What a value is counted from, given the value of its reference.
    @inline(__always)
    private static func base(_ value: Int32, _ factor: Int32) -> Int32 {
        // A mean is there without a least value when a frame behind the row covers it.
        factor != 1 && value == Int32(Levels.none) ? 0 : value &* factor
    }

    /// Appends the payload of a page of rows.
    static func append(_ rows: LevelRows, into bytes: inout [UInt8]) {
        let count = rows.count
        bytes.append(little: UInt16(count))
        bytes.append(UInt8(references.count))
        for (place, reference) in references.enumerated() {
            var packed: [UInt8] = []
            var previous: Int32 = 0
            for index in 0..<count {
                var value = rows.values[place * count + index]
                if case .column(let other, let factor) = reference {
                    value &-= base(rows.values[other * count + index], factor)
                }
                packed.append(zigzag: Int64(value &- previous))
                previous = value
            }
            bytes.append(little: UInt16(packed.count))
            bytes += packed
        }
    }

    /// Fills `rows` from a payload, but for the columns of metrics that are not wanted.
    static func take(
        _ reader: inout RawReader, kind: RollupKind, wanted: MetricSet, into rows: inout LevelRows
    ) throws(FormatError) {
        let count = Int(try reader.little(UInt16.self))
        let columnCount = Int(try reader.little(UInt8.self))
        guard count == kind.rowCount, columnCount >= references.count else {
            throw FormatError("a rollup has other rows or columns")
        }
        rows.reset(stepMilliseconds: kind.stepMilliseconds, count: count)
        var failure: FormatError?
        rows.values.withUnsafeMutableBufferPointer { values in
            do throws(FormatError) {
                for (place, reference) in references.enumerated() {
                    var column = RawReader(try reader.take(Int(try reader.little(UInt16.self))))
                    if let metric = LevelRows.Column.metrics[place], !wanted.contains(metric) {
                        continue
                    }
                    let start = place * count
                    var previous: Int32 = 0
                    for index in start..<start + count {
                        previous &+= Int32(truncatingIfNeeded: try column.zigzag())
                        values[index] = previous
                    }
                    if case .column(let other, let factor) = reference {
                        for index in 0..<count {
                            values[start + index] &+= base(values[other * count + index], factor)
                        }
                    }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
