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
//  accumulated does not move any more. An unclear word changes nothing.

import Monitoring

/// Follows one unit's measurement. Pure; readings in the order in which they came.
struct MeasuringState: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        case unknown
        case measuring(since: Timestamp?)
        case stopped(at: Timestamp, frozen: Levels)
    }

    /// How long after a stop a new start is not taken at its word.
    static let suspicionMilliseconds: Int64 = 30_000

    private var state: State = .unknown

    var isMeasuring: Bool {
        if case .measuring = state { true } else { false }
    }

    /// When the upstream saw the measurement begin; `nil` unless measuring.
    var measurementStart: Timestamp? {
        if case .measuring(let start) = state { start } else { nil }
    }

    mutating func observe(_ reading: SLMMReading) {
        switch (reading.word, state) {
        case (.unclear, _):
            break
        case (.stopped, .stopped(let stop, let frozen)):
            let levels = reading.levels.cumulative
            state = .stopped(at: stop, frozen: levels == Levels() ? frozen : levels)
        case (.stopped, _):
            state = .stopped(at: reading.time, frozen: reading.levels.cumulative)
        case (.measuring, .stopped(let stop, let frozen)):
            let age = reading.time.milliseconds(since: stop)
            let moved = reading.levels.cumulative
            let isPhantom =
                (0..<MeasuringState.suspicionMilliseconds).contains(age)
                && (moved == frozen || moved == Levels())
            if !isPhantom { state = .measuring(since: reading.measurementStart) }
        case (.measuring, .measuring(let start)):
            state = .measuring(since: reading.measurementStart ?? start)
        case (.measuring, .unknown):
            state = .measuring(since: reading.measurementStart)
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
