//  LogRecord.swift · Store
//
//  The envelope of everything in the log.
//
//      0     4     8           16     17      18       20
//      len  │ crc │ lsn        │ type │ codec │ place  │ n_frames │ payload (len bytes)
//      u32    u32   u64          u8     u8      u16      u32
//
//  crc: CRC32C over bytes 8 … and the payload, seeded with the file's salt, so that a record of
//  another file never verifies. lsn: the record before plus one, strictly. place: bits 0 … 14: how
//  many records of the same group commit go before it, and those before them were synced when this
//  one was written; bit 15: more of the same group commit follow.

/// A record of the write-ahead log.
struct LogRecord: Equatable, Sendable {
    enum Kind: UInt8, Sendable {
        case frames = 1
        /// Gives a number to a unit: u32 ref, text name, as often as needed.
        case defineUnits = 2
    }

    static let headerBytes = 24
    /// Larger ones are refused before allocating. A commit of more frames becomes more records.
    static let payloadBytesMaximum = 16 << 20
    static let framesMaximum = 65_536

    let lsn: UInt64
    /// `nil` for a kind that a later version has added: it is passed over.
    let kind: Kind?
    /// Unpacked.
    let payload: [UInt8]
    let frameCount: Int
    /// Records of the same group commit before this one.
    var place: UInt16 = 0
    /// Whether records of the same group commit follow.
    var hasMore = false

    private static let moreFollow: UInt16 = 1 << 15

    /// Everything up to here was durable when this record was written.
    var durableLSN: UInt64 { lsn - UInt64(place) - 1 }

    private enum Packing: UInt8 { case plain = 0, zstd = 1 }

    /// The record as bytes for a file with this salt.
    func encoded(salt: UInt32, with compressor: borrowing ZstdCompressor) -> [UInt8] {
        // Below about 100 bytes a zstd frame's own header outweighs what it saves.
        var packed = payload
        var packing = Packing.plain
        if payload.count > 96 {
            var candidate: [UInt8] = []
            candidate.append(little: UInt32(payload.count))
            candidate += compressor.compress(payload)
            if candidate.count < payload.count { (packed, packing) = (candidate, .zstd) }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(LogRecord.headerBytes + packed.count)
        bytes.append(little: UInt32(packed.count))
        bytes.append(little: UInt32(0))
        bytes.append(little: lsn)
        bytes.append(kind!.rawValue)
        bytes.append(packing.rawValue)
        bytes.append(little: hasMore ? place | LogRecord.moreFollow : place)
        bytes.append(little: UInt32(frameCount))
        bytes += packed
        bytes.put(Checksum.crc32c(bytes[8...], from: salt), at: 4)
        return bytes
    }

    /// The record at `offset` of a file, and how many bytes it takes; `nil` when what stands
    /// there is not a whole record of this file.
    static func decode(
        _ bytes: [UInt8], at offset: Int, salt: UInt32, with decompressor: borrowing ZstdDecompressor
    ) -> (record: LogRecord, length: Int)? {
        var reader = ByteReader(bytes[offset...])
        guard let count: UInt32 = try? reader.little(), count <= payloadBytesMaximum,
            let crc: UInt32 = try? reader.little(), let lsn: UInt64 = try? reader.little(),
            let kindNumber: UInt8 = try? reader.little(),
            let packingNumber: UInt8 = try? reader.little(),
            let placing: UInt16 = try? reader.little(), lsn > UInt64(placing & ~moreFollow),
            lsn <= StoredNumber.maximum,
            let frameCount: UInt32 = try? reader.little(),
            let body = try? reader.take(Int(count)),
            Checksum.crc32c(bytes[(offset + 8)..<reader.offset], from: salt) == crc,
            let packing = Packing(rawValue: packingNumber), frameCount <= framesMaximum,
            let payload = unpack(body, packing, decompressor)
        else { return nil }
        let record = LogRecord(
            lsn: lsn, kind: Kind(rawValue: kindNumber), payload: payload,
            frameCount: Int(frameCount), place: placing & ~moreFollow,
            hasMore: placing & moreFollow != 0)
        return (record, reader.offset - offset)
    }

    private static func unpack(
        _ body: ArraySlice<UInt8>, _ packing: Packing, _ decompressor: borrowing ZstdDecompressor
    ) -> [UInt8]? {
        guard packing == .zstd else { return Array(body) }
        var reader = ByteReader(body)
        guard let count: UInt32 = try? reader.little(), count <= payloadBytesMaximum,
            let packed = try? reader.take(reader.remaining)
        else { return nil }
        return try? decompressor.decompress(packed, count: Int(count))
    }
}
