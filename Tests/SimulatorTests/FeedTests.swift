//  FeedTests.swift · SimulatorTests
//
//  When a feed says what.

import Monitoring
import Testing

@testable import Simulator

@Suite struct `A monitor feed` {
    @Test func `is idle until somebody subscribes, then watched, then idle again`() throws {
        var upstream = SimulatedUpstream(SimulatorConfiguration())
        upstream.begin(at: startTime)
        upstream.post("NL43-0001/monitor/start")
        let unwatched = upstream.play(35)
        #expect(unwatched.isEmpty)
        #expect(mode(upstream) == "idle")

        // The subscriber has the newest idle frame at once, and waits for the sleeping loop.
        let replayed = try unwrap(upstream.subscribe("NL43-0001"))
        #expect(mode(upstream) == "watched")
        let frames = upstream.play(60).map(\.frame)
        let wait = frames[0].time.microseconds(since: replayed.time)
        #expect((10_000_000...11_100_000).contains(wait))
        #expect((44...52).contains(frames.count))

        upstream.unsubscribe("NL43-0001")
        #expect(mode(upstream) == "idle")
        let after = upstream.play(60)
        #expect(after.isEmpty)
    }

    @Test func `of a unit without a monitor begins with the first subscriber`() throws {
        var upstream = SimulatedUpstream(SimulatorConfiguration())
        upstream.begin(at: startTime)
        upstream.play(5)
        let replayed = upstream.subscribe("NL43-0001")
        #expect(replayed == nil)
        let first = try unwrap(upstream.play(3).first?.frame)
        #expect(first.time.microseconds(since: startTime) < 7_000_000)
        upstream.unsubscribe("NL43-0001")
        let monitor = upstream.get("_monitor/status").body["monitors"]?["NL43-0001"]
        #expect(monitor?["running"] == false)
        #expect(monitor?["keepalive"] == false)
    }

    @Test func `shows the sample of the cache row, five milliseconds younger`() throws {
        var upstream = SimulatedUpstream(SimulatorConfiguration())
        upstream.begin(at: startTime)
        _ = upstream.subscribe("NL43-0001")
        let frame = try unwrap(upstream.play(30).last?.frame)
        let row = try unwrap(upstream.feeds[0].row)
        #expect(frame.time.microseconds(since: row.time) == 5000)
        #expect(frame.content == .reading(row))
    }

    @Test func `of an unknown unit says unreachable once, then beats`() throws {
        var upstream = SimulatedUpstream(SimulatorConfiguration())
        upstream.begin(at: startTime)
        let nothing = upstream.subscribe("ghost")
        #expect(nothing == nil)
        let frames = upstream.play(90).map(\.frame)
        #expect(
            frames.map(\.content) == [
                .unreachable, .unreachableHeartbeat, .unreachableHeartbeat, .unreachableHeartbeat,
            ])
        #expect(frames[0].time.microseconds(since: startTime) == 3_005_000)
        for (earlier, later) in zip(frames, frames.dropFirst()) {
            let gap = later.time.microseconds(since: earlier.time)
            #expect((25_000_000...30_000_000).contains(gap))
        }
        // Heartbeats are not replayed.
        let replayed = upstream.subscribe("ghost")
        #expect(replayed?.content == .unreachable)
        let recorded = try unwrap(Capture.frames("02_unknown_ws_monitor").first)
        let ours = try JSON(parsing: frames[0].json(unit: "ghost"))
        #expect(ours.shape() == recorded.shape())
    }

    @Test func `of an unknown unit, asked for before the play, begins with the play`() {
        var upstream = SimulatedUpstream(SimulatorConfiguration())
        _ = upstream.subscribe("ghost")
        upstream.begin(at: startTime)
        let frames = upstream.play(10).map(\.frame)
        #expect(frames.map { $0.time.microseconds(since: startTime) } == [3_005_000])
    }

    @Test func `of an unplugged unit leaves the cache row as it was, and comes back`() throws {
        var upstream = SimulatedUpstream(SimulatorConfiguration())
        upstream.begin(at: startTime)
        _ = upstream.subscribe("NL43-0001")
        upstream.play(10)
        let row = upstream.feeds[0].row
        upstream.setPlugged(false, unit: "NL43-0001")
        let outage = upstream.play(50).map(\.frame)
        #expect(outage.map(\.content) == [.unreachable, .unreachableHeartbeat])
        #expect(upstream.feeds[0].row == row)
        #expect(mode(upstream) == "backoff")
        let live = upstream.get("NL43-0001/live")
        #expect(live.status == 502)
        upstream.setPlugged(true, unit: "NL43-0001")
        let back = try unwrap(upstream.play(6).first)
        guard case .reading = back.frame.content else { throw MissingValue() }
        #expect(mode(upstream) == "watched")
    }

    @Test func `tells of a phantom measurement after a stop, until it reads the state`() throws {
        var upstream = SimulatedUpstream(SimulatorConfiguration())
        upstream.begin(at: startTime)
        _ = upstream.subscribe("NL43-0001")
        upstream.play(40)
        upstream.post("NL43-0001/stop")
        #expect(upstream.feeds[0].row?.isMeasuring == false)
        let readings = upstream.play(40).compactMap { delivery -> Reading? in
            if case .reading(let reading) = delivery.frame.content { reading } else { nil }
        }
        let phantom = readings.prefix { $0.isMeasuring }
        #expect(!phantom.isEmpty)
        #expect(phantom.allSatisfy { $0.measurementStart == phantom[0].time })
        let after = readings.dropFirst(phantom.count)
        #expect(!after.isEmpty)
        #expect(after.allSatisfy { !$0.isMeasuring && $0.measurementStart == nil })
        // The results are frozen all the while; the momentary level is not.
        #expect(Set(readings.map { $0.values[.leq] }).count == 1)
        #expect(Set(readings.map { $0.values[.lp] }).count > 1)
    }

    private func mode(_ upstream: SimulatedUpstream) -> String? {
        upstream.monitorStatus().body["monitors"]?["NL43-0001"]?["mode"]?.string
    }
}

@Suite struct `The cadence of a feed` {
    @Test func `watched is 1.03 s, with a hole each 30 s`() {
        let gaps = self.gaps(pace: .watched, polls: 3000)
        let holes = gaps.indices.filter { gaps[$0] > 1_500_000 }
        #expect(holes.allSatisfy { (2_056_000...2_084_000).contains(gaps[$0]) })
        let rest = gaps.filter { $0 < 1_500_000 }.sorted()
        #expect(rest.allSatisfy { (1_016_000...1_044_000).contains($0) })
        #expect((1_027_000...1_033_000).contains(rest[rest.count / 2]))
        for (earlier, later) in zip(holes, holes.dropFirst()) {
            #expect((29...30).contains(later - earlier))
        }
    }

    @Test(arguments: [
        (FeedCadence.Pace.idle, 10_016_000 as Int64, 11_084_000 as Int64),
        (.background, 29_986_000, 30_014_000),
    ])
    func `else is slow`(pace: FeedCadence.Pace, shortest: Int64, longest: Int64) {
        #expect(gaps(pace: pace, polls: 500).allSatisfy { (shortest...longest).contains($0) })
    }

    @Test(arguments: [FeedCadence.Pace.watched, .idle, .background])
    func `exact is one second, whoever looks`(pace: FeedCadence.Pace) {
        #expect(gaps(pace: pace, polls: 500, isExact: true).allSatisfy { $0 == 1_000_000 })
    }

    @Test(arguments: [
        ("known, watched", true, true, [8, 4, 5, 5, 5, 5, 5, 5, 5]),
        ("known, idle", true, false, [8, 4, 5, 5, 10, 20, 40, 60, 60]),
        ("unknown, watched", false, true, [1, 2, 5, 5, 5, 5, 5, 5, 5]),
    ])
    func `backs off from a meter that does not answer`(
        who: String, isKnown: Bool, isWatched: Bool, seconds: [Int64]
    ) {
        let cadence = FeedCadence(isExact: false, start: startTime)
        let waits = (1...9).map { failures in
            cadence.retry(
                after: startTime, failures: failures, isWatched: isWatched, isKnown: isKnown
            ).microseconds(since: startTime) / 1_000_000
        }
        #expect(waits == seconds, Comment(rawValue: who))
    }

    private func gaps(pace: FeedCadence.Pace, polls: Int, isExact: Bool = false) -> [Int64] {
        var cadence = FeedCadence(isExact: isExact, start: startTime)
        var random = SplitMix64(seed: 7)
        var time = startTime
        return (0..<polls).map { _ in
            let next = cadence.next(after: time, pace: pace, random: &random).time
            defer { time = next }
            return next.microseconds(since: time)
        }
    }
}
