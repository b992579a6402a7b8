//  MeasuringState.swift · Ingest
//
//  Whether a meter measures, from words of which some are garbled and some are false.
//
//      unknown ──measuring──▶ measuring ──stopped──▶ stopped(at, frozen)
//                                 ▲                      │ measuring, and either the cumulative
//                                 └──────────────────────┘ values moved or 30 s have passed
//
//  The phantom: after a stop while a monitor runs, the upstream repeats its cached "Start", with
//  a start time of its own making, for up to 30 s. The meter gives it away, because what it has
//  accumulated does not move any more. A socket does not tell the stop itself: there the new
//  start time over values that stand still is what shows it. An unclear word changes nothing.

import Monitoring

/// Follows one unit's state. Pure; readings in the order in which they came.
struct MeasuringState: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        case unknown
        /// With the latest start told, and the cumulative values told with it.
        case measuring(since: Timestamp?, Levels)
        case stopped(at: Timestamp, frozen: Levels, isPhantom: Bool)
    }

    /// How long after a stop a new start is not taken at its word.
    static let suspicionMilliseconds: Int64 = 30_000

    private var state: State = .unknown

    init() {}

    /// Carries on from the newest frame that is stored.
    init(_ newest: Frame) {
        state =
            newest.state.contains(.measuring)
            ? .measuring(since: newest.measurementStart, newest.levels.cumulative)
            : .stopped(at: newest.time, frozen: newest.levels.cumulative, isPhantom: false)
    }

    var isMeasuring: Bool {
        if case .measuring = state { true } else { false }
    }

    /// Whether the upstream says of a stopped meter that it measures.
    var isPhantom: Bool {
        if case .stopped(_, _, true) = state { true } else { false }
    }

    mutating func observe(_ reading: SLMMReading) {
        let levels = reading.levels.cumulative
        switch (reading.word, state) {
        case (.unclear, _):
            break
        case (.stopped, .stopped(let stop, let frozen, _)):
            state = .stopped(
                at: stop, frozen: levels == Levels() ? frozen : levels, isPhantom: false)
        case (.stopped, _):
            state = .stopped(at: reading.time, frozen: levels, isPhantom: false)
        case (.measuring, .stopped(let stop, let frozen, _)),
            (.presumed, .stopped(let stop, let frozen, _)):
            let age = reading.time.milliseconds(since: stop)
            let isSuspect =
                reading.word == .presumed
                || (0..<MeasuringState.suspicionMilliseconds).contains(age)
            state =
                isSuspect && (levels == frozen || levels == Levels())
                ? .stopped(at: stop, frozen: frozen, isPhantom: true)
                : .measuring(since: reading.measurementStart, levels)
        case (.measuring, .measuring(let start?, let last)):
            let told = reading.measurementStart ?? start
            state =
                told > start && levels == last && levels != Levels()
                ? .stopped(at: reading.time, frozen: last, isPhantom: true)
                : .measuring(since: max(start, told), levels == Levels() ? last : levels)
        case (.presumed, .measuring(let start?, let last)):
            state = .measuring(since: start, levels == Levels() ? last : levels)
        case (.measuring, _), (.presumed, _):
            state = .measuring(since: reading.measurementStart, levels)
        }
    }
}

extension Levels {
    /// These levels without the momentary one.
    var cumulative: Levels {
        var levels = self
        levels[.lp] = nil
        return levels
    }

    /// These levels without the cumulative ones.
    var momentary: Levels {
        var levels = Levels()
        levels[.lp] = self[.lp]
        return levels
    }

    /// Whether lmin ≤ leq ≤ lmax, of those that are there. Holds within a measurement; after a
    /// stop the frozen values need not fit the live one.
    var isInOrder: Bool {
        let ascending = [self[.lmin], self[.leq], self[.lmax]].compactMap { $0 }
        return zip(ascending, ascending.dropFirst()).allSatisfy { $0 <= $1 }
    }
}
