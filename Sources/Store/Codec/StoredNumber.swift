//  StoredNumber.swift · Store

/// Numbers that count up, one by one, and are read from files: sequence numbers, generations.
enum StoredNumber {
    /// None gets here by counting, and whoever has read one may count on.
    static let maximum: UInt64 = 1 << 62
}

extension ByteReader {
    /// A number that counts up. See ``StoredNumber``.
    mutating func number() throws(FormatError) -> UInt64 {
        let number: UInt64 = try little()
        guard number <= StoredNumber.maximum else { throw FormatError("a number is too large") }
        return number
    }
}
