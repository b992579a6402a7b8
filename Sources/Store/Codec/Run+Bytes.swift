//  Run+Bytes.swift · Store
//
//  A run as log records and segment indexes hold it: u8 has_start │ i64 start │ u32 max_dwell_ms.

import Monitoring

extension Run {
    /// What a run takes in a file.
    static let storedBytes = 13
}

extension [UInt8] {
    mutating func append(run: Run) {
        append(run.start == nil ? 0 : 1)
        append(little: run.start?.milliseconds ?? 0)
        append(little: UInt32(clamping: run.maximumDwellMilliseconds))
    }
}

extension ByteReader {
    mutating func run() throws(FormatError) -> Run {
        let hasStart: UInt8 = try little()
        let start = try time()
        let dwell: UInt32 = try little()
        return Run(
            start: hasStart == 0 ? nil : Timestamp(milliseconds: start),
            maximumDwellMilliseconds: Int64(dwell))
    }
}
