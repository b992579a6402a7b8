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
    /// Differences from `lp` at the same time, less their median: a peak that follows the level.
    case cross = 5
    /// Only where the value changes: quantities that hold. See ``LevelCodec/appendSteps(_:into:)``.
    case step = 6
    /// One value throughout.
    case constant = 7
    /// Low bytes, then high bytes: what nothing else suits.
    case raw = 8
}

/// Codings of one column of levels. Encoders return the payload before zstd.
enum LevelCodec {
    /// The share of escapes beyond which a coding is measured against plain bytes.
    static let escapeShareMaximum = 0.03

    static func delta(_ values: [Int16]) -> (payload: [UInt8], escapes: Int) {
        var previous: Int16 = 0
        let residuals = values.map { value in
            defer { previous = value }
            return value &- previous
        }
        return escaped(residuals, after: [])
    }

    static func undelta(_ payload: [UInt8], count: Int) throws(FormatError) -> [Int16] {
        var reader = ByteReader(payload)
        var values: [Int16] = try EscapedBytes.decode(&reader, count: count)
        var sum: Int16 = 0
        for index in values.indices {
            sum &+= values[index]
            values[index] = sum
        }
        return values
    }

    /// - Parameter reference: `lp` of the same frames.
    static func cross(_ values: [Int16], reference: [Int16]) -> (payload: [UInt8], escapes: Int) {
        precondition(values.count == reference.count)
        var differences = zip(values, reference).map { $0 &- $1 }
        let offset = differences.sorted()[differences.count / 2]
        for index in differences.indices { differences[index] &-= offset }
        var head: [UInt8] = []
        head.append(little: offset)
        return escaped(differences, after: head)
    }

    static func uncross(
        _ payload: [UInt8], reference: [Int16]
    ) throws(FormatError) -> [Int16] {
        var reader = ByteReader(payload)
        let offset: Int16 = try reader.little()
        var values: [Int16] = try EscapedBytes.decode(&reader, count: reference.count)
        for index in values.indices { values[index] &+= reference[index] &+ offset }
        return values
    }

    /// Appends `i16 first │ u32 k │ k × (varint frames since the last change, zigzag change)`.
    static func appendSteps(_ values: [Int16], into bytes: inout [UInt8]) {
        bytes.append(little: values[0])
        let place = bytes.count
        bytes.append(little: UInt32(0))
        var changes: UInt32 = 0
        var last = 0
        for index in values.indices.dropFirst() where values[index] != values[index - 1] {
            bytes.append(varint: UInt64(index - last))
            bytes.append(zigzag: Int64(values[index] &- values[index - 1]))
            last = index
            changes += 1
        }
        bytes.put(changes, at: place)
    }

    static func takeSteps(
        _ reader: inout ByteReader, count: Int
    ) throws(FormatError) -> [Int16] {
        var value: Int16 = try reader.little()
        let changes = try reader.count(width: 2)
        var values = [Int16](repeating: value, count: count)
        var index = 0
        for _ in 0..<changes {
            let gap = try reader.varint()
            guard gap > 0, gap < UInt64(count - index) else {
                throw FormatError("a step lies outside the block")
            }
            let change = try reader.zigzag()
            let next = index + Int(gap)
            for between in index..<next { values[between] = value }
            index = next
            value = value &+ Int16(truncatingIfNeeded: change)
        }
        for rest in index..<count { values[rest] = value }
        return values
    }

    static func raw(_ values: [Int16]) -> [UInt8] {
        values.map { UInt8(truncatingIfNeeded: $0) }
            + values.map { UInt8(truncatingIfNeeded: $0 >> 8) }
    }

    static func unraw(_ payload: [UInt8], count: Int) throws(FormatError) -> [Int16] {
        guard payload.count == 2 * count else { throw FormatError("plain levels are cut off") }
        return (0..<count).map {
            Int16(bitPattern: UInt16(payload[$0]) | UInt16(payload[count + $0]) << 8)
        }
    }

    private static func escaped(
        _ residuals: [Int16], after head: [UInt8]
    ) -> (payload: [UInt8], escapes: Int) {
        var payload = head
        let escapes = EscapedBytes.encode(residuals, into: &payload)
        return (payload, escapes)
    }
}
