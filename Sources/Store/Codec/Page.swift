//  Page.swift · Store
//
//  The unit of reading and of damage: one column of one block.
//
//      0        4           8      9     10     12     16
//      raw_len │ stored_len │ col  │codec│flags │ crc  │ payload (stored_len bytes), then 0 to 8-byte
//      u32       u32          u8     u8    u16    u32    crc32c over bytes 0 … 11 and the payload
//
//  Flag bit 0: the payload is stored as it is, because zstd made it no smaller.

/// A column of a block as it stands in a file.
enum PageColumn: UInt8, CaseIterable, Sendable {
    case time = 0
    case lp = 1
    case lpeak = 2
    /// leq, lmax, lmin, ln1, ln2 and state together: they hold for long, and share one page.
    case slow = 3
}

enum Page {
    static let headerBytes = 16
    /// A page says how much memory it needs; more than this is refused before allocating.
    static let rawBytesMaximum = 16 << 20
    private static let storedRaw: UInt16 = 1

    /// Appends a page to `bytes` and pads it to 8 bytes.
    /// - Returns: its length without the padding.
    @discardableResult
    static func append(
        _ payload: [UInt8], column: PageColumn, codec: Codec, to bytes: inout [UInt8],
        with compressor: borrowing ZstdCompressor
    ) -> Int {
        let packed = compressor.compress(payload)
        let isRaw = packed.count >= payload.count
        let stored = isRaw ? payload : packed
        let start = bytes.count
        bytes.append(little: UInt32(payload.count))
        bytes.append(little: UInt32(stored.count))
        bytes.append(column.rawValue)
        bytes.append(codec.rawValue)
        bytes.append(little: isRaw ? storedRaw : 0)
        let crc = Checksum.crc32c(stored, from: Checksum.crc32c(bytes[start..<start + 12]))
        bytes.append(little: crc)
        bytes.append(contentsOf: stored)
        let length = bytes.count - start
        bytes.pad(toMultipleOf: 8)
        return length
    }

    /// The payload of a page, checked and unpacked.
    static func open(
        _ bytes: ArraySlice<UInt8>, column: PageColumn, with decompressor: borrowing ZstdDecompressor
    ) throws(FormatError) -> (payload: [UInt8], codec: Codec) {
        var reader = ByteReader(bytes)
        let rawCount: UInt32 = try reader.little()
        let storedCount: UInt32 = try reader.little()
        let columnNumber: UInt8 = try reader.little()
        let codecNumber: UInt8 = try reader.little()
        let flags: UInt16 = try reader.little()
        let crc: UInt32 = try reader.little()
        let stored = try reader.take(Int(storedCount))
        let head = Checksum.crc32c(bytes.prefix(12))
        guard Checksum.crc32c(stored, from: head) == crc else {
            throw FormatError("the checksum of a page does not match")
        }
        guard columnNumber == column.rawValue else { throw FormatError("a page is of another column") }
        guard let codec = Codec(rawValue: codecNumber) else {
            throw FormatError("codec \(codecNumber) is not known")
        }
        guard rawCount <= rawBytesMaximum else { throw FormatError("a page is too large") }
        if flags & storedRaw != 0 {
            guard rawCount == storedCount else { throw FormatError("a plain page has two lengths") }
            return (Array(stored), codec)
        }
        return (try decompressor.decompress(stored, count: Int(rawCount)), codec)
    }
}
