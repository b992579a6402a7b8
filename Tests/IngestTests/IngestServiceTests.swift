//  IngestServiceTests.swift · IngestTests
//
//  The shells, against a fake upstream on loopback.

import Logging
import Monitoring
import NIOCore
import ServiceLifecycle
import Support
import Testing

@testable import Ingest

/// A service under test, with its upstream and its sink.
struct Bench: Sendable {
    let upstream: FakeUpstream
    let sink: RecordingSink
    let service: IngestService

    /// Of requests, on a clock that only a test moves. The sockets' own bounds are as long, in real
    /// time: no test comes near them, on whatever machine.
    static let requestTimeout: Duration = .seconds(600)

    var taken: Recorder<RecordingSink.Taken> { sink.taken }
    var seen: Recorder<FakeUpstream.State> { upstream.state }

    /// Runs a service for the time of `body`.
    static func run(
        _ upstream: FakeUpstream, directory: MemoryDirectory = MemoryDirectory(),
        newest: [Frame] = [], clock: ManualClock = ManualClock(),
        timer: any Clock<Duration> = ContinuousClock(), deadlines: ManualClock = ManualClock(),
        _ configure: (inout IngestService.Configuration) -> Void = { _ in },
        body: (Bench) async throws -> Void
    ) async throws {
        try await upstream.start()
        var configuration = IngestService.Configuration(upstreams: [upstream.upstream], seed: 1)
        configuration.pollInterval = .milliseconds(20)
        configuration.requestTimeout = requestTimeout
        configuration.discoveryInterval = .seconds(3600)
        configure(&configuration)
        let sink = RecordingSink()
        let service = try IngestService(
            configuration: configuration, directory: directory, newest: newest, sink: sink,
            clock: clock, timer: timer, deadlines: deadlines,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup { group in
            group.addTask { try await service.run() }
            try await body(Bench(upstream: upstream, sink: sink, service: service))
            group.cancelAll()
            try await group.waitForAll()
        }
        try await upstream.stop()
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Ingest of an upstream` {
    private let names = ["a", "b"]
    private let a = UnitID("a")!

    @Test func `discovers units and hands on each reading once`() async throws {
        let upstream = FakeUpstream(units: names)
        upstream.setRow("a", second: 1, lp: "51.0")
        upstream.setRow("b", second: 1, lp: "61.0")
        try await Bench.run(upstream) { bench in
            await bench.taken.wait { $0.frames().count == 2 }
            await bench.seen.wait { $0.requestCount("GET /api/nl43/a/status") >= 5 }
            upstream.setRow("a", second: 2, lp: "51.0")
            await bench.taken.wait { $0.frames(of: "a").count == 2 }
            await bench.seen.wait { $0.requestCount("GET /api/nl43/a/status") >= 10 }
            let frames = bench.taken.value.frames()
            #expect(frames.count == 3)
            #expect(frames.allSatisfy { $0.state == .measuring && $0.measurementStart != nil })
            #expect(bench.service.counts.frames == 3)
            #expect(bench.service.counts.repeated >= 7)
            let status = try #require(bench.service.upstreams().first)
            #expect(status.state == .ok)
            #expect(status.units == 2)
        }
    }

    @Test func `asks one thing at a time, and reads only`() async throws {
        let upstream = FakeUpstream(units: (0..<12).map { "n\($0)" })
        upstream.state.change {
            $0.delay = .milliseconds(3)
            $0.running = []
        }
        try await Bench.run(upstream) { bench in
            await bench.seen.wait { $0.requests.count >= 80 }
            #expect(bench.seen.value.pendingCountMax == 1)
            let allowed = ["roster", "_monitor/status", "/status", "/monitor/start"]
            for request in bench.seen.value.requests {
                #expect(allowed.contains { request.hasSuffix($0) }, Comment(rawValue: request))
                #expect(request.hasPrefix("GET") || request.hasSuffix("/monitor/start"))
            }
        }
    }

    @Test func `starts feeds where none runs, once, while fewer than 13 run there`() async throws {
        let upstream = FakeUpstream(units: (0..<10).map { "n\($0)" })
        upstream.state.change { state in
            state.running = Set((0..<4).map { "stranger\($0)" }).union(["n0", "n1", "n2"])
        }
        try await Bench.run(upstream, { $0.discoveryInterval = .milliseconds(50) }) { bench in
            await bench.seen.wait { $0.requestCount("GET /api/nl43/roster") >= 3 }
            let posts = bench.seen.value.requests.filter { $0.hasPrefix("POST") }
            #expect(posts == (3..<9).map { "POST /api/nl43/n\($0)/monitor/start" })
            #expect(bench.seen.value.running.count == 13)
            // The one that was left lives on the slow background poll.
            await bench.taken.wait { $0.reports(of: "n9").last == "30000 waiting" }
            // What somebody stops is not started again.
            let rosterCount = bench.seen.value.requestCount("GET /api/nl43/roster")
            upstream.state.change { $0.stopped = [$0.running.remove("n5")!] }
            await bench.seen.wait {
                $0.requestCount("GET /api/nl43/roster") >= rosterCount + 3
            }
            #expect(bench.seen.value.requestCount("POST /api/nl43/n5/monitor/start") == 1)
        }
    }

    @Test func `tells what is wrong with a unit`() async throws {
        let upstream = FakeUpstream(units: ["new", "odd", "far"])
        upstream.state.change {
            $0.rows["odd"] = #"{"data":{"lp":"50.0"}}"#
            $0.unreachable = ["far"]
        }
        upstream.setRow("far", second: 0, lp: "50.0")
        try await Bench.run(upstream, { $0.discoveryInterval = .milliseconds(50) }) { bench in
            await bench.taken.wait { $0.reports(of: "new").last == "10000 waiting" }
            await bench.taken.wait { $0.reports(of: "odd").last == "10000 unusable" }
            await bench.taken.wait { $0.reports(of: "far").last == "10000 unreachable" }
            upstream.setRow("new", second: 1, lp: "50.0")
            upstream.setRow("odd", second: 1, lp: "50.0")
            await bench.taken.wait { $0.reports(of: "new").last == "10000 -" }
            await bench.taken.wait { $0.reports(of: "odd").last == "10000 -" }
            #expect(bench.service.upstreams().first?.state == .ok)
        }
    }

    @Test func `tells an outage of the upstream once to each unit, and its end`() async throws {
        let upstream = FakeUpstream(units: names)
        for name in names { upstream.setRow(name, second: 1, lp: "50.0") }
        try await Bench.run(upstream) { bench in
            await bench.taken.wait { $0.frames().count == 2 }
            try await upstream.stop()
            await bench.taken.wait { taken in
                ["a", "b"].allSatisfy { taken.reports(of: $0).last == "10000 upstream_down" }
            }
            #expect(bench.service.upstreams().first?.state == .down)
            upstream.setRow("a", second: 2, lp: "52.0")
            try await upstream.start()
            await bench.taken.wait { $0.frames(of: "a").count == 2 }
            await bench.taken.wait { taken in
                ["a", "b"].allSatisfy { taken.reports(of: $0).last == "10000 -" }
            }
            for name in names {
                #expect(
                    bench.taken.value.reports(of: name)
                        == ["10000 -", "10000 upstream_down", "10000 -"])
            }
        }
    }

    @Test func `takes a silent upstream for one event`() async throws {
        let upstream = FakeUpstream(units: names)
        for name in names { upstream.setRow(name, second: 1, lp: "50.0") }
        let deadlines = ManualClock()
        try await Bench.run(upstream, deadlines: deadlines) { bench in
            await bench.taken.wait { $0.frames().count == 2 }
            upstream.state.change { $0.manner = .silent }
            await bench.seen.wait { $0.heldCount == 1 }
            await deadlines.sleepers(1)
            deadlines.advance(by: Bench.requestTimeout)
            await bench.taken.wait { $0.reports(of: "b").last == "10000 upstream_down" }
            #expect(bench.service.upstreams().first?.state == .stalled)
            #expect(bench.taken.value.reports(of: "a").last == "10000 upstream_down")
            // What was asked stays without an answer: it is given up, and asked again.
            upstream.state.change { $0.manner = .answering }
            await deadlines.sleepers(1)
            deadlines.advance(by: Bench.requestTimeout * 11)
            await bench.taken.wait { $0.reports(of: "b").last == "10000 -" }
            #expect(bench.service.upstreams().first?.state == .ok)
            #expect(bench.seen.value.heldCount == 1)
        }
    }

    @Test(arguments: [
        (200, "<html>login</html>"), (502, "bad gateway"), (301, "{}"),
        (200, #""\#(String(repeating: "x", count: 300_000))""#),
    ])
    func `takes an upstream that only talks nonsense for one that is down`(
        status: Int, body: String
    ) async throws {
        let upstream = FakeUpstream()
        upstream.state.change { $0.manner = .saying(status: status, body: body) }
        let directory = MemoryDirectory(
            names.map { Unit(id: UnitID($0)!, upstream: "u", upstreamUnit: $0) })
        try await Bench.run(upstream, directory: directory) { bench in
            await bench.taken.wait { $0.reports(of: "a").last == "10000 upstream_down" }
            #expect(bench.service.upstreams().first?.state == .down)
            #expect(bench.seen.value.requests.allSatisfy { $0.hasPrefix("GET") })
        }
    }

    @Test func `lists the units it knew before while the upstream is down`() async throws {
        let upstream = FakeUpstream(units: names)
        try await upstream.start()
        try await upstream.stop()
        let directory = MemoryDirectory([
            Unit(id: a, upstream: "u", upstreamUnit: "a"),
            Unit(id: UnitID("x")!, upstream: "other", upstreamUnit: "x"),
        ])
        var configuration = IngestService.Configuration(upstreams: [upstream.upstream], seed: 1)
        configuration.pollInterval = .milliseconds(20)
        let sink = RecordingSink()
        let service = try IngestService(
            configuration: configuration, directory: directory, sink: sink, clock: ManualClock(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup { group in
            group.addTask { try await service.run() }
            await sink.taken.wait { $0.reports(of: "a").last == "10000 upstream_down" }
            #expect(service.upstreams().map(\.units) == [1])
            #expect(sink.taken.value.reports(of: "x") == [])
            upstream.setRow("b", second: 1, lp: "50.0")
            try await upstream.start()
            await sink.taken.wait { $0.frames(of: "b").count == 1 }
            #expect(service.upstreams().map(\.units) == [2])
            group.cancelAll()
            try await group.waitForAll()
        }
        try await upstream.stop()
    }

    @Test func `refuses a configuration that cannot work`() {
        func make(_ change: (inout IngestService.Configuration) -> Void) throws(IngestError) {
            var configuration = IngestService.Configuration(upstreams: [
                Upstream(id: "u", url: "http://127.0.0.1:1")
            ])
            change(&configuration)
            _ = try IngestService(
                configuration: configuration, directory: MemoryDirectory(),
                sink: RecordingSink(), clock: ManualClock(),
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        }
        #expect(throws: Never.self) { try make { $0.pollInterval = .milliseconds(20) } }
        #expect(throws: IngestError.intervalTooShort(.milliseconds(19))) {
            try make { $0.pollInterval = .milliseconds(19) }
        }
        #expect(throws: IngestError.repeatedUpstream("u")) {
            try make { $0.upstreams.append($0.upstreams[0]) }
        }
        #expect(throws: IngestError.invalidURL("slmm")) {
            try make { $0.upstreams.append(Upstream(id: "v", url: "slmm")) }
        }
    }
}
