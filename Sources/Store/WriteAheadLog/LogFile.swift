//  LogFile.swift · Store
//
//  One file of the log: header, then records.
//
//      0                8           16          24                     32      36
//      "ESWAL\0\0\1"   │ salt      │ first_lsn │ supersedes_from_lsn  │ crc   │ records …
//
//  supersedes_from_lsn: after a failed sync, what was not durable is written again to a new file;
//  records of older files from this LSN on are void. Otherwise `UInt64.max`.

/// The header of a log file, and reading one as a whole.
struct LogFile: Sendable {
    static let headerBytes = 36
    private static let magic: [UInt8] = FormatVersion.log.prefix + [1]

    let salt: UInt64
    let firstLSN: UInt64
    let supersedesFrom: UInt64

    /// LSNs that there can be.
    private static let numbers = 1...StoredNumber.maximum

    /// What seeds the checksum of each record.
    var recordSalt: UInt32 { UInt32(truncatingIfNeeded: salt ^ salt >> 32) }

    static func name(firstLSN: UInt64) -> String {
        let digits = String(firstLSN, radix: 16)
        return "wal/" + String(repeating: "0", count: 16 - digits.count) + digits + ".wal"
    }

    /// The first LSN that a name in `wal/` tells; `nil` when it is not a log file's name.
    static func firstLSN(name: String) -> UInt64? {
        guard name.hasSuffix(".wal"), name.utf8.count == 20 else { return nil }
        return UInt64(name.dropLast(4), radix: 16).flatMap { numbers.contains($0) ? $0 : nil }
    }

    func encoded() -> [UInt8] {
        var bytes = LogFile.magic
        bytes.append(little: salt)
        bytes.append(little: firstLSN)
        bytes.append(little: supersedesFrom)
        bytes.append(little: Checksum.crc32c(bytes))
        return bytes
    }

    init(salt: UInt64, firstLSN: UInt64, supersedesFrom: UInt64 = .max) {
        self.salt = salt
        self.firstLSN = firstLSN
        self.supersedesFrom = supersedesFrom
    }

    init(decoding bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes)
        guard Array(try reader.take(8)) == LogFile.magic else {
            throw FormatError("it is not a log file of version 1")
        }
        salt = try reader.little()
        firstLSN = try reader.little()
        supersedesFrom = try reader.little()
        let crc: UInt32 = try reader.little()
        guard crc == Checksum.crc32c(bytes[..<(LogFile.headerBytes - 4)]) else {
            throw FormatError("the checksum of its header does not match")
        }
        guard LogFile.numbers.contains(firstLSN),
            supersedesFrom == .max || LogFile.numbers.contains(supersedesFrom)
        else { throw FormatError("its records have no number") }
    }

    /// Calls `body` with each record that verifies, in file order. What does not verify is skipped
    /// byte by byte until something does: damage costs the damaged record, not those behind it.
    ///
    /// - Returns: where the last of them ends.
    @discardableResult
    func forEachRecord(
        in bytes: [UInt8], with decompressor: borrowing ZstdDecompressor,
        _ body: (LogRecord) -> Void
    ) -> Int {
        var end = LogFile.headerBytes
        var offset = end
        while offset + LogRecord.headerBytes <= bytes.count {
            let found = LogRecord.decode(bytes, at: offset, salt: recordSalt, with: decompressor)
            if let found, found.record.lsn >= firstLSN {
                body(found.record)
                offset += found.length
                end = offset
            } else {
                offset += 1
            }
        }
        return end
    }

    /// Whether the first group commit in it is there as a whole: only then it takes the place of
    /// what it supersedes, because the header is durable before.
    func hasFirstCommit(_ bytes: [UInt8], with decompressor: borrowing ZstdDecompressor) -> Bool {
        var offset = LogFile.headerBytes
        var lsn = firstLSN
        while let found = LogRecord.decode(bytes, at: offset, salt: recordSalt, with: decompressor),
            found.record.lsn == lsn
        {
            if !found.record.hasMore { return true }
            offset += found.length
            lsn += 1
        }
        return false
    }

    /// What can be said of a file of this name whose header is damaged, so that its records are
    /// tried all the same: the salt may be whole.
    init(salvaging bytes: [UInt8], firstLSN: UInt64) {
        var reader = ByteReader(bytes[8...])
        self.init(salt: (try? reader.little()) ?? 0, firstLSN: firstLSN)
    }
}
