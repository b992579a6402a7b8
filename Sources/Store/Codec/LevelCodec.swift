//  LevelCodec.swift · Store
//
//  Columns of levels in tenths of a decibel. All arithmetic wraps, so that "no value"
//  (`Int16.min`) needs no case of its own: it is a large step there and back.

/// How a page's payload is to be read; the number in the page header.
enum Codec: UInt8, Sendable {
    /// Times as ticks of one fitted period: pollers with deadlines. See `TimeCodec`.
    case tick = 1
    /// Times as differences from the median difference.
    case timeDelta = 2
    /// Differences from the value before: levels that fluctuate.
    case delta = 4
    /// Differences from `lp` at the same time, less a common offset: a peak that follows the level.
    case cross = 5
    /// Only where the value changes: quantities that hold. See ``LevelCodec/appendSteps(_:into:)``.
    case step = 6
    /// One value throughout.
    case constant = 7
    /// Low bytes, then high bytes: what nothing else suits.
    case raw = 8
    /// Rows of a rollup. See `RollupCodec`.
    case rows = 16
    /// Histograms of a rollup. See `HistogramCodec`.
    case histograms = 17
}

/// Codings of one column of levels: encoders append the payload before zstd, decoders fill a
/// column whose length is known.
enum LevelCodec {
    typealias Values = UnsafeBufferPointer<Int16>
    typealias Column = UnsafeMutableBufferPointer<Int16>

    /// The share of escapes beyond which a coding is measured against plain bytes.
    static let escapeShareMaximum = 0.03

    /// - Returns: how many differences were escaped; the first always is.
    static func appendDelta(_ values: Values, into bytes: inout [UInt8]) -> Int {
        var previous: Int16 = 0
        return EscapedBytes.encode(values.count, into: &bytes) { index in
            let value = values[index]
            defer { previous = value }
            return value &- previous
        }
    }

    static func takeDelta(_ reader: inout RawReader, into column: Column) throws(FormatError) {
        var sum: Int16 = 0
        try EscapedBytes.decode(&reader, count: column.count, as: Int16.self) { bytes, range in
            var running = sum
            for index in range {
                running &+= Int16(truncatingIfNeeded: bytes[index]) &- 128
                column[index] = running
            }
            sum = running
        } escaped: { value, index in
            sum &+= value
            column[index] = sum
        }
    }

    /// - Returns: how many differences were escaped.
    static func appendCross(
        _ values: Values, reference: Values, into bytes: inout [UInt8]
    ) -> Int {
        precondition(values.count == reference.count)
        // Any offset is right; the median of some is a good one.
        let step = max(1, values.count / 256)
        let some = stride(from: 0, to: values.count, by: step).map { values[$0] &- reference[$0] }
        let offset = some.sorted()[some.count / 2]
        bytes.append(little: offset)
        return EscapedBytes.encode(values.count, into: &bytes) { index in
            values[index] &- reference[index] &- offset
        }
    }

    static func takeCross(
        _ reader: inout RawReader, reference: Values, into column: Column
    ) throws(FormatError) {
        let offset: Int16 = try reader.little()
        try EscapedBytes.decode(&reader, count: column.count, as: Int16.self) { bytes, range in
            let base = offset &- 128
            for index in range {
                column[index] = Int16(truncatingIfNeeded: bytes[index]) &+ reference[index] &+ base
            }
        } escaped: { value, index in
            column[index] = value &+ reference[index] &+ offset
        }
    }

    /// Appends `i16 first │ u32 k │ k × (varint frames since the last change, zigzag change)`.
    static func appendSteps(_ values: Values, into bytes: inout [UInt8]) {
        bytes.append(little: values[0])
        let place = bytes.count
        bytes.append(little: UInt32(0))
        var changes: UInt32 = 0
        var last = 0
        var held = values[0]
        for index in 1..<values.count {
            let value = values[index]
            guard value != held else { continue }
            bytes.append(varint: UInt64(index - last))
            bytes.append(zigzag: Int64(value &- held))
            held = value
            last = index
            changes += 1
        }
        bytes.put(changes, at: place)
    }

    static func takeSteps(_ reader: inout RawReader, into column: Column) throws(FormatError) {
        try forEachStep(&reader, count: column.count) { value, range in
            column[range].update(repeating: value)
        }
    }

    /// Calls `body` with each value that held and the frames for which it did, in order.
    @inline(__always)
    static func forEachStep(
        _ reader: inout RawReader, count: Int, _ body: (Int16, Range<Int>) -> Void
    ) throws(FormatError) {
        var value: Int16 = try reader.little()
        let changes = try reader.count(width: 2)
        var index = 0
        for _ in 0..<changes {
            let gap = try reader.varint()
            guard gap > 0, gap < UInt64(count - index) else {
                throw FormatError("a step lies outside the block")
            }
            let change = try reader.zigzag()
            let next = index + Int(gap)
            body(value, index..<next)
            index = next
            value = value &+ Int16(truncatingIfNeeded: change)
        }
        body(value, index..<count)
    }

    static func appendRaw(_ values: Values, into bytes: inout [UInt8]) {
        for value in values { bytes.append(UInt8(truncatingIfNeeded: value)) }
        for value in values { bytes.append(UInt8(truncatingIfNeeded: value >> 8)) }
    }

    static func takeRaw(_ reader: inout RawReader, into column: Column) throws(FormatError) {
        let low = try reader.take(column.count)
        let high = try reader.take(column.count)
        for index in column.indices {
            column[index] = Int16(bitPattern: UInt16(low[index]) | UInt16(high[index]) << 8)
        }
    }
}
