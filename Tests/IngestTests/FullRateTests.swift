//  FullRateTests.swift · IngestTests
//
//  The sockets, against a fake upstream on loopback.

import JSON
import Logging
import Monitoring
import ServiceLifecycle
import Support
import Testing

@testable import Ingest

@Suite(.timeLimit(.minutes(10))) struct `Full rate` {
    private let a = UnitID("a")!

    @Test func `is one socket however many look, and spares the polls`() async throws {
        let clock = ManualClock()
        let upstream = FakeUpstream(units: ["a", "b"])
        try await Bench.run(upstream, timer: clock, { $0.pollInterval = .seconds(1) }) { bench in
            for _ in 0..<3 { bench.service.demand.begin(a) }
            await bench.seen.wait { $0.sockets["a"]?.count == 1 }
            upstream.push(
                [FakeUpstream.frame(1, "51.0"), FakeUpstream.frame(2, "52.0")], to: "a")
            await bench.taken.wait { $0.frames(of: "a").count == 2 }
            #expect(bench.taken.value.reports(of: "a").last == "1000 -")
            await clock.sleepers(2)
            let polled = bench.seen.value.requestCount("GET /api/nl43/a/status")
            let other = bench.seen.value.requestCount("GET /api/nl43/b/status")
            for second in 1...10 {
                clock.advance(by: .seconds(1))
                await bench.seen.wait {
                    $0.requestCount("GET /api/nl43/b/status") >= other + second
                }
                await clock.sleepers(2)
            }
            #expect(bench.seen.value.requestCount("GET /api/nl43/a/status") == polled)
            #expect(bench.seen.value.openings == ["a": 1])
        }
    }

    @Test func `ends 30 s after the last viewer left`() async throws {
        let clock = ManualClock()
        let upstream = FakeUpstream(units: ["a"])
        try await Bench.run(upstream, timer: clock, { $0.pollInterval = .seconds(1) }) { bench in
            await bench.taken.wait { $0.reports(of: "a").last == "10000 waiting" }
            bench.service.demand.begin(a)
            bench.service.demand.begin(a)
            await bench.seen.wait { $0.socketCount == 1 }
            bench.service.demand.end(a)
            // The service sleeps until it asks the directory, the reader until its next poll.
            await clock.sleepers(2)
            clock.advance(by: .seconds(60))
            await clock.sleepers(2)
            bench.service.demand.end(a)
            clock.advance(by: .seconds(29))
            await clock.sleepers(2)
            #expect(bench.seen.value.socketCount == 1)
            clock.advance(by: .seconds(1))
            await bench.seen.wait { $0.socketCount == 0 }
            await bench.taken.wait { $0.reports(of: "a").last == "10000 waiting" }
            #expect(bench.seen.value.openings == ["a": 1])
        }
    }

    @Test func `is given at once to units that are configured for it`() async throws {
        let upstream = FakeUpstream(units: ["a", "b"])
        try await Bench.run(upstream, directory: MemoryDirectory(rate: .full)) { bench in
            await bench.seen.wait { $0.sockets["a"]?.count == 1 && $0.sockets["b"]?.count == 1 }
        }
    }

    @Test func `never opens more than 13 sockets, and serves the newest viewers`() async throws {
        let names = (10..<26).map { "n\($0)" }
        let upstream = FakeUpstream(units: names)
        upstream.state.change { $0.running = Set(names.prefix(13)) }
        upstream.state.change { $0.running.formUnion(names) }
        try await Bench.run(upstream) { bench in
            await bench.seen.wait { $0.requestCount("GET /api/nl43/n25/status") >= 1 }
            for name in names.prefix(13) { bench.service.demand.begin(UnitID(name)!) }
            await bench.seen.wait { $0.socketCount == 13 }
            for name in names.suffix(3) { bench.service.demand.begin(UnitID(name)!) }
            await bench.seen.wait { state in
                names.suffix(13).allSatisfy { state.sockets[$0]?.count == 1 }
            }
            #expect(bench.seen.value.socketCountMax == 13)
            await bench.taken.wait { $0.reports(of: "n10").last?.hasPrefix("10000") == true }
        }
    }

    @Test func `hands on a reading once, whichever source tells it first`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        upstream.setRow("a", second: 1, lp: "51.0")
        try await Bench.run(upstream) { bench in
            await bench.taken.wait { $0.frames().count == 1 }
            bench.service.demand.begin(a)
            await bench.seen.wait { $0.socketCount == 1 }
            upstream.push(
                [
                    FakeUpstream.frame(1, "51.0", milliseconds: 5),
                    FakeUpstream.frame(2, "52.0", milliseconds: 5),
                ], to: "a")
            await bench.taken.wait { $0.frames().count == 2 }
            // The socket ends; the cache tells the same, then something new.
            upstream.state.change { $0.manner = .answering }
            upstream.setRow("a", second: 2, lp: "52.0")
            let polled = bench.seen.value.requestCount("GET /api/nl43/a/status")
            upstream.closeSockets(of: "a")
            await bench.seen.wait { $0.requestCount("GET /api/nl43/a/status") >= polled + 3 }
            upstream.setRow("a", second: 3, lp: "53.0")
            await bench.taken.wait { $0.frames().count == 3 }
            let levels = bench.taken.value.frames().map { $0.levels[.lp]?.decibels }
            #expect(levels == [51, 52, 53])
        }
    }

    @Test func `takes the frame that is replayed to a new subscriber`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        upstream.state.change { $0.replays["a"] = FakeUpstream.frame(1, "51.0") }
        try await Bench.run(upstream, directory: MemoryDirectory(rate: .full)) { bench in
            for count in 1...4 {
                await bench.taken.wait { $0.frames().count == count }
                upstream.state.change {
                    $0.replays["a"] = FakeUpstream.frame(1 + count, "51.0")
                }
                upstream.closeSockets(of: "a")
            }
        }
    }

    @Test func `comes back after the socket was cut`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        try await Bench.run(upstream) { bench in
            await bench.taken.wait { !$0.reports(of: "a").isEmpty }
            bench.service.demand.begin(a)
            await bench.seen.wait { $0.socketCount == 1 }
            upstream.push([FakeUpstream.frame(1, "51.0")], to: "a")
            await bench.taken.wait { $0.frames().count == 1 }
            upstream.closeSockets(of: "a")
            await bench.seen.wait { $0.openings["a"] == 2 && $0.socketCount == 1 }
            // The upstream replays its last frame to a new subscriber.
            upstream.push(
                [FakeUpstream.frame(1, "51.0"), FakeUpstream.frame(2, "52.0")], to: "a")
            await bench.taken.wait { $0.frames().count == 2 }
            #expect(
                bench.taken.value.frames().map(\.time.milliseconds).map { $0 % 60_000 }
                    == [1000, 2000])
        }
    }

    @Test func `tells when the upstream loses the meter, and is not fooled by heartbeats`()
        async throws
    {
        let upstream = FakeUpstream(units: ["a"])
        upstream.setRow("a", second: 1, lp: "51.0")
        let beat = #"{"timestamp":"2026-11-23T00:00:09","feed_status":"STATUS","heartbeat":true}"#
        try await Bench.run(upstream) { bench in
            await bench.taken.wait { $0.frames().count == 1 }
            bench.service.demand.begin(a)
            await bench.seen.wait { $0.socketCount == 1 }
            upstream.push(
                [
                    FakeUpstream.frame(2, "52.0"),
                    beat.replacing("STATUS", with: "ok"),
                    #"{"timestamp":"2026-11-23T00:00:08","feed_status":"unreachable"}"#,
                    beat.replacing("STATUS", with: "unreachable"),
                ], to: "a")
            await bench.taken.wait { $0.reports(of: "a").last == "10000 unreachable" }
            upstream.push(["not json", FakeUpstream.frame(3, "53.0")], to: "a")
            await bench.taken.wait { $0.frames().count == 3 }
            #expect(
                bench.taken.value.reports(of: "a").suffix(3) == [
                    "10000 unreachable", "10000 unusable", "1000 -",
                ])
        }
    }

    /// As fast as loopback gives them, with a pipeline that stands still for a while.
    @Test func `hands on every frame in order while the pipeline is behind`() async throws {
        let count = 20_000
        let upstream = FakeUpstream(units: ["a", "b"])
        upstream.setRow("b", second: 1, lp: "50.0")
        try await Bench.run(upstream) { bench in
            await bench.taken.wait { $0.frames(of: "b").count == 1 }
            bench.service.demand.begin(a)
            await bench.seen.wait { $0.socketCount == 1 }
            bench.sink.hold()
            let attemptCount = bench.taken.value.attemptCount
            let texts = (0..<count).map { FakeUpstream.frame($0, "5\($0 % 10).\($0 % 7)") }
            upstream.push(texts, to: "a")
            await bench.taken.wait { $0.attemptCount > attemptCount }
            let polled = bench.seen.value.requestCount("GET /api/nl43/b/status")
            await bench.seen.wait { $0.requestCount("GET /api/nl43/b/status") >= polled + 25 }
            // One batch was decoded and waits; no more is taken up meanwhile.
            #expect(bench.taken.value.attemptCount == attemptCount + 1)
            #expect((1...4000).contains(bench.service.counts.frames - 1))
            #expect(bench.taken.value.frames(of: "a").isEmpty)
            bench.sink.release()
            await bench.taken.wait { $0.observations.count >= count }
            await bench.taken.wait { $0.frames(of: "a").count >= count }
            let times = bench.taken.value.frames(of: "a").map(\.time)
            #expect(times.count == count)
            #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
            #expect(bench.taken.value.batchCount < count / 4)
        }
    }

    @Test func `drops a socket whose messages are beyond the bound`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        try await Bench.run(upstream) { bench in
            await bench.taken.wait { !$0.reports(of: "a").isEmpty }
            bench.service.demand.begin(a)
            await bench.seen.wait { $0.socketCount == 1 }
            upstream.push([FakeUpstream.frame(1, "51.0")], to: "a")
            upstream.push([String(repeating: " ", count: JSONValue.sizeLimitBytes + 1)], to: "a")
            await bench.seen.wait { $0.openings["a"] == 2 }
            await bench.taken.wait { $0.frames().count == 1 }
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `A graceful stop of ingest` {
    enum Trouble: CaseIterable { case none, silentUpstream, blockedPipeline }

    /// Nothing that it could wait for ever comes: neither an answer, nor its deadline, nor a turn
    /// of the schedule, nor the pipeline.
    @Test(arguments: Trouble.allCases)
    func `waits for nobody, whatever the troubles`(trouble: Trouble) async throws {
        let upstream = FakeUpstream(units: ["a", "b"])
        try await upstream.start()
        let sink = RecordingSink()
        var configuration = IngestService.Configuration(upstreams: [upstream.upstream], seed: 1)
        configuration.requestTimeout = Bench.requestTimeout
        let timer = ManualClock()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let service = try IngestService(
            configuration: configuration, directory: MemoryDirectory(rate: .full), sink: sink,
            clock: ManualClock(), timer: timer, deadlines: ManualClock(), logger: logger)
        let group = ServiceGroup(services: [service], logger: logger)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            await upstream.state.wait { $0.socketCount == 2 }
            await timer.sleepers(2)
            switch trouble {
            case .none: break
            case .silentUpstream:
                upstream.state.change { $0.manner = .silent }
                timer.advance(by: .seconds(1))
                await upstream.state.wait { $0.heldCount == 1 }
            case .blockedPipeline:
                sink.hold()
                let attemptCount = sink.taken.value.attemptCount
                upstream.push([FakeUpstream.frame(1, "51.0")], to: "a")
                upstream.setRow("b", second: 1, lp: "50.0")
                timer.advance(by: .seconds(1))
                await sink.taken.wait { $0.attemptCount >= attemptCount + 2 }
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        sink.release()
        await upstream.state.wait { $0.socketCount == 0 && $0.connections.isEmpty }
        let asked = upstream.state.value.requests.count
        try await upstream.stop()
        #expect(upstream.state.value.requests.count == asked)
    }
}
