//  FrameFormat.swift · earshot

import ArgumentParser

/// How frames are written in a file.
enum FrameFormat: String, CaseIterable, ExpressibleByArgument {
    case csv, ndjson, binary

    var mediaType: String {
        switch self {
        case .csv: "text/csv"
        case .ndjson: "application/x-ndjson"
        case .binary: "application/vnd.earshot.frames"
        }
    }

    /// By a file's name; `nil` when it tells nothing.
    init?(name: String) {
        switch name.split(separator: ".").last?.lowercased() {
        case "csv": self = .csv
        case "ndjson", "jsonl": self = .ndjson
        case "esframes", "bin": self = .binary
        default: return nil
        }
    }

    /// By how a file begins.
    init(beginning bytes: some Collection<UInt8>) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let rest = bytes.dropFirst(bytes.starts(with: mark) ? 3 : 0)
        if bytes.starts(with: FrameBatch.magic) {
            self = .binary
        } else if rest.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") {
            self = .ndjson
        } else {
            self = .csv
        }
    }
}

/// The header of the binary format, and the size of its records: docs/api.md.
enum FrameBatch {
    static let magic = Array("ESFRAMES".utf8)
    static let headerBytes = 16
    static let recordBytes = 28
    /// Where a record has the number of its unit.
    static let unitOffset = 8

    static func header(count: UInt32) -> [UInt8] {
        var bytes = magic
        for number in [1, count] {
            withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
        }
        return bytes
    }

    /// How many records a header announces; `nil` when it is none.
    static func count(_ header: some Collection<UInt8>) -> UInt32? {
        let header = Array(header.prefix(headerBytes))
        guard header.count == headerBytes, header.starts(with: self.header(count: 0).prefix(12))
        else { return nil }
        return (0..<4).reduce(0) { $0 | UInt32(header[12 + $1]) << (UInt32($1) * 8) }
    }
}
