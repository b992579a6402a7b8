//  TrapServiceTests.swift · IngestTests
//
//  The upstream's traps, by their numbers: those that show in what the whole service asks of it.

import Monitoring
import NIOCore
import Support
import Testing

@testable import Ingest

@Suite(.timeLimit(.minutes(10))) struct `The traps of the upstream, in what is asked of it` {
    /// All that may ever be asked; of these, nothing touches a meter, and the POST alone writes.
    private func isAllowed(_ line: String, units: [String]) -> Bool {
        let whole: Set = ["GET /api/nl43/roster", "GET /api/nl43/_monitor/status"]
        return whole.contains(line)
            || units.contains { unit in
                line == "GET /api/nl43/\(unit)/status" || line == "WS /api/nl43/\(unit)/monitor"
                    || line == "POST /api/nl43/\(unit)/monitor/start"
            }
    }

    @Test func `Traps 8, 9 and 11: no rules, no events, no meter is asked for, nor a trail without a hole`()
        async throws
    {
        let upstream = FakeUpstream(units: ["a", "b", "new", "odd"])
        upstream.setRow("a", second: 1, lp: "50.0")
        upstream.state.change {
            $0.running = ["b"]
            $0.rows["odd"] = "nonsense"
            $0.unreachable = ["b"]
        }
        try await Bench.run(upstream, { $0.discoveryInterval = .milliseconds(50) }) { bench in
            bench.service.demand.begin(UnitID("a")!)
            bench.service.demand.setRuleNeeds([UnitID("b")!])
            await bench.seen.wait { $0.socketCount == 2 }
            upstream.push([#"{"feed_status":"unreachable"}"#, "nonsense"], to: "a")
            upstream.closeSockets(of: "b")
            await bench.seen.wait { $0.openings["b"] == 2 }
            try await upstream.stop()
            await bench.taken.wait { $0.reports(of: "a").last?.hasSuffix("upstream_down") == true }
            try await upstream.start()
            await bench.seen.wait { $0.requestCount("GET /api/nl43/roster") >= 5 }
            let state = bench.seen.value
            #expect(state.requests.contains { $0.hasPrefix("POST") })
            for line in state.requests + state.upgrades {
                #expect(isAllowed(line, units: state.units), Comment(rawValue: line))
            }
        }
    }

    @Test func `Trap 6: sockets and requests are at most 14, also while sockets reconnect`()
        async throws
    {
        let names = (10..<30).map { "n\($0)" }
        let upstream = FakeUpstream(units: names)
        upstream.state.change { $0.delay = .milliseconds(2) }
        try await Bench.run(upstream, directory: MemoryDirectory(rate: .full)) { bench in
            await bench.seen.wait { $0.socketCount == 13 }
            for round in 1...3 {
                for name in names { upstream.closeSockets(of: name) }
                await bench.seen.wait { state in
                    state.openings.values.reduce(0, +) >= 13 * (round + 1)
                        && state.socketCount == 13
                }
            }
            #expect(bench.seen.value.socketCountMax == 13)
            #expect(bench.seen.value.pendingCountMax == 1)
            #expect(bench.seen.value.loadMax <= 14)
            let status = try #require(bench.service.upstreams().first)
            #expect(status.fullRateCount == 13)
            #expect(status.monitorCount == 20)
        }
    }

    @Test func `Trap 6: a stall of the whole server is one condition, and ends with it`()
        async throws
    {
        let upstream = FakeUpstream(units: ["a", "b", "c"])
        for name in ["a", "b", "c"] { upstream.setRow(name, second: 1, lp: "50.0") }
        let (clock, deadlines) = (ManualClock(), ManualClock())
        try await Bench.run(
            upstream, timer: clock, deadlines: deadlines, { $0.pollInterval = .seconds(1) }
        ) { bench in
            await bench.taken.wait { $0.frames().count == 3 }
            await clock.sleepers(2)
            upstream.state.change { $0.manner = .silent }
            clock.advance(by: .seconds(1))
            await bench.seen.wait { $0.heldCount == 1 }
            await deadlines.sleepers(1)
            deadlines.advance(by: Bench.requestTimeout)
            await bench.taken.wait { taken in
                ["a", "b", "c"].allSatisfy { taken.reports(of: $0).last == "10000 upstream_down" }
            }
            let stalled = try #require(bench.service.upstreams().first)
            #expect(stalled.state == .stalled)
            #expect(stalled.failure?.contains("no answer within 600.0 seconds") == true)
            // When it wakes it goes on with all that it was asked, so that must be one thing.
            upstream.state.change { $0.manner = .answering }
            upstream.release()
            await bench.taken.wait { taken in
                ["a", "b", "c"].allSatisfy { taken.reports(of: $0).last == "10000 -" }
            }
            for name in ["a", "b", "c"] {
                #expect(
                    bench.taken.value.reports(of: name)
                        == ["10000 -", "10000 upstream_down", "10000 -"])
            }
            #expect(bench.service.upstreams().first?.failure == nil)
            #expect(bench.seen.value.heldCount == 1)
            #expect(bench.seen.value.pendingCountMax == 1)
        }
    }

    @Test func `Trap 7: what one slow answer held up is not made up for`() async throws {
        let clock = ManualClock()
        let upstream = FakeUpstream(units: ["a", "b", "c"])
        for name in ["a", "b", "c"] { upstream.setRow(name, second: 1, lp: "50.0") }
        try await Bench.run(upstream, timer: clock, { $0.pollInterval = .seconds(1) }) { bench in
            await bench.taken.wait { $0.frames().count == 3 }
            await clock.sleepers(2)
            let before = bench.seen.value.requestCount("GET /api/nl43/c/status")
            // Ten seconds in which nothing was asked: each is asked once, not ten times.
            clock.advance(by: .milliseconds(10_500))
            await bench.seen.wait { $0.requestCount("GET /api/nl43/c/status") > before }
            await clock.sleepers(2)
            for name in ["a", "b", "c"] {
                let count = bench.seen.value.requestCount("GET /api/nl43/\(name)/status")
                #expect(count == before + 1)
            }
            #expect(bench.seen.value.pendingCountMax == 1)
        }
    }

    @Test func `Trap 10: nothing is started or watched for a unit that is not rostered`()
        async throws
    {
        let upstream = FakeUpstream(units: ["a"])
        let directory = MemoryDirectory(
            ["a", "ghost"].map {
                Unit(id: UnitID($0)!, upstream: "u", upstreamUnit: $0, rate: .full)
            })
        try await Bench.run(upstream, directory: directory) { bench in
            bench.service.demand.begin(UnitID("ghost")!)
            await bench.seen.wait { $0.socketCount == 1 }
            let roster = bench.seen.value.requests.firstIndex(of: "GET /api/nl43/roster")!
            await bench.seen.wait { $0.requestCount("GET /api/nl43/a/status") >= 10 }
            let state = bench.seen.value
            #expect(state.openings == ["a": 1])
            #expect(!state.requests.contains { $0.hasPrefix("POST") })
            #expect(!state.requests.suffix(from: roster).contains { $0.contains("ghost") })
            let report = bench.service.report(of: UnitID("ghost")!)
            #expect(report?.isListed == false)
            #expect(report?.rate.isFull == false)
            #expect(bench.service.report(of: UnitID("nobody")!) == nil)
        }
    }

    @Test func `Trap 12: a deleted unit is left alone, and one of its name carries on`()
        async throws
    {
        let upstream = FakeUpstream(units: ["a", "b"])
        upstream.setRow("a", second: 1, lp: "50.0")
        try await Bench.run(upstream, { $0.discoveryInterval = .milliseconds(50) }) { bench in
            bench.service.demand.begin(UnitID("a")!)
            await bench.taken.wait { $0.frames(of: "a").count == 1 }
            await bench.seen.wait { $0.socketCount == 1 }
            // The row and the running feed stay behind, as they do there.
            upstream.state.change { $0.units = ["b"] }
            await bench.seen.wait { $0.socketCount == 0 }
            await bench.taken.wait { $0.reports(of: "a").last == "10000 unusable" }
            let polled = bench.seen.value.requestCount("GET /api/nl43/a/status")
            let others = bench.seen.value.requestCount("GET /api/nl43/b/status")
            await bench.seen.wait { $0.requestCount("GET /api/nl43/b/status") >= others + 5 }
            #expect(bench.seen.value.requestCount("GET /api/nl43/a/status") <= polled + 1)
            #expect(bench.service.report(of: UnitID("a")!)?.isListed == false)
            upstream.state.change { $0.units = ["a", "b"] }
            await bench.seen.wait { $0.socketCount == 1 }
            upstream.setRow("a", second: 2, lp: "51.0")
            await bench.taken.wait { $0.frames(of: "a").count == 2 }
            #expect(bench.taken.value.reports(of: "a").last == "10000 -")
            #expect(!bench.seen.value.requests.contains { $0.hasPrefix("POST") })
        }
    }

    @Test func `Trap 14: each unit is asked once an interval, though nothing there limits it`()
        async throws
    {
        let clock = ManualClock()
        let upstream = FakeUpstream(units: ["a", "b"])
        try await Bench.run(upstream, timer: clock, { $0.pollInterval = .seconds(1) }) { bench in
            await bench.seen.wait { $0.requestCount("GET /api/nl43/b/status") >= 1 }
            await clock.sleepers(2)
            let before = bench.seen.value.requestCount("GET /api/nl43/b/status")
            for second in 1...5 {
                // Half an interval wakes nobody.
                clock.advance(by: .milliseconds(500))
                await clock.sleepers(2)
                clock.advance(by: .milliseconds(500))
                await bench.seen.wait {
                    $0.requestCount("GET /api/nl43/b/status") >= before + second
                }
                await clock.sleepers(2)
            }
            for name in ["a", "b"] {
                #expect(bench.seen.value.requestCount("GET /api/nl43/\(name)/status") == before + 5)
            }
            #expect(bench.seen.value.requestCount("GET /api/nl43/roster") == 1)
        }
    }
}
