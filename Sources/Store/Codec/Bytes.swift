//  Bytes.swift · Store
//
//  Reading and writing little-endian numbers. Readers check every length before they touch memory.

/// The bytes are not what their format says.
package struct FormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence fragment: what is wrong.
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension [UInt8] {
    /// Appends `value`, least significant byte first.
    mutating func append(little value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends `value` in groups of seven bits, least significant first (LEB128).
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Appends `value` so that small magnitudes of either sign are short.
    mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// Appends a length in one byte and the UTF-8 of `text`; at most 255 bytes.
    mutating func append(text: String) {
        precondition(text.utf8.count <= 255)
        append(UInt8(text.utf8.count))
        append(contentsOf: text.utf8)
    }

    mutating func pad(toMultipleOf alignment: Int) {
        while count % alignment != 0 { append(0) }
    }

    /// Overwrites four bytes at `offset`.
    mutating func put(_ value: UInt32, at offset: Int) {
        for byte in 0..<4 { self[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
    }
}

/// A cursor over bytes. Every read is checked against the end.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private(set) var offset: Int

    init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        offset = bytes.startIndex
    }

    var remaining: Int { bytes.endIndex - offset }

    mutating func little<Number: FixedWidthInteger>(_ type: Number.Type = Number.self)
        throws(FormatError) -> Number
    {
        let width = MemoryLayout<Number>.size
        guard remaining >= width else { throw FormatError("a number is cut off") }
        var value = Number.zero
        for byte in 0..<width {
            value |= Number(truncatingIfNeeded: bytes[offset + byte]) << (8 * byte)
        }
        offset += width
        return value
    }

    mutating func varint() throws(FormatError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard remaining > 0, shift < 64 else { throw FormatError("a varint is cut off") }
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    mutating func zigzag() throws(FormatError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func take(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
        guard count >= 0, remaining >= count else { throw FormatError("bytes are cut off") }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    mutating func text() throws(FormatError) -> String {
        let count: UInt8 = try little()
        guard let text = String(validating: try take(Int(count)), as: UTF8.self) else {
            throw FormatError("a text is not UTF-8")
        }
        return text
    }
}
