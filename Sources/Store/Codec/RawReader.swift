//  RawReader.swift · Store
//
//  A cursor over memory that somebody else keeps, for the loops that read millions of values.
//  Every read is checked against the end.

/// Reads little-endian numbers from a buffer that outlives it.
struct RawReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }

    mutating func little<Number: FixedWidthInteger>(_ type: Number.Type = Number.self)
        throws(FormatError) -> Number
    {
        let width = MemoryLayout<Number>.size
        guard remaining >= width else { throw FormatError("a number is cut off") }
        defer { offset += width }
        return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    @inline(__always)
    mutating func varint() throws(FormatError) -> UInt64 {
        guard offset < bytes.count else { throw FormatError("a varint is cut off") }
        let first = bytes[offset]
        if first < 0x80 {
            offset += 1
            return UInt64(first)
        }
        if offset + 1 < bytes.count, bytes[offset + 1] < 0x80 {
            defer { offset += 2 }
            return UInt64(first & 0x7F) | UInt64(bytes[offset + 1]) << 7
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(FormatError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < bytes.count, shift < 64 else {
                throw FormatError("a varint is cut off")
            }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    @inline(__always)
    mutating func zigzag() throws(FormatError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func take(_ count: Int) throws(FormatError) -> UnsafeRawBufferPointer {
        guard count >= 0, remaining >= count else { throw FormatError("bytes are cut off") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// A count that must be matched by at least `count × width` bytes behind it.
    mutating func count(width: Int) throws(FormatError) -> Int {
        let count: UInt32 = try little()
        guard remaining / width >= Int(count) else { throw FormatError("a count is too large") }
        return Int(count)
    }
}
