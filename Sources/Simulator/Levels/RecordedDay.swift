//  RecordedDay.swift · Simulator
//
//  Levels that were measured once, from a CSV file:
//
//      datetime, LEQ dB -A                 a header line, whatever it says
//      2025-03-22 00:00:00,44.085907       local time without a zone; level in dB
//      2025-03-22 00:00:01,44.285907       one row each second, no gap
//
//  Only the spacing of the times counts: where the day falls is the player's word.

import Foundation
import Monitoring

/// At most one day of levels, one for each second; repeats when it is over.
package struct RecordedDay: Sendable {
    /// Tenths of a decibel, never empty.
    package let tenths: [Int16]

    /// What the levels of some recorders are off the 0.1 dB grid by: a calibration constant that
    /// was added afterwards.
    package static let calibrationOffset = 0.085907
    /// Rows past these many are ignored, so that a file from midnight to midnight is one day.
    package static let rowsMax = 86_400
    /// A larger file is refused.
    package static let fileBytesMax = 64 << 20

    /// Reads a CSV file.
    ///
    /// - Parameter offset: subtracted from each level before it is rounded to tenths; `nil`
    ///   takes ``calibrationOffset`` when all levels are that far off the 0.1 dB grid, else 0.
    /// - Throws: ``RecordedDayError``; its `description` is a sentence with file and line.
    package init(path: String, offset: Double? = nil) throws(RecordedDayError) {
        guard let file = FileHandle(forReadingAtPath: path),
            let data = try? file.read(upToCount: RecordedDay.fileBytesMax + 1)
        else { throw RecordedDayError(file: path, line: nil, problem: "cannot be read") }
        guard data.count <= RecordedDay.fileBytesMax else {
            throw RecordedDayError(file: path, line: nil, problem: "is larger than 64 MiB")
        }
        try self.init(csv: [UInt8](data), file: path, offset: offset)
    }

    /// Reads CSV text; `file` is how errors call it.
    init(csv: [UInt8], file: String, offset: Double? = nil) throws(RecordedDayError) {
        var levels: [Double] = []
        var previous: Timestamp?
        var line = 0
        for text in csv.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            line += 1
            if line == 1 || text.isEmpty { continue }
            if levels.count == RecordedDay.rowsMax { break }
            let row = String(decoding: text, as: UTF8.self)
            guard let (time, level) = RecordedDay.row(row) else {
                throw RecordedDayError(
                    file: file, line: line,
                    problem: "expected `2025-03-22 00:00:00,44.1`, found `\(row.prefix(60))`")
            }
            if let previous, time.milliseconds(since: previous) != 1000 {
                throw RecordedDayError(
                    file: file, line: line,
                    problem: "expected a row one second after the one before it")
            }
            previous = time
            levels.append(level)
        }
        guard !levels.isEmpty else {
            throw RecordedDayError(file: file, line: nil, problem: "has no rows")
        }
        let shift = offset ?? RecordedDay.detectedOffset(of: levels)
        tenths = levels.map { Int16(((($0 - shift) * 10)).rounded()) }
    }

    /// The energy average of the day in dB, two decimals as printed: a check of the file.
    package var energyAverage: Double {
        Level.energyAverage(tenths.lazy.map { Level(tenths: $0) })!
    }

    /// The second of row `index`, counted on past the end.
    ///
    /// A row says no more than one level: the second's extremes are that level, its peak 12 dB
    /// above it.
    func second(at index: Int) -> MeterSecond {
        let lp = tenths[index % tenths.count]
        return MeterSecond(
            lp: lp, max: lp, min: lp, peak: lp + 120, energy: pow(10, Double(lp) / 100))
    }

    private static func row(_ text: String) -> (Timestamp, Double)? {
        var row = Substring(text)
        if row.last == "\r" { row.removeLast() }
        guard let comma = row.firstIndex(of: ","),
            let time = Timestamp(rfc3339: row[..<comma], withoutZone: .utc),
            let level = Double(row[row.index(after: comma)...].drop { $0 == " " }),
            (0...200).contains(level)
        else { return nil }
        return (time, level)
    }

    private static func detectedOffset(of levels: [Double]) -> Double {
        let shifted = levels.allSatisfy { level in
            let tenths = (level - calibrationOffset) * 10
            return abs(tenths - tenths.rounded()) < 1e-4
        }
        return shifted ? calibrationOffset : 0
    }
}

/// What is wrong with a CSV file of levels.
package struct RecordedDayError: Error, Hashable, CustomStringConvertible {
    package let file: String
    /// Counted from 1; `nil` when it is the whole file.
    package let line: Int?
    package let problem: String

    package var description: String {
        line.map { "\(file), line \($0): \(problem)" } ?? "\(file) \(problem)"
    }
}
