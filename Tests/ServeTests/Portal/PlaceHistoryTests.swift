//  PlaceHistoryTests.swift · ServeTests
//
//  The history of a place over the stays of units there. Letters are frames of a unit by their level.

import Monitoring
import Support
import Testing

@testable import Serve

@Suite struct `The history of a place` {
    private static let begin: Timestamp = "2026-11-23T12:00:00Z"

    private static func minute(_ number: Int64) -> Timestamp {
        begin.advanced(byMilliseconds: number * 60_000)
    }

    /// A frame each second of `minutes`, of a measurement that began at `start`.
    private static func frames(
        _ unit: UnitID, _ minutes: Range<Int64>, lp: Int16, start: Int64
    ) -> [Frame] {
        (minutes.lowerBound * 60..<minutes.upperBound * 60).map { second in
            .sample(
                unit, at: begin.advanced(byMilliseconds: second * 1000), lp: lp, start: minute(start))
        }
    }

    /// Unit a stands here in minutes 10 to 20, unit b from 25 on.
    private static let place: Place = {
        var sites = Sites()
        sites.assignments = [
            Assignment(location: "gate", unit: "a", from: minute(10), to: minute(20)),
            Assignment(location: "gate", unit: "b", from: minute(25)),
        ]
        return Place(
            OwnedLocation(
                location: Location(id: "gate", project: "p", name: "Gate"),
                project: Project(id: "p", name: "P", client: "c", timeZone: "UTC")),
            in: sites, units: [], at: minute(30))
    }()

    private static func buckets(_ frames: [Frame], step: Int = 15) async throws -> LevelBuckets {
        let edges = stride(from: 0, through: 30, by: step).map { minute(Int64($0)).milliseconds }
        return try await PlaceHistory(MemoryHistory(frames)).buckets(
            at: place,
            .init(
                range: TimeRange(start: minute(0), end: minute(30))!, edges: edges,
                metrics: [.lp, .leq])
        ).buckets
    }

    @Test func `is cut where a stay begins or ends`() async throws {
        let all = Self.frames("a", 0..<30, lp: 500, start: 10) + Self.frames("b", 0..<30, lp: 600, start: 25)
        let found = try await Self.buckets(all)
        #expect(found.edges == [0, 10, 15, 20, 25, 30].map { Self.minute($0).milliseconds })
        #expect(found.maxima[Metric.lp.rawValue] == [Levels.none, 500, 500, Levels.none, 600])
        // A newest frame has no dwell yet.
        let covered = found.coveredTicks.map { ($0 * Dwell.tickMilliseconds + 1000) / 60_000 }
        #expect(covered == [0, 5, 5, 0, 5])
    }

    @Test func `has cumulative values of measurements that began in the stay`() async throws {
        let all = Self.frames("a", 0..<15, lp: 500, start: 0) + Self.frames("a", 15..<20, lp: 510, start: 15)
            + Self.frames("b", 20..<30, lp: 600, start: 20)
        let found = try await Self.buckets(all, step: 5)
        let none = Levels.none
        #expect(found.lasts[Metric.leq.rawValue] == [none, none, none, 500, none, none])
        #expect(found.maxima[Metric.lp.rawValue] == [none, none, 500, 510, none, 600])
    }
}
