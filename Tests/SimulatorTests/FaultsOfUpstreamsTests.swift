//  FaultsOfUpstreamsTests.swift · SimulatorTests
//
//  Each way in which a whole upstream goes wrong, and the freeze that too many readers bring about.

import Monitoring
import Testing

@testable import Simulator

private let unit = "NL43-0001"
private let start = Timestamp(milliseconds: 1_795_451_711_520)

/// A simulation with one fault from 60 s to 90 s of the play.
private func simulation(
    _ kind: FaultKind, seconds: Int? = nil, units: Int = 1, isExact: Bool = false
) throws -> Simulation {
    var configuration = SimulatorConfiguration(units: units)
    configuration.exactCadence = isExact
    let simulation = Simulation(configuration)
    let fault = Fault(
        kind, of: .upstreams, from: .seconds(60), to: .seconds(90), seconds: seconds)
    try #require(fault.problem == nil)
    simulation.add(fault.entries(id: 1), unit: nil)
    simulation.tick(start)
    return simulation
}

extension Simulation {
    /// Plays on to the given second.
    fileprivate func play(to second: Int64) {
        let end = start.advanced(byMilliseconds: second * 1000)
        while elapsed < .seconds(second) { tick(end) }
    }

    fileprivate func status() -> Reply {
        reply(method: "GET", segments: ["api", "nl43", unit, "status"], query: { _ in nil })
    }
}

@Suite struct `An upstream that goes wrong` {
    @Test func `by answering late does so by two seconds`() throws {
        let simulation = try simulation(.slow)
        let delays = [59, 61, 89, 91].map { (second: Int64) in
            simulation.play(to: second)
            return simulation.status().delayMilliseconds
        }
        #expect(delays == [0, 2000, 2000, 0])
    }

    @Test func `with garbage says HTML and half of its JSON in turn, with 200`() throws {
        let simulation = try simulation(.garbage)
        simulation.play(to: 70)
        let replies = [simulation.status(), simulation.status()]
        #expect(replies.map(\.status) == [200, 200])
        #expect(replies.map(\.contentType) == ["text/html", "application/json"])
        #expect(replies[0].body.starts(with: Array("<html>".utf8)))
        #expect(replies[1].body.starts(with: Array("{\"status\":\"ok\"".utf8)))
        #expect(replies[1].body.last != UInt8(ascii: "}"))
        simulation.play(to: 91)
        #expect(try JSON(parsing: simulation.status().body)["status"] == "ok")
    }

    @Test func `with errors says 500, with a text and an array in turn`() throws {
        let simulation = try simulation(.errors)
        simulation.play(to: 70)
        let replies = [simulation.status(), simulation.status()]
        #expect(replies.map(\.status) == [500, 500])
        let details = try replies.map { try unwrap(JSON(parsing: $0.body)["detail"]) }
        #expect(details[0].string != nil)
        #expect(details[1].elements?.isEmpty == false)
        simulation.play(to: 91)
        #expect(simulation.status().status == 200)
    }

    @Test func `with too much says JSON of more than 256 KiB`() throws {
        let simulation = try simulation(.oversize)
        simulation.play(to: 70)
        let reply = simulation.status()
        #expect(reply.body.count > 256 * 1024)
        #expect(try JSON(parsing: reply.body)["data"]?["unit_id"]?.string == unit)
        simulation.play(to: 91)
        #expect(simulation.status().body.count < 2048)
    }

    @Test func `by cutting ends answers and frames in their middle`() throws {
        let simulation = try simulation(.cut)
        let received = ReceivedFrames()
        _ = simulation.subscribe(unit, received.receiver)
        simulation.play(to: 59)
        let whole = received.frames.count
        #expect(whole > 40)
        #expect(!simulation.status().isCut)
        simulation.play(to: 62)
        #expect(simulation.status().isCut)
        // The socket of before is gone with the fault's beginning; a new one has half a frame.
        #expect(received.frames.count <= whole + 2)
        let half = ReceivedFrames()
        _ = simulation.subscribe(unit, half.receiver)
        let replayed = half.frames.count
        simulation.play(to: 80)
        #expect(half.frames.count == replayed)
        #expect(simulation.stats.socketsMax == 1)
        simulation.play(to: 91)
        #expect(!simulation.status().isCut)
    }

    @Test(arguments: [(FaultKind.clockBack, -90 as Int64), (.clockAhead, 90)])
    func `with its clock steps, and steps back`(kind: FaultKind, error: Int64) throws {
        let simulation = try simulation(kind, seconds: 90, isExact: true)
        let received = ReceivedFrames()
        _ = simulation.subscribe(unit, received.receiver)
        simulation.play(to: 100)
        let expected = (0...100).map { (second: Int64) in
            let shown = second + ((60..<90).contains(second) ? error : 0)
            return UpstreamTime(start).advanced(byMicroseconds: shown * 1_000_000 + 5000).text
        }
        // Subscribed after the poll of second 0, which is replayed.
        #expect(Array(received.times.suffix(100)) == Array(expected.suffix(100)))
    }

    @Test func `has the wrong time in its answers' Date too`() throws {
        let simulation = try simulation(.clockBack, seconds: 3600)
        simulation.play(to: 70)
        let clock = try unwrap(simulation.wallClock)
        #expect(clock.microseconds(since: UpstreamTime(start)) == (70 - 3600) * 1_000_000)
        #expect(
            DateHandler.text(UpstreamTime(microseconds: 1_795_451_711_520_504))
                == "Mon, 23 Nov 2026 16:35:11 GMT")
        #expect(
            DateHandler.text(UpstreamTime(microseconds: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }

    @Test(arguments: [FaultKind.down, .stalled])
    func `by silence polls nothing, and goes on after it`(kind: FaultKind) throws {
        let simulation = try simulation(kind)
        simulation.play(to: 59)
        #expect(!simulation.isSilent && !simulation.isRefusing)
        let received = ReceivedFrames()
        _ = simulation.subscribe(unit, received.receiver)
        simulation.play(to: 89)
        #expect(simulation.isSilent == (kind == .stalled))
        #expect(simulation.isRefusing == (kind == .down))
        let before = received.frames.count
        #expect(before <= 3)
        simulation.play(to: 100)
        #expect(!simulation.isSilent && !simulation.isRefusing)
        // Sockets outlive a stall, not an outage.
        #expect((received.frames.count > before + 5) == (kind == .stalled))
        let times = received.times
        #expect(times == times.sorted())
        let silence = [61, 90].map { (second: Int64) in
            UpstreamTime(start).advanced(byMicroseconds: second * 1_000_000).text
        }
        #expect(!times.contains { silence[0] < $0 && $0 < silence[1] }, "no poll was made up for")
    }

    @Test func `stalls again and again when told for how long`() throws {
        let simulation = try simulation(.stalled, seconds: 10)
        let silent = [59, 61, 69, 71, 79, 81, 89, 91].map { (second: Int64) in
            simulation.play(to: second)
            return simulation.isSilent
        }
        #expect(silent == [false, true, true, false, false, true, true, false])
    }

    @Test func `by a restart forgets its monitors, not its rows`() throws {
        let simulation = try simulation(.restart)
        func monitors() -> JSON? {
            simulation.answer(
                method: "GET", segments: ["api", "nl43", "_monitor", "status"], query: { _ in nil }
            ).body["monitors"]
        }
        func start() {
            _ = simulation.answer(
                method: "POST", segments: ["api", "nl43", unit, "monitor", "start"],
                query: { _ in nil })
        }
        start()
        let received = ReceivedFrames()
        let subscription = simulation.subscribe(unit, received.receiver)
        simulation.play(to: 59)
        #expect(monitors()?[unit]?["running"] == true)
        simulation.play(to: 61)
        #expect(simulation.isRefusing)
        simulation.play(to: 63)
        #expect(!simulation.isRefusing)
        #expect(monitors() == .object([]))
        #expect(simulation.status().status == 200)
        // The socket's end is told late; by then nobody counts on it.
        simulation.unsubscribe(subscription)
        start()
        #expect(monitors()?[unit]?["subscribers"] == 0)
        #expect(keys(try unwrap(monitors())) == [unit])
        let again = ReceivedFrames()
        _ = simulation.subscribe(unit, again.receiver)
        simulation.play(to: 80)
        #expect(!again.frames.isEmpty)
    }
}

extension Simulation {
    fileprivate var isRefusing: Bool { wires.isRefusing }
}

@Suite struct `An upstream with too many readers` {
    private func watched(_ count: Int) -> (Simulation, ReceivedFrames) {
        let simulation = Simulation(SimulatorConfiguration(units: 20))
        simulation.tick(start)
        let received = ReceivedFrames()
        for number in 1...count {
            let name = "NL43-" + (number < 10 ? "000" : "00") + "\(number)"
            _ = simulation.subscribe(name, received.receiver)
        }
        return (simulation, received)
    }

    private func arrive(_ simulation: Simulation, _ path: String = "health") {
        simulation.arrive(method: "GET", segments: path.split(separator: "/").map(String.init))
    }

    @Test(arguments: [(15, 0, 0), (16, 0, 1), (14, 1, 0), (14, 2, 1), (12, 3, 0), (12, 4, 1)])
    func `freezes beyond 15 of units watched and requests`(
        watchedUnits: Int, requests: Int, freezes: Int
    ) {
        let (simulation, _) = watched(watchedUnits)
        for _ in 0..<requests { arrive(simulation) }
        #expect(simulation.stats.freezes == freezes)
        #expect(simulation.isSilent == (freezes > 0))
        #expect(simulation.stats.loadMax == watchedUnits + requests)
    }

    @Test func `sends nothing for 30 s, then goes on for 30 s, and freezes again`() {
        let (simulation, received) = watched(16)
        // Frozen by the sixteenth, at once.
        let replayed = received.frames.count
        simulation.play(to: 29)
        #expect(received.frames.count == replayed)
        simulation.play(to: 59)
        let between = received.frames.count - replayed
        #expect(between > 16 * 15)
        simulation.play(to: 62)
        let again = received.frames.count
        simulation.play(to: 89)
        #expect(received.frames.count == again)
        #expect(simulation.stats.freezes == 2)
    }

    @Test func `thaws for good once they are fewer`() {
        let (simulation, received) = watched(14)
        arrive(simulation)
        arrive(simulation)
        #expect(simulation.isSilent)
        simulation.leave()
        simulation.leave()
        simulation.play(to: 31)
        let thawed = received.frames.count
        simulation.play(to: 120)
        #expect(received.frames.count > thawed + 14 * 80)
        #expect(simulation.stats.freezes == 1)
    }

    @Test func `loses no poll of an exact cadence`() {
        var configuration = SimulatorConfiguration(units: 1)
        configuration.exactCadence = true
        let simulation = Simulation(configuration)
        let received = ReceivedFrames()
        _ = simulation.subscribe(unit, received.receiver)
        simulation.tick(start)
        for _ in 0..<15 { arrive(simulation) }
        for _ in 0..<15 { simulation.leave() }
        simulation.play(to: 60)
        #expect(simulation.stats.freezes == 1)
        #expect(received.times.count == 61)
    }

    @Test func `counts how it was used`() {
        let (simulation, _) = watched(3)
        let calls = [
            ("GET", "api/nl43/NL43-0001/status"), ("GET", "api/nl43/roster"),
            ("GET", "api/nl43/_monitor/status"), ("POST", "api/nl43/NL43-0001/monitor/start"),
            ("GET", "api/nl43/NL43-0001/live"), ("GET", "api/nl43/NL43-0001/measurement-state"),
            ("GET", "health/devices"), ("GET", "api/nl43/NL43-0001/stream"),
            ("POST", "api/nl43/NL43-0001/stop"), ("PUT", "api/nl43/NL43-0001/config"),
            ("GET", "api/nl43/NL43-0001/history"), ("GET", "nowhere"),
        ]
        for (method, path) in calls {
            simulation.arrive(method: method, segments: path.split(separator: "/").map(String.init))
            simulation.leave()
        }
        let stats = simulation.stats
        #expect(UpstreamStats.Call.allCases.map(stats.count) == [1, 1, 1, 1, 8])
        #expect(stats.deviceCalls == 6)
        #expect(stats.inFlightMax == 1)
        #expect(stats.watchedMax == 3)
        #expect(stats.socketsMax == 3)
        #expect(stats.loadMax == 4)
    }
}
