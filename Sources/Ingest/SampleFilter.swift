//  SampleFilter.swift · Ingest
//
//  Tells a new reading from one that was handed on before.
//
//      /status    A 1.000      A 1.000      B 2.000 ─────────── (paused)
//      /monitor                A 1.005      B 2.005      C 3.010
//      handed on  A 1.000                   B 2.000      C 3.010
//
//  Within one source a reading is new when its time moved; a poll of a cache mostly sees what it
//  saw before. Between the two sources times differ by some milliseconds for the same reading,
//  because the upstream stamps the cache and the frame apart (5 ms seen).

import Monitoring

/// Where a reading was seen.
enum ReadingSource: Int, Hashable, Sendable, CaseIterable {
    case status, monitor

    var other: ReadingSource { self == .status ? .monitor : .status }
}

/// Drops repeated readings of one unit. Pure.
struct SampleFilter: Hashable, Sendable {
    /// Readings of equal values that are at most this far apart, one from each source, are one.
    static let sameReadingMilliseconds: Int64 = 500
    /// How many readings a source may be ahead of the other; beyond it the oldest is forgotten.
    static let memoryCount = 64

    private var lastTimes: [Timestamp?] = ReadingSource.allCases.map { _ in nil }
    /// By source, oldest first: readings handed on that the other source may yet tell.
    private var memories: [[SLMMReading]] = ReadingSource.allCases.map { _ in [] }

    enum Verdict: Hashable, Sendable {
        case new
        /// The source told it before.
        case repeated
        /// The other source told it.
        case toldByOther
    }

    /// - Complexity: O(readings that the other source is ahead).
    mutating func judge(_ reading: SLMMReading, from source: ReadingSource) -> Verdict {
        guard lastTimes[source.rawValue] != reading.time else { return .repeated }
        lastTimes[source.rawValue] = reading.time
        let other = source.other.rawValue
        let oldest = reading.time.advanced(
            byMilliseconds: -SampleFilter.sameReadingMilliseconds)
        // A source goes forward: what lies behind this reading it will not tell any more.
        if let first = memories[other].first, first.time < oldest {
            memories[other].removeAll { $0.time < oldest }
        }
        let isTold = memories[other].contains { told in
            told.time.milliseconds(since: reading.time) <= SampleFilter.sameReadingMilliseconds
                && reading.hasSameValues(as: told)
        }
        guard !isTold else { return .toldByOther }
        if memories[source.rawValue].count == SampleFilter.memoryCount {
            memories[source.rawValue].removeFirst()
        }
        memories[source.rawValue].append(reading)
        return .new
    }
}

extension SLMMReading {
    func hasSameValues(as other: SLMMReading) -> Bool {
        levels == other.levels && flags == other.flags && word == other.word
    }
}
