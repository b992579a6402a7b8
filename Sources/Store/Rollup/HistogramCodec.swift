//  HistogramCodec.swift · Store
//
//  Histograms of a rollup, one after the other.
//
//      u8 n │ n × (varint classes; unless 0: zigzag first class, then classes × varint ticks)

import Monitoring

enum HistogramCodec {
    /// Classes of one histogram at most: all that a level of 16 bits can have.
    private static let classesMaximum = 1 << 16

    /// Appends the payload of a page of histograms.
    static func append(_ histograms: [LevelHistogram], into bytes: inout [UInt8]) {
        bytes.append(UInt8(histograms.count))
        for histogram in histograms {
            bytes.append(varint: UInt64(histogram.ticks.count))
            guard !histogram.isEmpty else { continue }
            bytes.append(zigzag: Int64(histogram.first))
            for ticks in histogram.ticks { bytes.append(varint: UInt64(ticks)) }
        }
    }

    /// The histograms of `wanted` that are not empty.
    static func take(
        _ reader: inout RawReader, kind: RollupKind, wanted: Range<Int>
    ) throws(FormatError) -> StoredHistograms {
        let count = Int(try reader.little(UInt8.self))
        guard count == kind.rowCount else { throw FormatError("a rollup has other histograms") }
        var found = StoredHistograms()
        for number in 0..<min(count, wanted.upperBound) {
            let classes = try reader.varint()
            guard classes <= classesMaximum, classes <= reader.remaining else {
                throw FormatError("a histogram has too many classes")
            }
            guard classes > 0 else { continue }
            let first = try reader.zigzag()
            guard Int16(exactly: first) != nil else { throw FormatError("a class is no level") }
            let start = found.ticks.count
            for _ in 0..<classes {
                guard let ticks = Int32(exactly: try reader.varint()) else {
                    throw FormatError("a class has more ticks than there are")
                }
                found.ticks.append(ticks)
            }
            if wanted.contains(number) {
                found.entries.append((number, Int(first), start..<found.ticks.count))
            } else {
                found.ticks.removeLast(Int(classes))
            }
        }
        return found
    }
}

/// Histograms of a page, in memory that lies together.
struct StoredHistograms {
    /// Which one of the page, its first class, and where its ticks are.
    fileprivate(set) var entries: [(number: Int, first: Int, ticks: Range<Int>)] = []
    fileprivate(set) var ticks: [Int32] = []

    /// Calls `body` with each, in order.
    func forEach(_ body: (Int, Int, UnsafeBufferPointer<Int32>) -> Void) {
        ticks.withUnsafeBufferPointer { ticks in
            for entry in entries {
                body(entry.number, entry.first, UnsafeBufferPointer(rebasing: ticks[entry.ticks]))
            }
        }
    }
}
