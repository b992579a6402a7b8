//  TrialOfRollups.swift · StoreTests

import Monitoring

@testable import Store

/// Rows and histograms of a unit's day.
enum TrialOfRollups {
    /// `u8 metrics │ payload`; bit 1 of control: five minutes.
    static func rows(_ input: inout TrialInput) throws {
        let kind = input.control & 2 == 0 ? RollupKind.hours : .fiveMinutes
        let wanted = input.metrics()
        let payload = input.rest()
        let rows = try take(payload, kind, .all)
        _ = try take(payload, kind, wanted)
        var again: [UInt8] = []
        RollupCodec.append(rows, into: &again)
        try TrialFailure.unless(try take(again, kind, .all) == rows, "rows have changed")
        // What history does with them.
        var buckets = dayBuckets()
        buckets.add(rows, 0..<rows.count, of: 0)
        try TrialFailure.unless(buckets.count == 24, "a day has other hours")
    }

    /// `u8 first wanted │ u8 how many │ payload`; bit 1 of control: those of hours.
    static func histograms(_ input: inout TrialInput) throws {
        let kind = input.control & 2 == 0 ? RollupKind.dayHistogram : .hourHistograms
        let first = Int(input.byte()) % kind.rowCount
        let wanted = first..<min(kind.rowCount, first + Int(input.byte()))
        let payload = input.rest()
        let all = try take(payload, kind, 0..<kind.rowCount)
        let some = try take(payload, kind, wanted)
        try TrialFailure.unless(
            some == Array(all[wanted.lowerBound..<wanted.upperBound]), "histograms differ in part")
        var again: [UInt8] = []
        HistogramCodec.append(all, into: &again)
        try TrialFailure.unless(
            try take(again, kind, 0..<kind.rowCount) == all, "histograms have changed")
        let day = all.reduce(into: LevelHistogram()) { $0.add($1) }
        try TrialFailure.unless(
            day.isEmpty == all.allSatisfy(\.isEmpty), "the sum of histograms is empty")
    }

    private static func take(
        _ payload: [UInt8], _ kind: RollupKind, _ wanted: MetricSet
    ) throws -> LevelRows {
        try payload.withUnsafeBytes { bytes in
            var reader = RawReader(bytes)
            var rows = LevelRows()
            try RollupCodec.take(&reader, kind: kind, wanted: wanted, into: &rows)
            return rows
        }
    }

    /// All of `wanted`, the empty ones too.
    private static func take(
        _ payload: [UInt8], _ kind: RollupKind, _ wanted: Range<Int>
    ) throws -> [LevelHistogram] {
        try payload.withUnsafeBytes { bytes in
            var reader = RawReader(bytes)
            let stored = try HistogramCodec.take(&reader, kind: kind, wanted: wanted)
            var histograms = Array(repeating: LevelHistogram(), count: kind.rowCount)
            stored.forEach { number, first, ticks in
                histograms[number] = LevelHistogram(first: first, ticks: Array(ticks))
            }
            return Array(histograms[wanted])
        }
    }

    private static func dayBuckets() -> LevelBuckets {
        let day = TimeRange(
            start: Timestamp(milliseconds: 0),
            end: Timestamp(milliseconds: SegmentFormat.dayMilliseconds))!
        return LevelBuckets(
            edges: (0...24).map { $0 * RollupKind.hours.stepMilliseconds }, range: day,
            histograms: true)
    }
}
