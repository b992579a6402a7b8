//  RollupKind.swift · Store
//
//  The rollups of one unit's UTC day. All follow from its frames alone, so that a day's file
//  stands for itself.

import Monitoring

/// A rollup page of a unit's day.
enum RollupKind: Int, CaseIterable, Sendable {
    /// 24 rows of an hour.
    case hours = 0
    /// 288 rows of five minutes.
    case fiveMinutes = 1
    /// 24 histograms of an hour, in classes of 0.1 dB.
    case hourHistograms = 2
    /// One histogram of the day.
    case dayHistogram = 3

    var stepMilliseconds: Int64 {
        switch self {
        case .hours, .hourHistograms: 3_600_000
        case .fiveMinutes: 300_000
        case .dayHistogram: SegmentFormat.dayMilliseconds
        }
    }

    var rowCount: Int { Int(SegmentFormat.dayMilliseconds / stepMilliseconds) }
}

/// Where the rollups of a unit's day stand.
struct RollupPlaces: Equatable, Sendable {
    var hours = PagePlace.none
    var fiveMinutes = PagePlace.none
    var hourHistograms = PagePlace.none
    var dayHistogram = PagePlace.none

    static let none = RollupPlaces()

    subscript(kind: RollupKind) -> PagePlace {
        get {
            switch kind {
            case .hours: hours
            case .fiveMinutes: fiveMinutes
            case .hourHistograms: hourHistograms
            case .dayHistogram: dayHistogram
            }
        }
        set {
            switch kind {
            case .hours: hours = newValue
            case .fiveMinutes: fiveMinutes = newValue
            case .hourHistograms: hourHistograms = newValue
            case .dayHistogram: dayHistogram = newValue
            }
        }
    }

    var isEmpty: Bool { self == .none }
}

/// The rollups of one unit's day, made of its frames.
struct DayRollup {
    let hours: LevelRows
    let fiveMinutes: LevelRows
    let hourHistograms: [LevelHistogram]
    let dayHistogram: LevelHistogram

    /// - Parameter columns: all frames of the unit on the UTC day, and no others.
    /// - Complexity: O(frames).
    init(_ columns: FrameColumns) {
        let midnight = Dwell.midnight(before: columns.times[0])
        let day = TimeRange(
            start: Timestamp(milliseconds: midnight),
            end: Timestamp(milliseconds: midnight + SegmentFormat.dayMilliseconds))!
        let step = RollupKind.fiveMinutes.stepMilliseconds
        var buckets = LevelBuckets(
            edges: (0...RollupKind.fiveMinutes.rowCount).map { midnight + Int64($0) * step },
            range: day, histograms: true)
        buckets.add(columns)
        let coarse = buckets.coarsened(by: Int(RollupKind.hours.stepMilliseconds / step))
        fiveMinutes = LevelRows(buckets)
        hours = LevelRows(coarse)
        hourHistograms = coarse.histograms
        dayHistogram = coarse.histograms.reduce(into: LevelHistogram()) { $0.add($1) }
    }
}
