//  SummaryRowTests.swift · MonitoringTests
//
//  What a row gives, and when it gives nothing.

import Monitoring
import Support
import Testing

@Suite struct `A summary's row` {
    static let monday = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!
    static let day = TimeRange(start: monday, end: monday.advanced(byMilliseconds: 86_400_000))!
    /// So that the first frame of the day counts from midnight on.
    static let start = monday.advanced(byMilliseconds: -1)

    private func row(
        _ frames: [Frame], _ change: (inout SummaryQuestion) -> Void
    ) async throws -> SummaryRow {
        var question = SummaryQuestion(unit: .first, range: Self.day)
        change(&question)
        return try await MemoryHistory(frames).summary(question).rows[0]
    }

    /// Frames of 60.0 dB every ten seconds.
    private func frames(_ count: Int) -> [Frame] {
        (0..<count).map {
            .plain(
                at: Self.monday.advanced(byMilliseconds: Int64($0 + 1) * 10_000), 600,
                start: Self.start)
        }
    }

    // Frames of ten seconds: 6,480 of them are 75 % of a day.
    @Test(arguments: [
        (6480, 75, true), (6479, 75, false), (7000, 75, true), (0, 0, false), (1, 0, true),
        (100, 2, false), (8639, 100, false),
    ])
    func `has indicators from the least coverage on`(
        count: Int, percent: Int, isEnough: Bool
    ) async throws {
        let row = try await row(frames(count)) {
            $0.minimumCoveragePercent = percent
            $0.exceedances = [99]
            $0.thresholds = [Level(tenths: 599)]
            $0.limit = Level(tenths: 600)
        }
        #expect((row.laeq != nil) == isEnough)
        #expect((row.exceedanceLevels[0] != nil) == (isEnough && count * 99 >= 1000))
        #expect(row.verdict == (isEnough ? .kept : .notJudged))
        // What was measured is told all the same.
        #expect(row.lpMax == (count == 0 ? nil : Level(tenths: 600)))
        #expect(row.samples == count && row.coveredTicks == Int64(count) * 100)
        #expect(row.aboveTicks == [Int64(count) * 100])
        #expect(row.typicalCadenceSeconds == (count == 0 ? nil : 10))
        #expect(abs(row.coverage - Double(count) / 8640) < 1e-9)
    }

    @Test(arguments: [
        (64.94, 649, SummaryRow.Verdict.kept), (64.951, 649, .above), (65.0, 650, .kept),
        (65.049, 650, .kept), (65.0500001, 650, .above), (65.1, 650, .above), (0.25, 2, .above),
        // Half away from zero: -0.25 is read as -0.3.
        (-0.25, -3, .kept), (-0.25, -4, .above),
    ])
    func `is judged in tenths, strictly`(
        laeq: Double, limit: Int16, verdict: SummaryRow.Verdict
    ) {
        #expect(Summary.verdict(laeq, limit: Level(tenths: limit)) == verdict)
    }

    @Test func `is not judged without a limit`() async throws {
        #expect(try await row(frames(8640)) { _ in }.verdict == .notJudged)
    }

    @Test func `counts the time strictly above a level`() async throws {
        let frames = [600, 601, 599, 600, 700].enumerated().map { index, tenths in
            Frame.plain(
                at: Self.monday.advanced(byMilliseconds: Int64(index + 1) * 1000), tenths,
                start: Self.start)
        }
        let row = try await row(frames) {
            $0.thresholds = [598, 599, 600, 601, 700, -500, 2000].map { Level(tenths: $0) }
        }
        #expect(row.aboveTicks == [50, 40, 20, 10, 0, 50, 0])
    }

    @Test func `tells the time over range, whatever is covered`() async throws {
        var frames = frames(3)
        frames[1].state.insert(.over)
        let row = try await row(frames) { _ in }
        #expect(row.overloadedTicks == 100 && row.laeq == nil)
    }

    @Test(arguments: [(1, 999, false), (1, 1000, true), (10, 99, false), (10, 100, true), (50, 20, true)])
    func `has LN from so many samples on`(percent: Int, count: Int, hasIt: Bool) async throws {
        let row = try await row(frames(count)) {
            $0.minimumCoveragePercent = 0
            $0.exceedances = [percent]
        }
        #expect((row.exceedanceLevels[0] != nil) == hasIt)
    }

    // One digit a minute, tens of dB of the meter's own Lmax; rows of 15 min. The first row's time
    // before it is the first of the text.
    @Test(arguments: [
        ("what was shown before is of the row before", "6|66|66", "--"),
        ("a rise", "6|67|77|78", "7-8"),
        ("a rise between two rows", "6|7", "7"),
        ("a measurement that begins with a row", "6|34", "4"),
        ("a measurement that begins in a row hides nothing of it", "6|66233|34", "-4"),
        ("it may have been reached again", "6|6626", "6"),
        ("the highest of several measurements", "2|242323", "4"),
        ("nothing before: as far as it was reached here", "|66|", "--"),
        ("nothing before: reached here", "|67|7", "7-"),
        ("nothing before: gone by a reset", "|6723|", "--"),
        ("after an hour without frames", "6||7|7", "---"),
    ])
    func `has the meter's own extremes where they are its own`(
        what: String, minutes: String, expected: String
    ) async throws {
        let quarter: Int64 = 900_000
        let groups = minutes.split(separator: "|", omittingEmptySubsequences: false)
        var frames: [Frame] = []
        for (group, digits) in groups.enumerated() {
            for (minute, digit) in digits.enumerated() {
                var frame = Frame.plain(
                    at: Self.monday.advanced(
                        byMilliseconds: Int64(group) * quarter + Int64(minute) * 60_000 + 1000),
                    300, start: Self.start)
                let tenths = Int16(digit.wholeNumberValue!) * 100
                frame.levels[.lmax] = Level(tenths: tenths)
                frame.levels[.lmin] = Level(tenths: 1000 - tenths)
                frames.append(frame)
            }
        }
        var question = SummaryQuestion(
            unit: .first,
            range: TimeRange(
                start: Self.monday.advanced(byMilliseconds: quarter),
                end: Self.monday.advanced(byMilliseconds: Int64(groups.count) * quarter))!)
        question.period = .quarterHour
        let rows = try await MemoryHistory(frames).summary(question).rows
        func text(_ levels: [Level?]) -> String {
            levels.map { $0.map { "\($0.tenths / 100)" } ?? "-" }.joined()
        }
        let padded = expected.padding(rows.count)
        #expect(text(rows.map(\.lmax)) == padded, Comment(rawValue: what))
        let mirrored = rows.map { $0.lmin.map { Level(tenths: 1000 - $0.tenths) } }
        #expect(text(mirrored) == padded, Comment(rawValue: what))
    }
}

extension String {
    fileprivate func padding(_ length: Int) -> String {
        self + String(repeating: "-", count: max(0, length - count))
    }
}
