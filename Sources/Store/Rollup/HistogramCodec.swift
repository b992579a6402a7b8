//  HistogramCodec.swift · Store
//
//  Histograms of a rollup, one after the other; their ticks in planes, because the low bytes are
//  noise and the others are nearly all alike.
//
//      u8 n │ n × (varint classes; unless 0: zigzag first class)
//      │ lowest bytes of all ticks │ second bytes │ third bytes │ highest bytes

import Monitoring

enum HistogramCodec {
    /// Classes of one histogram at most: all that a level of 16 bits can have.
    private static let classesMaximum = 1 << 16
    private static let planes = 4

    /// Appends the payload of a page of histograms.
    static func append(_ histograms: [LevelHistogram], into bytes: inout [UInt8]) {
        bytes.append(UInt8(histograms.count))
        for histogram in histograms {
            bytes.append(varint: UInt64(histogram.ticks.count))
            if !histogram.isEmpty { bytes.append(zigzag: Int64(histogram.first)) }
        }
        for plane in 0..<planes {
            for histogram in histograms {
                for ticks in histogram.ticks {
                    bytes.append(UInt8(truncatingIfNeeded: ticks >> Int32(plane * 8)))
                }
            }
        }
    }

    /// The histograms of `wanted` that are not empty.
    static func take(
        _ reader: inout RawReader, kind: RollupKind, wanted: Range<Int>
    ) throws(FormatError) -> StoredHistograms {
        let count = Int(try reader.little(UInt8.self))
        guard count == kind.rowCount else { throw FormatError("a rollup has other histograms") }
        var found = StoredHistograms()
        var total = 0
        for number in 0..<count {
            let classes = try reader.varint()
            guard classes <= classesMaximum, total + Int(classes) <= reader.remaining else {
                throw FormatError("a histogram has too many classes")
            }
            guard classes > 0 else { continue }
            let first = try reader.zigzag()
            guard Int16(exactly: first) != nil else { throw FormatError("a class is no level") }
            if wanted.contains(number) {
                found.entries.append((number, Int(first), total..<total + Int(classes)))
            }
            total += Int(classes)
        }
        let low = try reader.take(total)
        let second = try reader.take(total)
        let third = try reader.take(total)
        let high = try reader.take(total)
        guard high.allSatisfy({ $0 < 0x80 }) else {
            throw FormatError("a class has more ticks than there are")
        }
        found.ticks = [Int32](unsafeUninitializedCapacity: total) { ticks, filled in
            for index in 0..<total {
                ticks[index] =
                    Int32(low[index]) | Int32(second[index]) << 8 | Int32(third[index]) << 16
                    | Int32(high[index]) << 24
            }
            filled = total
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
