//  SummaryTests.swift · StoreTests
//
//  Summaries are made of rows and histograms where these give the same as frames.

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A summary of stored frames` {
    static let unit = UnitID("NL43-0001")!
    static let monday = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!
    private static let hour: Int64 = 3_600_000

    @Test(arguments: [
        ("days", SummaryPeriod.day, "UTC", 0.0, 96.0, true, BucketSource.hours),
        ("days of another zone", .day, "America/New_York", 5, 77, true, .hours),
        ("days of a zone of half hours", .day, "Asia/Kolkata", 0, 96, true, .raw),
        ("the same without LN", .day, "Asia/Kolkata", 0, 96, false, .fiveMinutes),
        ("hours", .hour, "UTC", 1, 90, true, .hours),
        ("quarters of an hour", .quarterHour, "UTC", 1, 30, true, .raw),
        ("the same without LN", .quarterHour, "UTC", 1, 30, false, .fiveMinutes),
        ("a month that is cut", .month, "UTC", 1.5, 80.123, true, .hours),
        ("weeks", .week, "Europe/London", 0, 168, true, .hours),
        ("all as one", nil, "UTC", 1.2345, 70.9, true, .hours),
    ] as [(String, SummaryPeriod?, String, Double, Double, Bool, BucketSource)])
    func `is the same as of frames in memory`(
        what: String, period: SummaryPeriod?, zone: String, from: Double, to: Double,
        withLevels: Bool, source: BucketSource
    ) async throws {
        let (engine, frames) = try filled(seed: 4)
        var question = SummaryQuestion(
            unit: Self.unit,
            range: TimeRange(
                start: Self.monday.advanced(byMilliseconds: Int64(from * Double(Self.hour))),
                end: Self.monday.advanced(byMilliseconds: Int64(to * Double(Self.hour))))!)
        question.period = period
        question.clock = try #require(ZoneClock(name: zone))
        question.minimumCoveragePercent = 5
        question.exceedances = withLevels ? [1, 10, 50, 90] : []
        question.thresholds = withLevels ? [500, 600, 700].map { Level(tenths: $0) } : []
        let got = try await SegmentHistory(view: engine.view).summary(question)
        let expected = try await MemoryHistory(frames).summary(question)
        #expect(got.source == source, Comment(rawValue: what))
        #expect(got.damage == [])
        #expect(got.completeUntil == expected.completeUntil)
        #expect(got.rows.contains { $0.laeq != nil } && got.rows.contains { $0.lmax != nil })
        try #require(got.rows.count == expected.rows.count)
        for (row, known) in zip(got.rows, expected.rows) { expectSame(row, known, what) }
    }

    @Test(arguments: [
        ("all as one", nil, 0.0, 72.0, BucketSource.hours),
        ("with odd ends", nil, 1.2345, 70.9, .hours),
        ("by two cores", .quarterHour, 0, 96, .raw),
    ] as [(String, SummaryPeriod?, Double, Double, BucketSource)])
    func `has times above a level without LN`(
        what: String, period: SummaryPeriod?, from: Double, to: Double, source: BucketSource
    ) async throws {
        let (engine, frames) = try filled(seed: 5)
        var question = SummaryQuestion(
            unit: Self.unit,
            range: TimeRange(
                start: Self.monday.advanced(byMilliseconds: Int64(from * Double(Self.hour))),
                end: Self.monday.advanced(byMilliseconds: Int64(to * Double(Self.hour))))!)
        question.period = period
        question.thresholds = [Level(tenths: 550)]
        let got = try await SegmentHistory(view: engine.view).summary(question)
        let expected = try await MemoryHistory(frames).summary(question)
        #expect(got.source == source, Comment(rawValue: what))
        #expect(got.rows.map(\.aboveTicks) == expected.rows.map(\.aboveTicks))
        #expect(got.rows.contains { $0.aboveTicks[0] > 0 })
    }

    @Test func `of a unit that has none is empty`() async throws {
        let (engine, _) = try filled(seed: 6)
        var question = SummaryQuestion(
            unit: UnitID("nobody")!,
            range: TimeRange(
                start: Self.monday, end: Self.monday.advanced(byMilliseconds: 48 * Self.hour))!)
        question.period = .day
        question.exceedances = [50]
        question.thresholds = [Level(tenths: 500)]
        let got = try await SegmentHistory(view: engine.view).summary(question)
        #expect(got.rows.count == 2)
        #expect(got.rows.allSatisfy { $0.laeq == nil && $0.aboveTicks == [0] && $0.samples == 0 })
    }

    // MARK: -

    private func expectSame(_ row: SummaryRow, _ known: SummaryRow, _ what: String) {
        let comment = Comment(rawValue: what)
        func isSame(_ a: Double?, _ b: Double?) -> Bool {
            if let a, let b { return abs(a - b) < 0.001 }
            return a == nil && b == nil
        }
        #expect(isSame(row.laeq, known.laeq), comment)
        #expect(isSame(row.lden, known.lden) && isSame(row.ldn, known.ldn), comment)
        #expect(zip(row.dayEveningNight, known.dayEveningNight).allSatisfy(isSame), comment)
        // Everything but the means is the same to the last digit.
        var exact = row
        (exact.laeq, exact.lden, exact.ldn) = (known.laeq, known.lden, known.ldn)
        exact.dayEveningNight = known.dayEveningNight
        #expect(exact == known, comment)
    }

    /// Four days with gaps, resets and overload.
    private func filled(seed: UInt64) throws -> (engine: StoreEngine, frames: [Frame]) {
        var random = SplitMix64(seed: seed)
        let engine = try StoreModel.open(SimulatedDisk(), seed: seed)
        var source = SampleFrames(
            seed: random.next(), from: Self.monday.advanced(byMilliseconds: 3000),
            intervalMilliseconds: 5000)
        let end = Self.monday.advanced(byMilliseconds: 96 * Self.hour)
        var frames: [Frame] = []
        while frames.last.map({ $0.time < end }) ?? true {
            var part = source.next(.random(in: 200...2000, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: source.skip(seconds: .random(in: 20...9000, using: &random))
            case 1: source.restart()
            case 2:
                for index in part.indices where index % 50 == 0 { part[index].state.insert(.over) }
            default: break
            }
            frames += part.filter { $0.time < end }
            if part.contains(where: { $0.time >= end }) { break }
        }
        _ = try engine.importFrames([Self.unit: FrameColumns(frames)])
        return (engine, frames)
    }
}
