//  SeveralUpstreamsTests.swift · IngestTests
//
//  Upstreams and units that come, change and go while the service runs.

import Monitoring
import NIOCore
import Support
import Testing

@testable import Ingest

@Suite(.timeLimit(.minutes(10))) struct `Ingest of several upstreams` {
    private let a = UnitID("a")!
    private let b = UnitID("b")!

    private func unit(
        _ name: String, at upstream: String, _ rate: Unit.Rate = .auto, as other: String? = nil
    ) -> Unit {
        Unit(id: UnitID(name)!, upstream: upstream, upstreamUnit: other ?? name, rate: rate)
    }

    @Test func `begins with one that was provisioned, and ends with one that was removed`()
        async throws
    {
        let (first, second) = (FakeUpstream(units: ["a"]), FakeUpstream(units: ["b"]))
        first.setRow("a", second: 1, lp: "50.0")
        second.setRow("b", second: 1, lp: "60.0")
        try await second.start()
        let north = Upstream(id: "north", url: second.upstream.url)
        let directory = MemoryDirectory()
        try await Bench.run(first, directory: directory) { bench in
            await bench.taken.wait { $0.frames(of: "a").count == 1 }
            directory.provision([north], units: [unit("a", at: "u"), unit("b", at: "north", .full)])
            await bench.taken.wait { $0.frames(of: "b").count == 1 }
            await second.state.wait { $0.socketCount == 1 }
            #expect(bench.service.upstreams().map(\.id) == ["north", "u"])
            #expect(bench.service.report(of: b)?.rate.reason == .configuredFull)
            directory.provision([])
            await second.state.wait { $0.socketCount == 0 && $0.connections.isEmpty }
            await first.state.wait { [count = first.state.value.requests.count] in
                $0.requests.count > count + 5
            }
            #expect(bench.service.upstreams().map(\.id) == ["u"])
            #expect(bench.service.report(of: b) == nil)
            #expect(bench.service.report(of: a) != nil)
            // Back again: what was told before is not told again.
            directory.provision([north])
            await second.state.wait { $0.socketCount == 1 }
            second.setRow("b", second: 2, lp: "61.0")
            await bench.taken.wait { $0.frames(of: "b").count == 2 }
            #expect(bench.taken.value.frames(of: "b").map { $0.levels[.lp]?.decibels } == [60, 61])
        }
        try await second.stop()
    }

    @Test func `reads one that is given both ways once, under its provisioned id`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        try await upstream.start()
        try await upstream.stop()
        let directory = MemoryDirectory()
        directory.provision(
            [Upstream(id: "north", url: upstream.upstream.url + "/")],
            units: [unit("a", at: "north", .full)])
        try await Bench.run(upstream, directory: directory) { bench in
            await bench.seen.wait { $0.socketCount == 1 }
            await bench.seen.wait { $0.requests.count > 10 }
            #expect(bench.service.upstreams().map(\.id) == ["north"])
            #expect(bench.seen.value.openings == ["a": 1])
            #expect(bench.seen.value.requestCount("GET /api/nl43/roster") == 1)
        }
    }

    @Test func `follows changed rates and names`() async throws {
        let upstream = FakeUpstream(units: ["a", "b"])
        upstream.setRow("b", second: 1, lp: "60.0")
        let directory = MemoryDirectory()
        try await Bench.run(upstream, directory: directory) { bench in
            await bench.taken.wait { $0.frames(of: "b").count == 1 }
            try await directory.update(unit("a", at: "u", .full))
            await bench.seen.wait { $0.sockets["a"]?.count == 1 }
            #expect(bench.service.report(of: a)?.rate.isFull == true)
            try await directory.update(unit("a", at: "u", .idle))
            await bench.seen.wait { $0.socketCount == 0 }
            #expect(bench.service.report(of: a)?.rate.reason == .configuredIdle)
            // The unit b is another meter now.
            upstream.state.change { $0.units = ["a", "b", "c"] }
            upstream.setRow("c", second: 2, lp: "70.0")
            directory.provision([], units: [unit("a", at: "u"), unit("b", at: "u", as: "c")])
            await bench.taken.wait { $0.frames(of: "b").count == 2 }
            #expect(bench.taken.value.frames(of: "b").map { $0.levels[.lp]?.decibels } == [60, 70])
        }
    }

    @Test func `goes on while the directory cannot be read`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        upstream.setRow("a", second: 1, lp: "50.0")
        let directory = MemoryDirectory([unit("a", at: "u")])
        directory.setFailing(true)
        try await Bench.run(upstream, directory: directory) { bench in
            await bench.seen.wait { $0.requestCount("GET /api/nl43/roster") >= 1 }
            directory.setFailing(false)
            await bench.taken.wait { $0.frames(of: "a").count == 1 }
            directory.setFailing(true)
            upstream.setRow("a", second: 2, lp: "51.0")
            await bench.taken.wait { $0.frames(of: "a").count == 2 }
        }
    }

    @Test func `keeps an upstream's failure to itself`() async throws {
        let (first, second) = (FakeUpstream(units: ["a"]), FakeUpstream(units: ["b"]))
        first.setRow("a", second: 1, lp: "50.0")
        second.setRow("b", second: 1, lp: "60.0")
        try await second.start()
        let directory = MemoryDirectory()
        directory.provision([Upstream(id: "north", url: second.upstream.url)])
        try await Bench.run(first, directory: directory) { bench in
            await bench.taken.wait { $0.frames().count == 2 }
            try await second.stop()
            await bench.taken.wait { $0.reports(of: "b").last == "10000 upstream_down" }
            let north = try #require(bench.service.upstreams().first)
            #expect(north.state == .down)
            #expect(north.failureCount > 0)
            #expect(north.requestCount > north.failureCount)
            #expect(
                ["connection refused", "the connection was cut"].contains(north.failure ?? ""))
            #expect(bench.service.faults(of: b)[.refused, default: 0] > 0)
            first.setRow("a", second: 2, lp: "51.0")
            await bench.taken.wait { $0.frames(of: "a").count == 2 }
            #expect(bench.taken.value.reports(of: "a") == ["10000 -"])
            #expect(bench.service.faults(of: a) == [.missingLevel: 2])
        }
    }

    @Test func `tells one unit's time-outs from a stall`() async throws {
        let names = ["a", "b", "c"]
        let upstream = FakeUpstream(units: names)
        for name in names { upstream.setRow(name, second: 1, lp: "50.0") }
        let (clock, deadlines) = (ManualClock(), ManualClock())
        try await Bench.run(
            upstream, timer: clock, deadlines: deadlines, { $0.pollInterval = .seconds(1) }
        ) { bench in
            await bench.taken.wait { $0.frames().count == 3 }
            await clock.sleepers(2)
            upstream.state.change { $0.silentUnits = ["b"] }
            clock.advance(by: .seconds(1))
            await bench.seen.wait { $0.heldCount == 1 }
            await deadlines.sleepers(1)
            deadlines.advance(by: Bench.requestTimeout)
            await bench.taken.wait { $0.reports(of: "b").last == "10000 upstream_down" }
            #expect(bench.service.upstreams().first?.state == .stalled)
            await deadlines.sleepers(1)
            deadlines.advance(by: Bench.requestTimeout * 11)
            // After the back-off others are answered; now b is asked again, and not waited for.
            await clock.sleepers(2)
            clock.advance(by: .seconds(1))
            await bench.seen.wait { $0.heldCount == 2 }
            await deadlines.sleepers(1)
            deadlines.advance(by: Bench.requestTimeout)
            await bench.taken.wait { $0.reports(of: "b").last == "10000 unusable" }
            await clock.sleepers(2)
            let others = bench.seen.value.requestCount("GET /api/nl43/c/status")
            for second in 1...29 {
                clock.advance(by: .seconds(1))
                await bench.seen.wait {
                    $0.requestCount("GET /api/nl43/c/status") >= others + second
                }
                await clock.sleepers(2)
            }
            // It is left alone for 30 s, so that it holds up nobody.
            #expect(bench.seen.value.heldCount == 2)
            #expect(bench.service.upstreams().first?.state == .ok)
            #expect(!bench.taken.value.reports(of: "a").contains("10000 unusable"))
            #expect(bench.service.faults(of: b)[.timedOut, default: 0] == 2)
            clock.advance(by: .seconds(1))
            await bench.seen.wait { $0.heldCount == 3 }
        }
    }

    @Test func `starts feeds again that a restart of the upstream ended`() async throws {
        let upstream = FakeUpstream(units: ["a", "b"])
        upstream.state.change { $0.running = [] }
        try await Bench.run(upstream, { $0.discoveryInterval = .milliseconds(50) }) { bench in
            func posts(_ name: String) -> Int {
                bench.seen.value.requestCount("POST /api/nl43/\(name)/monitor/start")
            }
            await bench.seen.wait { $0.running == ["a", "b"] }
            // A restart that nobody noticed: the upstream has never heard of its feeds.
            upstream.state.change { $0.running = [] }
            await bench.seen.wait { $0.running == ["a", "b"] }
            #expect([posts("a"), posts("b")] == [2, 2])
            // A restart that was noticed, after which they are listed, and do not run.
            try await upstream.stop()
            upstream.state.change { ($0.running, $0.stopped) = ([], ["a", "b"]) }
            await bench.taken.wait { $0.reports(of: "a").last?.hasSuffix("upstream_down") == true }
            try await upstream.start()
            await bench.seen.wait { $0.running == ["a", "b"] }
            #expect([posts("a"), posts("b")] == [3, 3])
        }
    }

    @Test func `knows how far the upstream's clock is off`() async throws {
        let upstream = FakeUpstream(units: ["a"])
        let clock = ManualClock(start: Timestamp(rfc3339: "2026-11-24T02:55:34Z")!)
        upstream.state.change { $0.date = "Tue, 24 Nov 2026 02:57:04 GMT" }
        try await Bench.run(upstream, clock: clock) { bench in
            await bench.seen.wait { $0.requestCount("GET /api/nl43/a/status") >= 20 }
            #expect(bench.service.upstreams().first?.clockOffsetMilliseconds == 90_500)
        }
    }

    @Test func `carries on from what is stored`() async throws {
        let upstream = FakeUpstream(units: ["a", "b"])
        upstream.setRow("a", second: 10, lp: "50.0")
        upstream.setRow("b", second: 10, lp: "50.0")
        let told = Timestamp(rfc3339: "2026-11-23T00:00:10Z")!
        let newest = Frame(
            unit: a, time: told, levels: levels("50.0 50.0"), state: .measuring,
            measurementStart: told.advanced(byMilliseconds: -5000))
        try await Bench.run(upstream, newest: [newest]) { bench in
            await bench.taken.wait { $0.frames(of: "b").count == 1 }
            await bench.seen.wait { $0.requestCount("GET /api/nl43/a/status") >= 3 }
            upstream.setRow("a", second: 11, lp: "51.0")
            await bench.taken.wait { $0.frames(of: "a").count == 1 }
            let frame = try #require(bench.taken.value.frames(of: "a").first)
            #expect(frame.levels[.lp]?.decibels == 51)
            #expect(frame.measurementStart == newest.measurementStart)
            #expect(bench.service.faults(of: a) == [.replayed: 1, .missingLevel: 1])
        }
    }
}

@Suite struct `The plan of upstreams` {
    @Test(arguments: [
        ("the command line's alone", "a=http://h:1", "", "a h:1", 0),
        ("both kinds", "a=http://h:1", "b=http://h:2", "b h:2, a h:1", 0),
        ("the same address under the provisioned id", "a=http://h:1/", "b=http://h:1", "b h:1", 0),
        ("the provisioned one of two of an id", "a=http://h:1", "a=http://h:2", "a h:2", 1),
        ("one address provisioned twice once", "", "a=http://h:1 b=http://h:1", "a h:1", 1),
        ("none without a URL", "", "a=h:1 b=http://h:2", "b h:2", 1),
    ])
    func `has`(
        behaviour: String, configured: String, provisioned: String, targets: String, refused: Int
    ) {
        func upstreams(_ text: String) -> [Upstream] {
            text.split(separator: " ").map { item in
                let parts = item.split(separator: "=")
                return Upstream(id: String(parts[0]), url: String(parts[1]))
            }
        }
        let plan = UpstreamPlan(
            configured: upstreams(configured), provisioned: upstreams(provisioned))
        let drawn = plan.targets.map { "\($0.upstream.id) \($0.address.authority)" }
        #expect(drawn.joined(separator: ", ") == targets, Comment(rawValue: behaviour))
        #expect(plan.refusals.count == refused, Comment(rawValue: behaviour))
    }
}
