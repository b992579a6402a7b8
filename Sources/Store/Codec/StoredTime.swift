//  StoredTime.swift · Store

/// The times that files may tell, in Unix milliseconds.
///
/// Far beyond every calendar, and so far from the ends of 64 bits that differences of two and
/// sums with a day never overflow: who has read a time may count with it.
enum StoredTime {
    static let range: ClosedRange<Int64> = -(1 << 60)...(1 << 60)

    /// - Throws: when `time` is none that a file may tell.
    static func checked(_ time: Int64) throws(FormatError) -> Int64 {
        guard range.contains(time) else { throw FormatError("a time is not one") }
        return time
    }
}

extension ByteReader {
    mutating func time() throws(FormatError) -> Int64 { try StoredTime.checked(try little()) }
}

extension RawReader {
    mutating func time() throws(FormatError) -> Int64 { try StoredTime.checked(try little()) }
}
