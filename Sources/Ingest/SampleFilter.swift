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
//
//  A socket begins with its upstream's last frame, whatever its age, and so does this service
//  with what is stored: the first reading of a source is not new unless it is newer than all
//  that was told before that.

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

    /// What is remembered of a reading.
    private struct Told: Hashable {
        let time: Timestamp
        let levels: Levels
        let flags: FrameState
        let word: MeasuringWord

        init(_ reading: SLMMReading) {
            time = reading.time
            levels = reading.levels
            flags = reading.flags
            word = reading.word
        }

        func hasSameValues(as other: Told) -> Bool {
            levels == other.levels && flags == other.flags && word == other.word
        }
    }

    /// One source. Before its first reading everything up to `floor` is taken for told.
    private struct Source: Hashable {
        var lastTime: Timestamp?
        var floor: Timestamp?
        /// Nothing was read since it began: what comes first may be of any age.
        var isOpening = true
        /// Oldest first: readings handed on that the other source may yet tell.
        var memory: [Told] = []

        mutating func tells(_ reading: Told) -> Bool {
            let oldest = reading.time.advanced(
                byMilliseconds: -SampleFilter.sameReadingMilliseconds)
            // The other one goes forward: what lies behind this reading it will not tell any more.
            if let first = memory.first, first.time < oldest {
                memory.removeAll { $0.time < oldest }
            }
            return memory.contains { told in
                told.time.milliseconds(since: reading.time)
                    <= SampleFilter.sameReadingMilliseconds && reading.hasSameValues(as: told)
            }
        }

        mutating func remember(_ reading: Told) {
            if memory.count == SampleFilter.memoryCount { memory.removeFirst() }
            memory.append(reading)
        }
    }

    private var sources = ReadingSource.allCases.map { _ in Source() }
    /// The newest reading told, by whichever source.
    private var newest: Timestamp?

    init() {}

    /// Carries on from the newest frame that is stored.
    init(_ newest: Frame) {
        self.newest = newest.time
        // The other source may have told it some milliseconds apart.
        let floor = newest.time.advanced(byMilliseconds: SampleFilter.sameReadingMilliseconds)
        for index in sources.indices { sources[index].floor = floor }
    }

    enum Verdict: Hashable, Sendable {
        /// Not told before. It shows that the meter answers, unless it is the first of its source.
        case new(isFirst: Bool)
        /// The source told it before.
        case repeated
        /// The other source told it.
        case toldByOther
        /// The first of its source, and not newer than what was told before that began.
        case replayed
    }

    /// The source begins anew, with a reading of any age.
    mutating func reopen(_ source: ReadingSource) {
        sources[source.rawValue].isOpening = true
        sources[source.rawValue].floor = newest
    }

    /// The source has begun: with something that is no reading.
    mutating func begin(_ source: ReadingSource) { sources[source.rawValue].isOpening = false }

    /// - Complexity: O(readings that the other source is ahead).
    mutating func judge(_ reading: SLMMReading, from source: ReadingSource) -> Verdict {
        let (own, other) = (source.rawValue, source.other.rawValue)
        let isFirst = sources[own].isOpening
        sources[own].isOpening = false
        guard sources[own].lastTime != reading.time else { return .repeated }
        sources[own].lastTime = reading.time
        if sources[other].tells(Told(reading)) { return .toldByOther }
        if isFirst, let floor = sources[own].floor, reading.time <= floor { return .replayed }
        sources[own].remember(Told(reading))
        newest = max(newest ?? reading.time, reading.time)
        return .new(isFirst: isFirst)
    }
}
