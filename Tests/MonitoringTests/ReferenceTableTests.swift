//  ReferenceTableTests.swift · MonitoringTests
//
//  The reference values of docs/acoustics.md, a test for each row.

import Monitoring
import Support
import Testing

@Suite struct `The reference table` {
    static let noon = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!

    /// Of frames at seconds after noon, the first `seconds` as one row, whatever is covered.
    private func row(
        _ frames: [(second: Double, tenths: Int)], seconds: Int64,
        _ change: (inout SummaryQuestion) -> Void = { _ in }
    ) async throws -> SummaryRow {
        let history = MemoryHistory(
            frames.map { second, tenths in
                .plain(
                    at: Self.noon.advanced(byMilliseconds: Int64((second * 1000).rounded())),
                    tenths, start: Self.noon)
            })
        var question = SummaryQuestion(
            unit: .first,
            range: TimeRange(
                start: Self.noon, end: Self.noon.advanced(byMilliseconds: seconds * 1000))!)
        question.minimumCoveragePercent = 0
        change(&question)
        return try #require(try await history.summary(question).rows.first)
    }

    private func everySecond(_ tenths: [Int]) -> [(Double, Int)] {
        tenths.enumerated().map { (Double($0 + 1), $1) }
    }

    @Test(arguments: [
        ("60.0 and 60.0", [600, 600], 60.00),
        ("50.0 and 70.0", [500, 700], 67.03),
        ("59 of 50.0 and 1 of 95.0", Array(repeating: 500, count: 59) + [950], 77.23),
    ])
    func `means of equal times`(what: String, tenths: [Int], mean: Double) async throws {
        let laeq = try #require(try await row(everySecond(tenths), seconds: 60).laeq)
        #expect(abs(laeq - mean) < 0.005, Comment(rawValue: what))
    }

    @Test func `the sum of two sources`() {
        let sum = Level.decibels(ofEnergy: 2 * Level(tenths: 600).energy)
        #expect((sum * 10).rounded() == 630)
    }

    @Test(arguments: [([60.0, 60, 60], 66.4), ([65, 60, 55], 65.0)])
    func `Lden of Lday, Levening, Lnight`(levels: [Double], lden: Double) throws {
        let rating = try #require(DayDivision.dayEveningNight.rating(levels))
        #expect((rating * 10).rounded() / 10 == lden)
    }

    @Test func `Ldn of Lday 65 and Lnight 50`() throws {
        #expect((try #require(DayDivision.dayNight.rating([65, 50])) * 10).rounded() == 637)
    }

    @Test func `LN of 0.1, 0.2 … 100.0 dB`() async throws {
        let row = try await row(everySecond(Array(1...1000)), seconds: 1001) {
            $0.exceedances = [1, 10, 50, 90]
        }
        #expect(row.exceedanceLevels == [991, 901, 501, 101])
    }

    @Test func `80.0 for 1 s and 50.0 for 10 s`() async throws {
        let laeq = try #require(try await row([(1, 800), (11, 500)], seconds: 60).laeq)
        #expect(abs(laeq - 69.63) < 0.005)
    }

    @Test func `90.0 after a hole of more than 15 s`() async throws {
        let quiet = (1...885).map { (Double($0), 500) }
        let row = try await row(quiet + [(960, 900)], seconds: 961)
        #expect(try #require(row.laeq) <= 60.9)
        #expect(row.coveredTicks == 8860)
    }

    @Test func `29 intervals of 1.03 s and one of 2.07 s, for an hour`() async throws {
        var frames: [(Double, Int)] = []
        var second = 0.0
        while second < 3600 {
            for index in 0..<30 {
                second += index == 29 ? 2.07 : 1.03
                frames.append((second, 550))
            }
        }
        #expect(try await row(frames, seconds: 3600).coverage >= 0.999)
    }

    @Test(arguments: [Int64(1000), 10_000])
    func `a faultless feed`(cadenceMilliseconds: Int64) async throws {
        // Ten days, one frame every second or ten, each up to a fiftieth early or late.
        var source = SampleFrames(from: Self.noon, intervalMilliseconds: cadenceMilliseconds)
        let days: Int64 = cadenceMilliseconds == 1000 ? 1 : 10
        let frames = source.next(Int(days * 86_400_000 / cadenceMilliseconds) + 2)
        let range = TimeRange(
            start: Self.noon, end: Self.noon.advanced(byMilliseconds: days * 86_400_000))!
        let summary = try await MemoryHistory(frames).summary(
            SummaryQuestion(unit: .first, range: range))
        #expect(summary.rows[0].coverage >= 0.999)
    }

    @Test func `the real day`() async throws {
        var question = SummaryQuestion(unit: .first, range: RealDay.range)
        question.exceedances = [1, 5, 10, 50, 90, 95, 99]
        let history = MemoryHistory(RealDay.frames())
        let day = try await history.summary(question).rows[0]
        #expect(day.laeq.map(hundredths) == 4965)
        #expect(day.exceedanceLevels == [585, 539, 521, 470, 428, 419, 411])
        #expect(day.lpMax == Level(tenths: 758))
        #expect(day.dayEveningNight.map { $0.map(hundredths) } == [4958, 5293, 4629])
        #expect(day.samples == 86_400)
        let extremes = try await history.buckets(
            BucketQuestion(
                unit: .first, range: RealDay.range,
                edges: [RealDay.range.start.milliseconds, RealDay.range.end.milliseconds]))
        #expect(extremes.buckets.minima[Metric.lp.rawValue] == [402])

        question.period = .quarterHour
        let quarters = try await history.summary(question).rows.map(\.laeq)
        #expect(quarters.compactMap { $0 }.max().map(hundredths) == 5487)
        let sliding = RealDay.levels.map { Level(tenths: $0).energy }
        var sum = sliding.prefix(900).reduce(0, +)
        var highest = sum
        for index in 900..<sliding.count {
            sum += sliding[index] - sliding[index - 900]
            highest = max(highest, sum)
        }
        #expect(hundredths(Level.decibels(ofEnergy: highest / 900)) == 5498)
    }

    private func hundredths(_ level: Double) -> Int {
        Int((level * 100).rounded(.toNearestOrAwayFromZero))
    }
}

extension UnitID {
    static let first = UnitID("NL43-0001")!
}

extension Frame {
    /// A frame with `lp` alone, in tenths.
    static func plain(
        at time: Timestamp, _ tenths: Int, start: Timestamp?, state: FrameState = .measuring
    ) -> Frame {
        var levels = Levels()
        levels[.lp] = Level(tenths: Int16(tenths))
        return Frame(
            unit: .first, time: time, levels: levels, state: state, measurementStart: start)
    }
}
