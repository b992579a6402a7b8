//  EscapedBytes.swift · Store
//
//  E8: residuals that are mostly small, one byte each; the few large ones stand apart.
//
//      u32 n_esc │ n bytes: r + 128 for −127 … 127, 0 = escape │ n_esc × little-endian number

/// The E8 coding of residuals, in two widths: levels escape to 16 bits, times to 64.
enum EscapedBytes {
    /// Appends the coding of `residuals` to `bytes`.
    ///
    /// - Returns: how many had to be escaped.
    @discardableResult
    static func encode<Residual: FixedWidthInteger & SignedInteger>(
        _ residuals: [Residual], into bytes: inout [UInt8]
    ) -> Int {
        let start = bytes.count
        bytes.append(little: UInt32(0))
        var escapes: [Residual] = []
        bytes.reserveCapacity(start + 4 + residuals.count)
        for residual in residuals {
            if residual >= -127, residual <= 127 {
                bytes.append(UInt8(truncatingIfNeeded: residual &+ 128))
            } else {
                bytes.append(0)
                escapes.append(residual)
            }
        }
        bytes.put(UInt32(escapes.count), at: start)
        for escape in escapes { bytes.append(little: escape) }
        return escapes.count
    }

    /// The `count` residuals at the reader's place.
    static func decode<Residual: FixedWidthInteger & SignedInteger>(
        _ reader: inout ByteReader, count: Int, as type: Residual.Type = Residual.self
    ) throws(FormatError) -> [Residual] {
        let escapeCount: UInt32 = try reader.little()
        let body = try reader.take(count)
        guard Int(escapeCount) <= count else { throw FormatError("too many escapes") }
        var escapes: [Residual] = []
        escapes.reserveCapacity(Int(escapeCount))
        for _ in 0..<escapeCount { escapes.append(try reader.little()) }
        var used = 0
        var overrun = false
        let residuals = [Residual](unsafeUninitializedCapacity: count) { buffer, filled in
            body.withUnsafeBufferPointer { source in
                for index in 0..<count {
                    let byte = source[index]
                    if byte != 0 {
                        buffer[index] = Residual(truncatingIfNeeded: Int16(byte) &- 128)
                    } else if used < escapes.count {
                        buffer[index] = escapes[used]
                        used += 1
                    } else {
                        buffer[index] = 0
                        overrun = true
                    }
                }
            }
            filled = count
        }
        guard !overrun, used == escapes.count else { throw FormatError("escapes do not match") }
        return residuals
    }
}
