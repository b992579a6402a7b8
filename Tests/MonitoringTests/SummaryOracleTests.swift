//  SummaryOracleTests.swift · MonitoringTests
//
//  Seeded series with gaps, changes of cadence, stops and resets, on days of 23, 24 and 25 hours.

import Foundation
import Monitoring
import Support
import Testing

@Suite struct `A summary of anything` {
    // A morning on which something is about to happen to the clock.
    private static let places = [
        ("Europe/London", "2026-03-28T00:00:00Z"), ("Europe/London", "2026-10-24T00:00:00+01:00"),
        ("Australia/Lord_Howe", "2026-04-04T00:00:00+11:00"),
        ("America/Sao_Paulo", "2018-11-03T00:00:00-03:00"),
        ("America/Havana", "2025-11-01T00:00:00-04:00"),
        ("Asia/Kolkata", "2026-11-30T00:00:00+05:30"), ("UTC", "2026-11-30T00:00:00Z"),
        ("Asia/Kathmandu", "2026-12-31T00:00:00+05:45"),
    ]

    @Test(arguments: 0..<48 as Range<UInt64>)
    func `agrees with the oracle`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let (zone, morning) = Self.places[Int(seed) % Self.places.count]
        let start = try #require(Timestamp(rfc3339: morning))
        let frames = frames(from: start.advanced(byMilliseconds: -7_200_000), &random)
        let question = try question(zone, from: start, &random)
        let rows = try await MemoryHistory(frames).summary(question).rows
        let oracle = SummaryOracle(question, zone: zone)
        let expected = oracle.rows(frames)
        try #require(rows.count == expected.count)
        for (row, known) in zip(rows, expected) { expect(row, known, oracle) }
        #expect(expected.contains { $0.covered > 0 })
    }

    private func expect(_ row: SummaryRow, _ known: SummaryOracle.Row, _ oracle: SummaryOracle) {
        let question = oracle.question
        #expect(row.range.start.milliseconds == known.from)
        #expect(row.range.end.milliseconds == known.to)
        #expect(row.coveredTicks == Int64(known.covered))
        #expect(row.overloadedTicks == Int64(known.overloaded))
        #expect(row.samples == known.samples.count)
        #expect(row.lpMax.map { Int($0.tenths) } == known.samples.max())
        #expect(row.aboveTicks == question.thresholds.map { Int64(known.above(Int($0.tenths))) })
        let isJudged = oracle.isEnough(known.covered, of: known.to - known.from)
        #expect(isSame(row.laeq, isJudged ? known.mean : nil))
        #expect(
            row.exceedanceLevels.map { $0.map(Int.init) }
                == question.exceedances.map { isJudged ? known.exceeded($0) : nil })
        let parts = oracle.means(known, parts: 3)
        #expect(zip(row.dayEveningNight, parts).allSatisfy(isSame), "\(row.dayEveningNight) \(parts)")
        let hours = question.division.parts.map(\.hour)
        let lengths = [hours[1] - hours[0], hours[2] - hours[1], 24 + hours[0] - hours[2]]
        #expect(isSame(row.lden, rating(parts, lengths, [0, 5, 10])))
        #expect(isSame(row.ldn, rating(oracle.means(known, parts: 2), [15, 9], [0, 10])))
    }

    private func rating(_ levels: [Double?], _ hours: [Int], _ penalties: [Double]) -> Double? {
        let known = levels.compactMap(\.self)
        guard known.count == levels.count else { return nil }
        let energy = zip(zip(known, penalties), hours).reduce(0.0) {
            $0 + pow(10, ($1.0.0 + $1.0.1) / 10) * Double($1.1)
        }
        return 10 * log10(energy / 24)
    }

    private func isSame(_ a: Double?, _ b: Double?) -> Bool {
        if let a, let b { return abs(a - b) < 1e-6 }
        return a == nil && b == nil
    }

    private func question(
        _ zone: String, from start: Timestamp, _ random: inout SplitMix64
    ) throws -> SummaryQuestion {
        let hour: Int64 = 3_600_000
        var periods: [SummaryPeriod?] = [.day, .day, .week, .month, nil]
        // Rows shorter than half an hour of change are not told apart by name.
        if zone != "Australia/Lord_Howe" { periods += [.fiveMinutes, .quarterHour, .halfHour, .hour] }
        let isAligned = Bool.random(using: &random)
        let from = isAligned ? 0 : Int64.random(in: 0...30 * hour / 1000, using: &random) * 1000
        let length = isAligned
            ? Int64.random(in: 1...3, using: &random) * 24 * hour
            : Int64.random(in: 1...60 * hour / 1000, using: &random) * 1000
        var question = SummaryQuestion(
            unit: .first,
            range: TimeRange(
                start: start.advanced(byMilliseconds: from),
                end: start.advanced(byMilliseconds: from + length))!)
        question.period = periods.randomElement(using: &random)!
        question.clock = try #require(ZoneClock(name: zone))
        question.exceedances = [1, 10, 50, 90]
        question.thresholds = [500, 612, 700].map { Level(tenths: $0) }
        question.minimumCoveragePercent = [0, 1, 10, 50, 75].randomElement(using: &random)!
        if Bool.random(using: &random) {
            question.division = DayDivision.dayEveningNight(hours: 6, 18, 22)!
        }
        return question
    }

    /// Four days.
    private func frames(from start: Timestamp, _ random: inout SplitMix64) -> [Frame] {
        let end = start.advanced(byMilliseconds: 4 * 86_400_000)
        var frames: [Frame] = []
        var source = SampleFrames(seed: random.next(), from: start)
        while frames.last.map({ $0.time < end }) ?? true {
            let last = frames.last?.time ?? start
            if Int.random(in: 0..<3, using: &random) == 0 {
                source = SampleFrames(
                    seed: random.next(), from: last.advanced(byMilliseconds: 1500),
                    intervalMilliseconds: [1030, 10_000, 5000, 14_000].randomElement(using: &random)!)
            }
            var part = source.next(.random(in: 50...1500, using: &random))
            switch Int.random(in: 0..<7, using: &random) {
            case 0: source.skip(seconds: .random(in: 5...20_000, using: &random))
            case 1: source.restart()
            case 2: for index in part.indices { part[index].state = [] }
            case 3: for index in part.indices where index % 7 == 0 { part[index].levels[.lp] = nil }
            case 4:
                for index in part.indices where index % 50 == 0 { part[index].state.insert(.over) }
            default: break
            }
            frames += part.filter { part in frames.last.map { $0.time < part.time } ?? true }
        }
        return frames
    }

    @Test func `does not depend on the order of a year's sums`() async throws {
        // A frame a minute for a year: the energies of months, days and hours, added any way.
        let start = Timestamp(rfc3339: "2026-01-01T00:00:00Z")!
        var random = SplitMix64(seed: 7)
        var columns = FrameColumns()
        let run = Run(start: start, maximumDwellMilliseconds: 90_000)
        for minute in 1...525_600 as ClosedRange<Int64> {
            var levels = Levels()
            levels[.lp] = Level(tenths: .random(in: 200...1300, using: &random))
            columns.append(
                time: start.milliseconds + minute * 60_000, levels: levels.tenths,
                state: FrameState.measuring.rawValue, run: run)
        }
        let end = start.milliseconds + 365 * 86_400_000
        func means(every step: Int64) -> [Double] {
            let range = TimeRange(start: start, end: Timestamp(milliseconds: end))!
            var buckets = LevelBuckets(
                edges: Array(stride(from: start.milliseconds, through: end, by: Int(step))),
                range: range, metrics: MetricSet([]))
            buckets.add(columns)
            let ticks = Double(buckets.coveredTicks.reduce(0, +))
            return [buckets.energies, buckets.energies.reversed(), buckets.energies.sorted()].map {
                Level.decibels(ofEnergy: $0.reduce(0, +) / ticks)
            }
        }
        let hour: Int64 = 3_600_000
        let all = [hour, 24 * hour, 73 * 24 * hour, 365 * 24 * hour].flatMap(means(every:))
        #expect(all.max()! - all.min()! < 0.0001)
    }
}
