//  EscapedBytes.swift · Store
//
//  E8: residuals that are mostly small, one byte each; the few large ones stand apart.
//
//      u32 n_esc │ n bytes: r + 128 for −127 … 127, 0 = escape │ n_esc × little-endian number

import Glibc

/// The E8 coding of residuals, in two widths: levels escape to 16 bits, times to 64.
enum EscapedBytes {
    /// Appends the coding of `count` residuals, asked for in order, to `bytes`.
    ///
    /// - Returns: how many had to be escaped.
    @inline(__always) @discardableResult
    static func encode<Residual: FixedWidthInteger & SignedInteger>(
        _ count: Int, into bytes: inout [UInt8], _ residual: (Int) -> Residual
    ) -> Int {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: 4 + count))
        var escapes: [Residual] = []
        bytes.withUnsafeMutableBufferPointer { buffer in
            let body = buffer.baseAddress! + start + 4
            for index in 0..<count {
                let value = residual(index)
                if value >= -127, value <= 127 {
                    body[index] = UInt8(truncatingIfNeeded: value &+ 128)
                } else {
                    escapes.append(value)
                }
            }
        }
        bytes.put(UInt32(escapes.count), at: start)
        for escape in escapes { bytes.append(little: escape) }
        return escapes.count
    }

    /// Reads `count` residuals at the reader's place: `plain` gets each stretch of bytes without an
    /// escape (value + 128) and where it begins, `escaped` each escape and its index, in order.
    @inline(__always)
    static func decode<Residual: FixedWidthInteger & SignedInteger>(
        _ reader: inout RawReader, count: Int, as type: Residual.Type,
        plain: (UnsafePointer<UInt8>, Range<Int>) -> Void, escaped: (Residual, Int) -> Void
    ) throws(FormatError) {
        let escapeCount = Int(try reader.little(UInt32.self))
        let body = try reader.take(count)
        guard escapeCount <= count else { throw FormatError("too many escapes") }
        let escapes = try reader.take(escapeCount * MemoryLayout<Residual>.size)
        guard count > 0 else { return }
        let bytes = body.baseAddress!.assumingMemoryBound(to: UInt8.self)
        var index = 0
        var used = 0
        while index < count {
            // Escapes are rare: between two of them there is nothing to branch on.
            let found = memchr(bytes + index, 0, count - index)
            let end = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(bytes) } ?? count
            if end > index { plain(bytes, index..<end) }
            index = end
            guard index < count else { break }
            guard used < escapeCount else { throw FormatError("escapes do not match") }
            escaped(
                Residual(
                    littleEndian: escapes.loadUnaligned(
                        fromByteOffset: used * MemoryLayout<Residual>.size, as: Residual.self)),
                index)
            used += 1
            index += 1
        }
        guard used == escapeCount else { throw FormatError("escapes do not match") }
    }
}
