//  TrailServiceTests.swift · IngestTests
//
//  Holes and trails through the whole service: what is asked, when, and what comes of it.

import AsyncHTTPClient
import Foundation
import Logging
import Monitoring
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Simulator
import Support
import Testing

@testable import Ingest

@Suite(.timeLimit(.minutes(10))) struct `Holes of an outage` {
    private static let start = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!
    private let hour1 = "GET /api/nl43/a/history?hours=1"

    /// Lets `clock` run second by second; all that is asked for in each is answered before the next.
    private func pass(_ seconds: Int, on clock: ManualClock) async {
        for _ in 0..<seconds {
            await clock.sleepers(2)
            clock.advance(by: .seconds(1))
        }
        await clock.sleepers(2)
    }

    private func pass(minutes: Int, on clock: ManualClock) async {
        await clock.sleepers(2)
        clock.advance(by: .seconds(minutes * 60))
        await pass(2, on: clock)
    }

    /// Seconds of the frames that came of the trail.
    private func filled(_ bench: Bench, of unit: String = "a") -> [Int64] {
        bench.taken.value.frames(of: unit).filter(\.isOfTrail)
            .map { $0.time.milliseconds(since: Self.start) / 1000 }
    }

    @Test func `are filled from the trail once, also a second one and one over a restart`()
        async throws
    {
        let upstream = FakeUpstream(units: ["a"])
        let directory = MemoryDirectory([Unit(id: UnitID("a")!, upstream: "u", upstreamUnit: "a")])
        upstream.setTrail("a", seconds: Array(stride(from: 5, to: 4000, by: 65)))
        upstream.setRow("a", second: 0, lp: "50.0")
        let clock = ManualClock()
        func run(
            after newest: [Frame] = [], _ body: (Bench) async throws -> Void
        ) async throws {
            try await Bench.run(
                upstream, directory: directory, newest: newest, timer: clock,
                { $0.pollInterval = .seconds(1) }, body: body)
        }
        var newest: Frame?
        try await run { bench in
            await pass(3, on: clock)
            #expect(bench.taken.value.frames().count == 1)
            upstream.setRow("a", second: 600, lp: "52.0")
            await pass(10, on: clock)
            // 5 s is too close to the reading of 0 s, and 590 s to that of 600 s.
            #expect(filled(bench) == [70, 135, 200, 265, 330, 395, 460, 525])
            #expect(bench.seen.value.requestCount(hour1) == 1)
            for frame in bench.taken.value.frames().filter(\.isOfTrail) {
                #expect(row(frame.levels) == "- 50.0 70.0 - - 60.0 -")
                #expect(frame.state == FrameState.measuring.from(.trail))
                #expect(frame.measurementStart == nil)
            }
            // Within ten minutes of the first: it waits.
            upstream.setRow("a", second: 900, lp: "53.0")
            await pass(60, on: clock)
            #expect(bench.seen.value.requestCount(hour1) == 1)
            await pass(minutes: 10, on: clock)
            #expect(filled(bench).suffix(4) == [655, 720, 785, 850])
            #expect(bench.seen.value.requestCount(hour1) == 2)
            await pass(minutes: 60, on: clock)
            #expect(filled(bench).count == 12)
            #expect(bench.seen.value.requestCount(hour1) == 2)
            newest = bench.taken.value.frames().last { !$0.isOfTrail }
        }
        // We were not there from 900 to 1500 s.
        upstream.setRow("a", second: 1500, lp: "54.0")
        try await run(after: [newest!]) { bench in
            await pass(10, on: clock)
            #expect(filled(bench).first == 915 && filled(bench).last == 1435)
            #expect(filled(bench).count == 9)
            #expect(bench.seen.value.requestCount(hour1) == 3)
            #expect(bench.service.faults(of: UnitID("a")!) == [.missingLevel: 1])
        }
        #expect(upstream.state.value.pendingCountMax == 1)
    }

    // What the upstream answers to `/history`, and what is counted of it.
    @Test(arguments: [
        ("404 of an old upstream", nil, FaultReason.undecodable),
        ("nonsense", "<html>login</html>", .undecodable),
        ("another shape", #"{"detail":[{"type":"float_parsing"}]}"#, .undecodable),
        ("beyond its bound", #"{"readings":["\#(String(repeating: "x", count: 300_000))"]}"#, .undecodable),
    ] as [(String, String?, FaultReason)])
    func `stay holes where the trail is of no use, and it is asked for again in an hour`(
        what: String, body: String?, fault: FaultReason
    ) async throws {
        let upstream = FakeUpstream(units: ["a"])
        upstream.state.change { $0.trails["a"] = body }
        upstream.setRow("a", second: 0, lp: "50.0")
        let clock = ManualClock()
        try await Bench.run(upstream, timer: clock, { $0.pollInterval = .seconds(1) }) { bench in
            await pass(3, on: clock)
            upstream.setRow("a", second: 600, lp: "52.0")
            await pass(10, on: clock)
            #expect(bench.seen.value.requestCount(hour1) == 1)
            await pass(minutes: 50, on: clock)
            #expect(bench.seen.value.requestCount(hour1) == 1)
            #expect(bench.service.faults(of: UnitID("a")!)[fault] == 1)
            // The unit is read all the same.
            #expect(bench.service.upstreams().first?.state == .ok)
            #expect(bench.taken.value.reports(of: "a") == ["10000 -"])
            upstream.setTrail("a", seconds: [300])
            await pass(minutes: 11, on: clock)
            #expect(filled(bench) == [300])
            #expect(bench.seen.value.requests.count { $0.contains("history") } == 2)
        }
    }

    @Test func `stay holes where the trail hangs, and polls go on as if it had not`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        upstream.state.change { $0.isTrailSilent = true }
        upstream.setRow("a", second: 0, lp: "50.0")
        let (clock, deadlines) = (ManualClock(), ManualClock())
        try await Bench.run(
            upstream, timer: clock, deadlines: deadlines, { $0.pollInterval = .seconds(1) }
        ) { bench in
            await bench.taken.wait { $0.frames().count == 1 }
            upstream.setRow("a", second: 600, lp: "52.0")
            clock.advance(by: .seconds(1))
            await bench.taken.wait { $0.frames().count == 2 }
            await clock.sleepers(2)
            clock.advance(by: .seconds(1))
            await bench.seen.wait { $0.heldCount == 1 }
            await deadlines.sleepers(1)
            deadlines.advance(by: Bench.requestTimeout)
            upstream.setRow("a", second: 601, lp: "53.0")
            await clock.sleepers(2)
            clock.advance(by: .seconds(1))
            await bench.taken.wait { $0.frames().count == 3 }
            #expect(bench.service.upstreams().first?.state == .ok)
            #expect(bench.taken.value.reports(of: "a") == ["10000 -"])
            #expect(bench.service.faults(of: UnitID("a")!)[.timedOut] == 1)
        }
    }

    @Test func `stay holes where the trail has one too: nobody asks again`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        upstream.setTrail("a", seconds: [0, 600])
        upstream.setRow("a", second: 0, lp: "50.0")
        let clock = ManualClock()
        try await Bench.run(upstream, timer: clock, { $0.pollInterval = .seconds(1) }) { bench in
            await pass(3, on: clock)
            upstream.setRow("a", second: 600, lp: "52.0")
            await pass(10, on: clock)
            await pass(minutes: 90, on: clock)
            #expect(filled(bench) == [])
            #expect(bench.seen.value.requests.count { $0.contains("history") } == 1)
        }
    }

    @Test func `of many units are filled one at a time, one a second`() async throws {
        let names = (1...5).map { "n\($0)" }
        let upstream = FakeUpstream(units: names)
        for name in names {
            upstream.setTrail(name, seconds: [300])
            upstream.setRow(name, second: 0, lp: "50.0")
        }
        let clock = ManualClock()
        try await Bench.run(upstream, timer: clock, { $0.pollInterval = .seconds(1) }) { bench in
            await pass(3, on: clock)
            for name in names { upstream.setRow(name, second: 600, lp: "52.0") }
            for count in 1...5 {
                let before = bench.seen.value.requests.count { $0.contains("history") }
                await pass(1, on: clock)
                let asked = bench.seen.value.requests.count { $0.contains("history") }
                #expect(asked - before <= 1, "second \(count)")
            }
            await pass(5, on: clock)
            for name in names { #expect(filled(bench, of: name) == [300]) }
            #expect(bench.seen.value.pendingCountMax == 1)
        }
    }

    /// The longest time between two readings, and the frames of the trail in it.
    private static func longestHole(
        _ frames: [Frame]
    ) -> (before: Timestamp, after: Timestamp, trail: [Frame])? {
        let readings = frames.filter { !$0.isOfTrail }.map(\.time).sorted()
        let hole = zip(readings, readings.dropFirst())
            .max { $0.1.milliseconds(since: $0.0) < $1.1.milliseconds(since: $1.0) }
        guard let hole else { return nil }
        return (
            hole.0, hole.1,
            frames.filter { $0.isOfTrail && $0.time > hole.0 && $0.time < hole.1 }
        )
    }

    /// From now on nothing that the simulated upstream says arrives whole, for so long of its time.
    private static func cut(_ upstream: String, seconds: Int) async throws {
        var request = HTTPClientRequest(url: "\(upstream)/_simulator/faults")
        request.method = .POST
        request.body = .bytes(
            ByteBuffer(string: #"{"kind":"cut","target":"upstream","seconds":\#(seconds)}"#))
        let answer = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
        #expect(answer.status == .ok)
    }

    /// The simulator's upstream goes on reading its meters while nothing it says arrives whole. Ingest
    /// lives as fast as it, so that a hole that a busy machine makes costs no ten minutes of ours.
    @Test func `are filled by the simulator's trail`() async throws {
        var configuration = SimulatorConfiguration(units: 1)
        configuration.port = 0
        configuration.speed = 100
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let port = Recorder<Int?>(nil)
        let simulator = SimulatorService(
            configuration: configuration, clock: RealClock(), logger: logger,
            onReady: { number in port.change { $0 = number } })
        let sink = RecordingSink()
        try await withThrowingTaskGroup { group in
            group.addTask { try await simulator.run() }
            await port.wait { $0 != nil }
            var ingest = IngestService.Configuration(
                upstreams: [Upstream(id: "s", url: "http://127.0.0.1:\(port.value!)")], seed: 1)
            ingest.pollInterval = .seconds(2)
            ingest.requestTimeout = .seconds(100 * 60)
            let service = try IngestService(
                configuration: ingest, directory: MemoryDirectory(rate: .auto), sink: sink,
                clock: RealClock(),
                timer: FastClock(times: 100), logger: logger)
            group.addTask { try await service.run() }
            await sink.taken.wait { !$0.frames().isEmpty }
            try await Self.cut("http://127.0.0.1:\(port.value!)", seconds: 600)
            await sink.taken.wait { taken in
                guard taken.frames().contains(where: \.isOfTrail) else { return false }
                return Self.longestHole(taken.frames())?.trail.isEmpty == false
            }
            group.cancelAll()
            try? await group.waitForAll()
        }
        let (before, after, trail) = try #require(Self.longestHole(sink.taken.value.frames()))
        // Ten minutes, and what passed until the upstream was asked again.
        let length = after.milliseconds(since: before)
        #expect(length > 540_000)
        #expect(trail.count >= Int(length / 70_000) - 2)
        for (point, next) in zip(trail, trail.dropFirst()) {
            #expect((60_000...75_000).contains(next.time.milliseconds(since: point.time)))
        }
        for point in trail {
            #expect(point.time.milliseconds(since: before) >= 15_000)
            #expect(after.milliseconds(since: point.time) >= 15_000)
            #expect(point.levels[.lp] == nil && point.levels[.leq] != nil)
        }
    }
}

private struct RealClock: WallClock {
    var now: Timestamp {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}

/// A clock of which many seconds pass in one.
private struct FastClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    let times: Int
    private let start = ContinuousClock.now

    init(times: Int) { self.times = times }

    var now: Instant { Instant(offset: (ContinuousClock.now - start) * times) }
    var minimumResolution: Duration { .milliseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await ContinuousClock().sleep(until: start + deadline.offset / times)
    }
}
