//  SummaryPeriodTests.swift · MonitoringTests

import Monitoring
import Testing

@Suite struct `A summary's rows` {
    /// Their lengths in hours.
    private func hours(
        _ from: String, _ to: String, _ period: SummaryPeriod?, in zone: String
    ) throws -> [Double] {
        let edges = try edges(from, to, period, in: zone)
        return zip(edges.dropFirst(), edges).map { Double($0 - $1) / 3_600_000 }
    }

    private func edges(
        _ from: String, _ to: String, _ period: SummaryPeriod?, in zone: String
    ) throws -> [Int64] {
        var question = SummaryQuestion(
            unit: .first,
            range: TimeRange(start: Timestamp(rfc3339: from)!, end: Timestamp(rfc3339: to)!)!)
        question.period = period
        question.clock = try #require(ZoneClock(name: zone))
        return SummaryPlan(question).edges
    }

    @Test(arguments: [
        ("days", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z", .day, "Europe/London", [24, 23, 24]),
        (
            "days that are cut", "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", .day,
            "Europe/London", [24, 25, 24]
        ),
        ("hours, one of which comes twice", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", .hour,
            "Europe/London", [1, 1, 1]),
        (
            "weeks from Monday on", "2026-10-21T00:00:00Z", "2026-11-01T00:00:00Z", .week,
            "Europe/London", [169, 168]
        ),
        (
            "months", "2026-02-01T00:00:00Z", "2026-03-31T00:00:00Z", .month, "Europe/London",
            [672, 743]
        ),
        ("a leap year's February", "2028-02-29T00:00:00Z", "2028-02-29T01:00:00Z", .month, "UTC",
            [696]),
        ("across a year", "2026-12-31T00:00:00Z", "2027-01-01T01:00:00Z", .month, "Asia/Kolkata",
            [744, 744]),
        ("a day of half an hour more", "2026-04-04T14:00:00Z", "2026-04-05T02:00:00Z", .day,
            "Australia/Lord_Howe", [24.5]),
        ("a day without its midnight", "2018-11-04T12:00:00Z", "2018-11-04T13:00:00Z", .day,
            "America/Sao_Paulo", [23]),
        ("a month without one of its days", "2011-12-15T00:00:00Z", "2011-12-15T01:00:00Z", .month,
            "Pacific/Apia", [720]),
        ("all of it", "2026-11-23T01:30:00Z", "2026-11-23T12:00:00Z", nil, "UTC", [10.5]),
    ] as [(String, String, String, SummaryPeriod?, String, [Double])])
    func `follow the calendar`(
        what: String, from: String, to: String, period: SummaryPeriod?, zone: String,
        expected: [Double]
    ) throws {
        #expect(try hours(from, to, period, in: zone) == expected, Comment(rawValue: what))
    }

    @Test(arguments: [
        (SummaryPeriod.fiveMinutes, "2026-11-23T10:05:00Z", "2026-11-23T10:10:00Z"),
        (.quarterHour, "2026-11-23T10:00:00Z", "2026-11-23T10:15:00Z"),
        (.halfHour, "2026-11-23T10:00:00Z", "2026-11-23T10:30:00Z"),
        (.hour, "2026-11-23T09:30:00Z", "2026-11-23T10:30:00Z"),
        (.day, "2026-11-22T18:30:00Z", "2026-11-23T18:30:00Z"),
        (.week, "2026-11-22T18:30:00Z", "2026-11-29T18:30:00Z"),
        (.month, "2026-10-31T18:30:00Z", "2026-11-30T18:30:00Z"),
    ])
    func `begin on the clock of a zone of half hours`(
        period: SummaryPeriod, from: String, to: String
    ) throws {
        let edges = try edges(
            "2026-11-23T10:07:00Z", "2026-11-23T10:08:00Z", period, in: "Asia/Kolkata")
        #expect(edges == [from, to].map { Timestamp(rfc3339: $0)!.milliseconds })
    }

    @Test(arguments: [
        ("5m", SummaryPeriod.fiveMinutes), ("15m", .quarterHour), ("30m", .halfHour), ("1h", .hour),
        ("hour", .hour), ("1d", .day), ("day", .day), ("week", .week), ("1w", .week),
        ("month", .month), ("1mo", .month), ("year", nil), ("", nil), ("15M", nil),
    ] as [(String, SummaryPeriod?)])
    func `have lengths with names`(name: String, period: SummaryPeriod?) {
        #expect(SummaryPeriod(name: name) == period)
    }
}
