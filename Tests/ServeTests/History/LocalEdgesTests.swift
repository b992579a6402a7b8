//  LocalEdgesTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

private let hour: Int64 = 3_600_000

@Suite struct `Bucket borders` {
    /// Lengths in hours of the buckets around a range.
    private func lengths(
        _ from: Timestamp, _ to: Timestamp, hours: Double, in zone: String
    ) throws -> [Double] {
        let edges = try edges(from, to, step: Int64(hours * Double(hour)), in: zone)
        return zip(edges.dropFirst(), edges).map { Double($0 - $1) / Double(hour) }
    }

    private func edges(
        _ from: Timestamp, _ to: Timestamp, step: Int64, in zone: String
    ) throws -> [Int64] {
        LocalEdges.edges(
            around: TimeRange(start: from, end: to)!, stepMilliseconds: step,
            on: try #require(ZoneClock(name: zone)))
    }

    @Test(
        arguments: [
            (
                "a week without change", "2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z", 24, "UTC",
                [24, 24]
            ),
            (
                "a day in spring has 23 h", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z", 24,
                "Europe/London", [24, 23, 24]
            ),
            (
                "a day in autumn has 25 h", "2026-10-23T23:00:00Z", "2026-10-26T12:00:00Z", 24,
                "Europe/London", [24, 25, 24]
            ),
            (
                "six hours across spring", "2026-03-28T18:00:00Z", "2026-03-29T11:00:00Z", 6,
                "Europe/London", [6, 5, 6]
            ),
            (
                "six hours across autumn", "2026-10-24T17:00:00Z", "2026-10-25T12:00:00Z", 6,
                "Europe/London", [6, 7, 6]
            ),
            (
                "hours never change", "2026-10-25T00:00:00Z", "2026-10-25T04:00:00Z", 1,
                "Europe/London", [1, 1, 1, 1]
            ),
            (
                "two hours across autumn", "2026-10-24T23:00:00Z", "2026-10-25T04:00:00Z", 2,
                "Europe/London", [3, 2]
            ),
            (
                "a day whose midnight is skipped", "2018-11-03T03:00:00Z", "2018-11-06T02:00:00Z",
                24,
                "America/Sao_Paulo", [24, 23, 24]
            ),
            (
                "a day whose midnight comes twice", "2025-11-01T04:00:00Z", "2025-11-04T05:00:00Z",
                24,
                "America/Havana", [24, 25, 24]
            ),
            (
                "half an hour of change", "2026-04-03T13:00:00Z", "2026-04-06T13:30:00Z", 24,
                "Australia/Lord_Howe", [24, 24.5, 24]
            ),
        ] as [(String, Timestamp, Timestamp, Double, String, [Double])])
    func `follow the local clock`(
        what: String, from: Timestamp, to: Timestamp, hours: Double, zone: String,
        expected: [Double]
    ) throws {
        let lengths = try lengths(from, to, hours: hours, in: zone)
        #expect(lengths == expected, Comment(rawValue: what))
    }

    @Test func `lie at local midnight in a zone of half hours`() throws {
        let edges = try edges(
            "2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z", step: 24 * hour, in: "Asia/Kolkata")
        #expect(
            edges
                == [Timestamp("2026-11-19T18:30:00Z"), "2026-11-20T18:30:00Z"]
                .map(\.milliseconds))
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `hold any range, ascending, and no more`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let zones = [
            "UTC", "Europe/London", "America/Havana", "Australia/Lord_Howe", "America/Sao_Paulo",
            "Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia",
        ]
        let step = BucketWidth.seconds.randomElement(using: &random)! * 1000
        let from = Int64.random(in: 946_684_800_000...1_900_000_000_000, using: &random)
        let length = Int64.random(in: 1...min(step * 300, 400 * 24 * hour), using: &random)
        let edges = try edges(
            Timestamp(milliseconds: from), Timestamp(milliseconds: from + length), step: step,
            in: zones.randomElement(using: &random)!)
        #expect(edges.count >= 2)
        #expect(edges[0] <= from && from < edges[1])
        #expect(edges[edges.count - 2] < from + length && from + length <= edges.last!)
        for (low, high) in zip(edges, edges.dropFirst()) {
            #expect(low < high)
            #expect(high - low <= step + 24 * hour)
        }
    }

    @Test(arguments: ["Europe/Lodnon", "", "London", "../etc/passwd", "Europe/", "GMT+1"])
    func `need a zone that exists`(name: String) {
        #expect(ZoneClock(name: name) == nil)
    }
}

@Suite struct `A bucket's width` {
    @Test(
        arguments: [
            (1, 1), (3, 5), (61, 120), (86_400, 86_400), (16, 30), (1801, 3600), (3601, 7200),
        ] as [(Int64, Int64)])
    func `is snapped up`(wanted: Int64, expected: Int64) {
        #expect(BucketWidth.atLeast(seconds: wanted) == expected)
    }

    @Test(
        arguments: [
            (86_400_000, 1500, 60), (3_600_000, 1500, 5), (1, 1500, 1), (86_400_000, 1, 86_400),
            (365 * 86_400_000, 1500, 21_600), (365 * 86_400_000, 10, 86_400), (1_500_001, 1500, 2),
        ] as [(Int64, Int64, Int64)])
    func `cuts a range into at most so many points`(length: Int64, points: Int64, expected: Int64) {
        #expect(BucketWidth.cutting(milliseconds: length, into: points) == expected)
    }
}
