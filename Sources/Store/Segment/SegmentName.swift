//  SegmentName.swift · Store

import Monitoring

/// How segments are called: level, first minute, generation (`docs/format/segment.md`).
enum SegmentName {
    static func make(level: UInt8, first: Int64, generation: UInt64) -> String {
        let stamp = Timestamp(milliseconds: first).description
        let minute = stamp.prefix(16).filter { $0 != "-" && $0 != ":" }
        let digits = String(generation, radix: 16)
        let padded = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        return "seg/\(level)-\(minute)-\(padded).esg"
    }

    /// The generation that a file name tells; `nil` when it is not a segment's name.
    static func generation(_ name: some StringProtocol) -> UInt64? {
        guard name.hasSuffix(".esg"), let digits = name.dropLast(4).split(separator: "-").last
        else { return nil }
        return UInt64(digits, radix: 16).flatMap { $0 <= StoredNumber.maximum ? $0 : nil }
    }
}
