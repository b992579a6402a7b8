//  TrialRepair.swift · StoreTests
//
//  Checksums put right, from the inside out, as far as what they cover lies inside the bytes.

@testable import Store

enum TrialRepair {
    /// Puts the checksum of `range` at `place`.
    static func checksum(
        _ bytes: inout [UInt8], _ range: Range<Int>, at place: Int, from crc: UInt32 = 0
    ) {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, place >= 0,
            place + 4 <= bytes.count
        else { return }
        bytes.put(Checksum.crc32c(bytes[range], from: crc), at: place)
    }

    /// The checksum of all bytes before it, which are the last four.
    static func end(_ bytes: inout [UInt8]) {
        checksum(&bytes, 0..<max(0, bytes.count - 4), at: bytes.count - 4)
    }

    /// The last line of a backup's list.
    static func backupList(_ bytes: [UInt8]) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("# end ") }
        let before = lines.map { $0 + "\n" }.joined()
        let hash = ContentHash.hexadecimal(of: Array(before.utf8))
        return Array((before + "# end \(hash)\n").utf8)
    }

    /// The page that takes `range`; it says so then.
    static func page(_ bytes: inout [UInt8], _ range: Range<Int>) {
        guard range.count >= Page.headerBytes, range.lowerBound >= 0,
            range.upperBound <= bytes.count
        else { return }
        let start = range.lowerBound
        bytes.put(UInt32(range.count - Page.headerBytes), at: start + 4)
        let head = Checksum.crc32c(bytes[start..<start + 12])
        checksum(
            &bytes, (start + Page.headerBytes)..<range.upperBound, at: start + 12, from: head)
    }

    /// The record at `offset`, which is not longer than the bytes then.
    /// - Returns: where it ends.
    @discardableResult
    static func record(_ bytes: inout [UInt8], at offset: Int, salt: UInt32) -> Int {
        let body = offset + LogRecord.headerBytes
        guard body <= bytes.count else { return bytes.count }
        let told = number(bytes, offset, width: 4)
        let count = min(told, bytes.count - body)
        bytes.put(UInt32(count), at: offset)
        checksum(&bytes, (offset + 8)..<(body + count), at: offset + 4, from: salt)
        return body + count
    }

    static func log(_ bytes: inout [UInt8]) {
        checksum(&bytes, 0..<32, at: 32)
        guard let header = try? LogFile(decoding: bytes) else { return }
        var offset = LogFile.headerBytes
        while offset < bytes.count {
            offset = record(&bytes, at: offset, salt: header.recordSalt)
        }
    }

    static func segment(_ bytes: inout [UInt8]) {
        let end = bytes.count - SegmentFormat.footerBytes
        guard end >= SegmentFormat.headerBytes else { return }
        checksum(&bytes, 0..<60, at: 60)
        let index = number(bytes, end, width: 8)
        let indexBytes = number(bytes, end + 8, width: 4)
        let rowCount = number(bytes, end + 32, width: 4)
        if index >= 0, index <= end, indexBytes <= end - index {
            for row in 0..<min(rowCount, indexBytes / UnitRow.bytes) {
                unit(&bytes, at: index + row * UnitRow.bytes)
            }
            checksum(&bytes, index..<index + indexBytes, at: end + 12)
        }
        checksum(&bytes, end..<end + 52, at: end + 52)
    }

    private static func unit(_ bytes: inout [UInt8], at row: Int) {
        let directory = place(bytes, row + 32)
        for rollup in 0..<4 {
            let page = place(bytes, row + 40 + 8 * rollup)
            self.page(&bytes, page.offset..<page.offset + page.length)
        }
        let end = directory.offset + directory.length - 4
        if end <= bytes.count - 4, directory.length >= 4 {
            for block in stride(
                from: directory.offset, through: end - BlockEntry.bytes, by: BlockEntry.bytes)
            {
                for column in 0..<4 {
                    let page = place(bytes, block + 29 + 12 * column)
                    self.page(&bytes, page.offset..<page.offset + page.length)
                }
            }
            checksum(&bytes, directory.offset..<end, at: end)
        }
        checksum(&bytes, row..<row + 76, at: row + 76)
    }

    private static func place(_ bytes: [UInt8], _ offset: Int) -> PagePlace {
        PagePlace(packed: UInt64(bitPattern: Int64(number(bytes, offset, width: 8))))
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, width: Int) -> Int {
        (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
}
