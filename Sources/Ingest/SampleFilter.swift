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

/// Drops repeated readings of one unit. Pure; O(1).
struct SampleFilter: Hashable, Sendable {
    /// Readings of equal values that are at most this far apart, one from each source, are one.
    static let sameReadingMilliseconds: Int64 = 500
    /// A source runs ahead of the other by a few readings while it takes over.
    static let memoryCount = 8

    private struct HandedOn: Hashable {
        let reading: SLMMReading
        let source: ReadingSource
    }

    private var lastTimes: [Timestamp?] = ReadingSource.allCases.map { _ in nil }
    /// The newest readings handed on, oldest first, at most ``memoryCount``.
    private var memory: [HandedOn] = []

    enum Verdict: Hashable, Sendable {
        case new
        /// The source told it before.
        case repeated
        /// The other source told it.
        case toldByOther
    }

    mutating func judge(_ reading: SLMMReading, from source: ReadingSource) -> Verdict {
        guard lastTimes[source.rawValue] != reading.time else { return .repeated }
        lastTimes[source.rawValue] = reading.time
        let isTold = memory.contains { told in
            told.source == source.other
                && abs(reading.time.milliseconds(since: told.reading.time))
                    <= SampleFilter.sameReadingMilliseconds
                && reading.hasSameValues(as: told.reading)
        }
        guard !isTold else { return .toldByOther }
        if memory.count == SampleFilter.memoryCount { memory.removeFirst() }
        memory.append(HandedOn(reading: reading, source: source))
        return .new
    }
}

extension SLMMReading {
    func hasSameValues(as other: SLMMReading) -> Bool {
        levels == other.levels && flags == other.flags && word == other.word
    }
}
