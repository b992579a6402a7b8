//  Page.swift · Store
//
//  The unit of reading and of damage: one column of one block.
//
//      0        4           8      9     10     12     16
//      raw_len │ stored_len │ col  │codec│flags │ crc  │ payload (stored_len bytes), then 0 to 8-byte
//      u32       u32          u8     u8    u16    u32    crc32c over bytes 0 … 11 and the payload
//
//  Flag bit 0: the payload is stored as it is, because zstd made it no smaller.

/// What a page holds.
enum PageColumn: UInt8, Sendable {
    case time = 0
    case lp = 1
    case lpeak = 2
    /// leq, lmax, lmin, ln1, ln2 and state together: they hold for long, and share one page.
    case slow = 3
    /// Rollups of a unit's day: see `RollupKind`.
    case rollup = 16

    /// The columns of a block, by their number.
    static let ofBlocks: [PageColumn] = [.time, .lp, .lpeak, .slow]
}

/// Where a page stands in its file; length 0 is no page.
struct PagePlace: Equatable, Sendable {
    let offset: Int
    let length: Int

    static let none = PagePlace(offset: 0, length: 0)

    /// As files hold it: `u40 offset │ u24 length`.
    var packed: UInt64 { UInt64(offset) | UInt64(length) << 40 }

    init(offset: Int, length: Int) {
        self.offset = offset
        self.length = length
    }

    init(packed: UInt64) {
        self.init(offset: Int(packed & 0xFF_FFFF_FFFF), length: Int(packed >> 40))
    }

    func moved(by distance: Int) -> PagePlace {
        length == 0 ? self : PagePlace(offset: offset + distance, length: length)
    }
}

enum Page {
    static let headerBytes = 16
    /// A page says how much memory it needs; more than this is refused before allocating.
    static let rawBytesMaximum = 16 << 20
    private static let storedRaw: UInt8 = 1

    /// Appends a page to `bytes` and pads it to 8 bytes.
    ///
    /// - Parameter isPlain: whether unpacking would cost more than it saves: small pages of which
    ///   many are read at once.
    /// - Returns: its length without the padding.
    @discardableResult
    static func append(
        _ payload: [UInt8], column: PageColumn, codec: Codec, isPlain: Bool = false,
        to bytes: inout [UInt8], with compressor: borrowing ZstdCompressor
    ) -> Int {
        let start = bytes.count
        bytes.append(little: UInt32(payload.count))
        bytes.append(little: UInt32(0))
        bytes.append(column.rawValue)
        bytes.append(codec.rawValue)
        bytes.append(little: UInt16(0))
        bytes.append(little: UInt32(0))
        if !isPlain { compressor.compress(payload, appendingTo: &bytes) }
        if isPlain || bytes.count - start - headerBytes >= payload.count {
            bytes.removeLast(bytes.count - start - headerBytes)
            bytes += payload
            bytes[start + 10] = storedRaw
        }
        let length = bytes.count - start
        bytes.put(UInt32(length - headerBytes), at: start + 4)
        let crc = bytes.withUnsafeBytes { all in
            let head = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: all[start..<start + 12]))
            return Checksum.crc32c(
                UnsafeRawBufferPointer(rebasing: all[(start + headerBytes)...]), from: head)
        }
        bytes.put(crc, at: start + 12)
        bytes.pad(toMultipleOf: 8)
        return length
    }

    /// What stands in front of a payload.
    struct Header {
        let rawBytes: Int
        let codec: Codec
        let isStoredRaw: Bool
    }

    /// Checks a whole page, and tells what its payload is.
    static func check(
        _ page: UnsafeRawBufferPointer, column: PageColumn
    ) throws(FormatError) -> (header: Header, stored: UnsafeRawBufferPointer) {
        var reader = RawReader(page)
        let rawCount: UInt32 = try reader.little()
        let storedCount: UInt32 = try reader.little()
        let columnNumber: UInt8 = try reader.little()
        let codecNumber: UInt8 = try reader.little()
        let flags: UInt16 = try reader.little()
        let crc: UInt32 = try reader.little()
        let stored = try reader.take(Int(storedCount))
        let head = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: page[..<12]))
        guard Checksum.crc32c(stored, from: head) == crc else {
            throw FormatError("the checksum of a page does not match")
        }
        guard columnNumber == column.rawValue else { throw FormatError("a page is of another column") }
        guard let codec = Codec(rawValue: codecNumber) else {
            throw FormatError("codec \(codecNumber) is not known")
        }
        guard rawCount <= rawBytesMaximum else { throw FormatError("a page is too large") }
        let isRaw = flags & UInt16(storedRaw) != 0
        guard !isRaw || rawCount == storedCount else {
            throw FormatError("a plain page has two lengths")
        }
        return (Header(rawBytes: Int(rawCount), codec: codec, isStoredRaw: isRaw), stored)
    }
}
