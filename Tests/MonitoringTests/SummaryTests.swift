//  SummaryTests.swift · MonitoringTests
//
//  The rules of docs/acoustics.md for rows, one by one.

import Monitoring
import Support
import Testing

@Suite struct `A summary` {
    static let monday = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!
    private static let hour: Int64 = 3_600_000

    /// Frames every ten seconds, one character for each hour from Monday midnight on: tens of dB,
    /// `.` for a gap.
    private func frames(_ hours: String, from start: Timestamp = monday) -> [Frame] {
        hours.enumerated().flatMap { index, character in
            guard let tens = character.wholeNumberValue else { return [Frame]() }
            return (1...360).map {
                Frame.plain(
                    at: start.advanced(byMilliseconds: Int64(index) * Self.hour + $0 * 10_000),
                    tens * 100, start: start)
            }
        }
    }

    private func rows(
        _ frames: [Frame], hours: ClosedRange<Int64>, _ period: SummaryPeriod? = .day,
        _ change: (inout SummaryQuestion) -> Void = { _ in }
    ) async throws -> [SummaryRow] {
        var question = SummaryQuestion(
            unit: .first,
            range: TimeRange(
                start: Self.monday.advanced(byMilliseconds: hours.lowerBound * Self.hour),
                end: Self.monday.advanced(byMilliseconds: hours.upperBound * Self.hour))!)
        question.period = period
        change(&question)
        return try await MemoryHistory(frames).summary(question).rows
    }

    private func rounded(_ levels: [Double?]) -> [Double?] {
        levels.map { $0.map { ($0 * 10).rounded() / 10 } }
    }

    //                         0      7           19
    private static let days = "444444466666666666655555" + "777777766666666666655555" + "8888888"

    @Test func `counts a night for the day on which it begins`() async throws {
        let rows = try await rows(frames(Self.days), hours: 0...48)
        // Monday 23–24 at 50 and Tuesday 0–7 at 70; Tuesday 23–24 and Wednesday 0–7 at 80.
        #expect(rounded(rows[0].dayEveningNight) == [60, 50, 69.4])
        #expect(rounded(rows[1].dayEveningNight) == [60, 50, 79.4])
        // LAeq is of the calendar's day all the same.
        #expect(rounded([rows[0].laeq]) == [57.2])
    }

    @Test func `of a range without a period counts the nights inside it`() async throws {
        let rows = try await rows(frames(Self.days), hours: 0...24, nil)
        // 23–24 at 50 and 0–7 at 40.
        #expect(rounded(rows[0].dayEveningNight) == [60, 50, 43.3])
        #expect(rows[0].lden != nil && rows[0].ldn != nil)
    }

    @Test func `leaves the last night open while it goes on`() async throws {
        let rows = try await rows(frames(String(Self.days.prefix(49))), hours: 0...48)
        #expect(rows[0].lden != nil)
        #expect(rounded(rows[1].dayEveningNight) == [60, 50, nil])
        #expect(rows[1].lden == nil && rows[1].ldn == nil)
    }

    @Test func `does not look past its end when that cuts a day`() async throws {
        let rows = try await rows(frames(Self.days), hours: 0...40)
        #expect(rows.count == 2)
        #expect(rows[1].range.end == Self.monday.advanced(byMilliseconds: 48 * Self.hour))
        #expect(rows[1].coverage > 0.66 && rows[1].coverage < 0.67)
        #expect(rows[1].laeq == nil)
        #expect(rounded(rows[1].dayEveningNight) == [60, nil, nil])
        #expect(rows[1].lpMax == Level(tenths: 700))
    }

    @Test func `makes a month's Lden of the month's energy, not of its days' Ldens`() async throws {
        // From 1 November on: thirty days, of which one is loud in the evening.
        let start = Timestamp(rfc3339: "2026-11-01T00:00:00Z")!
        let quiet = String(repeating: "4", count: 24)
        let loud = "444444444444444444488884"
        let month = (0..<30).map { $0 == 9 ? loud : quiet }.joined() + quiet
        var question = SummaryQuestion(
            unit: .first,
            range: TimeRange(
                start: start, end: start.advanced(byMilliseconds: 30 * 24 * Self.hour))!)
        question.period = .month
        let row = try await MemoryHistory(frames(month, from: start)).summary(question).rows[0]
        // Levening: 29 evenings of 40 and one of 80.
        #expect(rounded(row.dayEveningNight) == [40, 65.2, 40])
        #expect(rounded([row.lden]) == [62.6])
        question.period = .day
        let days = try await MemoryHistory(frames(month, from: start)).summary(question).rows
        let mean = days.compactMap(\.lden).reduce(0, +) / 30
        #expect(days.count == 30 && abs(mean - (row.lden ?? 0)) > 10)
    }

    @Test func `has days that begin when they are told to`() async throws {
        let rows = try await rows(frames(Self.days), hours: 0...24) {
            $0.division = DayDivision.dayEveningNight(hours: 6, 18, 22)!
        }
        func level(_ parts: [(hours: Double, level: Double)]) -> Double {
            let energy = parts.reduce(0) { $0 + $1.hours * Level.energy(ofDecibels: $1.level) }
            return Level.decibels(ofEnergy: energy / parts.reduce(0) { $0 + $1.hours })
        }
        let expected = [[(1, 40), (11, 60)], [(1, 60), (3, 50)], [(2, 50), (6, 70)]].map(level)
        #expect(rounded(rows[0].dayEveningNight) == rounded(expected))
    }
}
