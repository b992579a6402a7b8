//  LaneDrawingTests.swift · ServeTests

import Foundation
import Monitoring
import Support
import Testing

@testable import Serve

private let start = PlaceFixture.laneStart

private func lane(
    _ cells: [Int: Double?] = [:], above: [(Int64, Int64?)] = []
) -> LaneDrawing {
    var means = Array<Double?>(repeating: 50, count: Lane.count)
    for (index, mean) in cells { means[index] = mean }
    let spans = above.map { begin, end in
        (
            start: start.advanced(byMilliseconds: begin * 60_000),
            end: end.map { start.advanced(byMilliseconds: $0 * 60_000) }
        )
    }
    // 14 min 50 s before its end.
    return LaneDrawing(Lane(from: start, means: means, above: spans), now: PlaceFixture.now)
}

@Suite struct `A lane` {
    @Test func `of one level is one part, without the quarter that is not over`() {
        let drawing = lane([95: nil])
        #expect(drawing.parts == [.init(kind: "c2", start: 0, width: 9895)])
        #expect(drawing.missingMilliseconds == 0)
    }

    @Test func `has a gap where nothing was measured`() {
        let drawing = lane([10: nil, 11: nil])
        #expect(drawing.parts.map(\.kind) == ["c2", "gap", "c2"])
        #expect(drawing.parts[1] == .init(kind: "gap", start: 1041, width: 209))
        #expect(drawing.missingMilliseconds == 1_800_000)
    }

    @Test(arguments: [
        (20.0, 0), (44.99, 0), (45, 1), (49.99, 1), (50, 2), (69.99, 5), (70, 6), (120, 6),
    ])
    func `has classes of 5 dB`(mean: Double, level: Int) {
        #expect(LaneDrawing.level(mean) == level)
    }

    @Test(arguments: [
        ([(60, 90)], 30), ([(60, 90), (80, 100)], 40), ([(-30, 15)], 15), ([(60, 90), (60, 90)], 30),
        ([(1400, nil)], 25), ([], 0),
    ] as [([(Int64, Int64?)], Int64)])
    func `counts the time above a limit once`(spans: [(Int64, Int64?)], minutes: Int64) {
        #expect(lane(above: spans).aboveMilliseconds / 60_000 == minutes)
    }

    @Test func `shows the shortest breach, and none that was before`() {
        let drawing = lane(above: [(-60, -30), (720, 720), (720, 721)])
        #expect(drawing.breaches == [.init(kind: "above", start: 5000, width: 40)])
    }

    @Test func `has nights and hours on the clock of its place`() {
        let words = LocalWords(zone: "America/New_York", now: PlaceFixture.now)
        let drawing = lane()
        #expect(drawing.ticks(words).map(\.text) == ["Tue 24", "06:00", "12:00"])
        #expect(drawing.ticks(words).map(\.start) == [2500, 5000, 7500])
        // 18:00 local to the next 18:00: one night in it.
        #expect(drawing.nights(words) == [.init(kind: "night", start: 1667, width: 3750)])
    }

    @Test func `is drawn as a line that gaps break`() {
        let scale = LevelScale([50, 60])
        #expect(scale == LevelScale([48, 62.9]))
        #expect([scale.low, scale.high] == [45, 65])
        #expect(lane([1: nil, 2: 55]).spark(scale).hasPrefix("M0.5 30h0.1M2.5 20h0.1L3.5 30"))
        #expect(LevelScale([Double]()) == LevelScale([42, 77]))
    }
}

@Suite struct `A plan` {
    private func drawn(_ places: (Double, Double)...) -> SitePlan {
        SitePlan(
            places.enumerated().map {
                .init(id: "\($0)", name: "Place \($0)", latitude: $1.0, longitude: $1.1)
            })!
    }

    @Test func `has north above and east on the right`() {
        let plan = drawn((51.501, -0.02), (51.5, -0.018))
        #expect(plan.markers[0].y < plan.markers[1].y)
        #expect(plan.markers[0].x < plan.markers[1].x)
    }

    @Test func `puts one place in its middle`() {
        let plan = drawn((51.5, -0.02))
        #expect([plan.markers[0].x, plan.markers[0].y] == [230, 172.5])
        #expect(plan.barText == "50 m")
    }

    @Test func `has a scale of the ground, not of the projection`() {
        // 0.01° of longitude are 1113.2 m at the equator and half of it at 60° north.
        for (latitude, metres) in [(0.0, 1113.2), (60, 556.6)] {
            let plan = drawn((latitude, 10), (latitude, 10.01))
            let length = plan.markers[1].x - plan.markers[0].x
            #expect(abs(length / plan.barLength * plan.barMetres - metres) < 1)
        }
    }

    @Test(arguments: [
        (0.0001, "50 m"), (0.005, "100 m"), (0.007, "200 m"), (0.02, "500 m"), (5, "100 km"),
    ] as [(Double, String)])
    func `has a scale of 1, 2 or 5`(degrees: Double, text: String) {
        #expect(drawn((0, 0), (0, degrees)).barText == text)
    }

    @Test func `holds every place in its frame, however they lie`() {
        var random = SplitMix64(seed: 6)
        for _ in 0..<200 {
            let count = Int.random(in: 1...12, using: &random)
            let spread = pow(10.0, Double.random(in: -5...1, using: &random))
            let sites = (0..<count).map {
                SitePlan.Site(
                    id: "\($0)", name: String(repeating: "x", count: Int.random(in: 1...40, using: &random)),
                    latitude: Double.random(in: -80...80, using: &random) * spread / 10,
                    longitude: Double.random(in: -170...170, using: &random) * spread / 10)
            }
            let plan = SitePlan(sites)!
            #expect(plan.markers.map(\.id) == sites.map(\.id))
            for marker in plan.markers {
                #expect((57.9...402.1).contains(marker.x) && (57.9...287.1).contains(marker.y))
                if let label = marker.label { #expect(label.text.count <= 24) }
            }
            #expect((40...116).contains(plan.barLength))
        }
    }

    @Test func `leaves out a name that would cover another`() {
        let plan = drawn((51.5, -0.02), (51.5, -0.02), (51.5, -0.02), (51.5, -0.02), (51.5, -0.02))
        #expect(plan.markers.compactMap(\.label).count == 4)
        #expect(Set(plan.markers.compactMap(\.label).map { "\($0.x) \($0.y)" }).count == 4)
    }

    @Test func `needs a place`() { #expect(SitePlan([]) == nil) }
}
