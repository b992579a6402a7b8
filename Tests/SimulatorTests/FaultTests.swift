//  FaultTests.swift · SimulatorTests
//
//  Faults as text, as plans, and by control calls.

import Foundation
import Monitoring
import Testing

@testable import Simulator

@Suite struct `A fault as text` {
    @Test(arguments: [
        (
            "unplugged@NL43-0003:60s-2m", "unplugged@NL43-0003:60s-120s",
            Fault(
                .unplugged, of: .unit("NL43-0003"), from: .seconds(60), to: .seconds(120))
        ),
        (
            "clock-back=90@upstream/2:5m-", "clock-back=90@upstream/2:300s-",
            Fault(.clockBack, of: .upstream(2), from: .seconds(300), seconds: 90)
        ),
        (
            "no-levels@*:0-1500ms", "no-levels@*:0s-1500ms",
            Fault(.noLevels, of: .units, to: .milliseconds(1500))
        ),
        (
            "stalled=10s@upstream:1h--", "stalled=10@upstream:3600s-",
            Fault(.stalled, of: .upstreams, from: .seconds(3600), seconds: 10)
        ),
        (
            "reset@a/3:5-", "reset@a/3:5s-",
            Fault(.reset, of: .unit("a", upstream: 3), from: .seconds(5))
        ),
    ])
    func `is read and written`(text: String, written: String, fault: Fault) throws {
        #expect(try Fault(parsing: text) == fault)
        #expect(fault.description == written)
        #expect(try Fault(parsing: written) == fault)
        #expect(fault.problem == nil)
    }

    @Test(arguments: [
        ("unplugged", "is not complete"), ("unplugged@a", "is not complete"),
        ("bogus@a:0-", "is of no kind that there is (unplugged, never-reached"),
        ("slow=x@upstream:0-", "has no number as value"),
        ("reset@upstream/0:0-", "has no target that there is"),
        ("reset@:0-", "has no target that there is"), ("reset@a/b/c:0-", "has no target"),
        ("reset@a:5", "has no span"), ("reset@a:x-", "has no span"), ("reset@a:0-5d", "has no span"),
    ])
    func `that is none says why`(text: String, why: String) {
        let error = #expect(throws: SimulatorError.self) { try Fault(parsing: text) }
        #expect(error?.description.hasPrefix("the fault \(text) \(why)") == true)
    }

    @Test(arguments: [
        ("down@a:0-", "down happens to upstreams, give upstream or upstream/N"),
        ("over@upstream:0-", "over happens to units, give a name or *"),
        ("over@a:5-5", "must end after it begins"), ("over=3@a:0-", "takes no value"),
        ("phantom-restart=31@a:0-", "takes 2 to 30 seconds"),
        ("over@b:0-", "is about nothing that there is: b"),
        ("down@upstream/2:0-", "is about nothing that there is: upstream/2"),
        ("over@a/2:0-", "is about nothing that there is: a/2"),
    ])
    func `that cannot be says why`(text: String, why: String) throws {
        var configuration = SimulatorConfiguration()
        configuration.unitNames = ["a"]
        configuration.faults = [try Fault(parsing: text)]
        let error = #expect(throws: SimulatorError.self) { try configuration.check() }
        #expect(error?.description.contains(why) == true, Comment(rawValue: "\(error as Any)"))
    }

    @Test func `has every kind either of units or of upstreams`() {
        #expect(FaultKind.ofUnits.count == 16)
        #expect(FaultKind.ofUpstreams.count == 10)
    }
}

@Suite struct `A plan of faults` {
    private func units(_ upstreams: Int, of count: Int) -> [[String]] {
        (0..<upstreams).map { upstream in (0..<count).map { "u\(upstream)-\($0)" } }
    }

    private let plan = Misbehaviour(share: 0.1, from: .seconds(60), to: .seconds(1800))

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `for a tenth of many units has every kind, and is the same again`(seed: UInt64) {
        let units = units(80, of: 12)
        let faults = plan.faults(units: units, seed: seed)
        #expect(faults == plan.faults(units: units, seed: seed))
        #expect(faults != plan.faults(units: units, seed: seed + 1))
        #expect(Set(faults.map(\.kind)) == Set(FaultKind.allCases))
        #expect(faults.allSatisfy { $0.problem == nil })
        #expect(faults.allSatisfy { $0.from >= plan.from && ($0.to ?? .zero) <= plan.to })
        let touched = touched(faults, units)
        #expect(touched.count == 96)
        // About half of them with their upstreams, which are no other's.
        let upstreams = Set(faults.filter(\.kind.isOfUpstream).map(\.target))
        #expect(upstreams.count == 4)
        for (target, faults) in Dictionary(grouping: faults, by: \.target) {
            let ordered = faults.sorted { $0.from < $1.from }
            let isInTurn = zip(ordered, ordered.dropFirst()).allSatisfy {
                $0.to.map { $0 < .seconds(1800) } ?? false && $0.to! < $1.from
            }
            #expect(isInTurn, "\(target) is well between its faults")
        }
    }

    @Test func `for one unit of few has every kind of units, one after the other`() {
        let faults = plan.faults(units: units(1, of: 13), seed: 5)
        #expect(Set(faults.map(\.kind)) == Set(FaultKind.ofUnits))
        #expect(touched(faults, units(1, of: 13)).count == 1)
    }

    @Test func `for all units has all upstreams too`() {
        let plan = Misbehaviour(share: 1, from: .zero, to: .seconds(600))
        let faults = plan.faults(units: units(2, of: 4), seed: 5)
        #expect(Set(faults.map(\.kind)) == Set(FaultKind.allCases))
        #expect(touched(faults, units(2, of: 4)).count == 8)
    }

    private func touched(_ faults: [Fault], _ units: [[String]]) -> Set<String> {
        faults.reduce(into: []) { touched, fault in
            switch fault.target {
            case .unit(let name, _): touched.insert(name)
            case .upstream(let number): touched.formUnion(units[number - 1])
            case .units, .upstreams: Issue.record("too wide: \(fault)")
            }
        }
    }
}

@Suite struct `A timeline of faults` {
    private func entry(_ id: Int, _ from: Int64, _ to: Int64) -> FaultTimeline.Entry {
        FaultTimeline.Entry(id: id, kind: .over, seconds: 0, from: from, to: to)
    }

    @Test func `turns at each edge, ends before beginnings`() {
        var timeline = FaultTimeline()
        #expect(timeline.nextEdge == .max)
        let (first, second) = (entry(1, 5, 9), entry(2, 9, .max))
        timeline.add(second)
        timeline.add(first)
        #expect(timeline.nextEdge == 5)
        #expect(timeline.turn() == [.begins(first)])
        #expect(timeline.has(.over))
        #expect(timeline.nextEdge == 9)
        #expect(timeline.turn() == [.ends(first), .begins(second)])
        #expect(timeline.nextEdge == .max)
        #expect(timeline.active == [second])
    }

    @Test func `forgets what has not begun, and ends what has`() {
        var timeline = FaultTimeline()
        timeline.add(entry(1, 0, 100))
        timeline.add(entry(2, 50, 100))
        _ = timeline.turn()
        timeline.remove(id: 2, at: 20)
        timeline.remove(id: 1, at: 20)
        #expect(timeline.nextEdge == 20)
        #expect(timeline.turn() == [.ends(entry(1, 0, 20))])
        #expect(timeline.nextEdge == .max)
    }
}

@Suite struct `Control calls` {
    private let control: SimulatorControl
    private let start = Timestamp(milliseconds: 1_795_451_711_520)

    init() {
        var configuration = SimulatorConfiguration(units: 6)
        configuration.upstreams = 3
        control = SimulatorControl(configuration.parts.map(Simulation.init), configuration)
        for simulation in control.simulations { simulation.tick(start) }
    }

    private func play(to second: Int64) {
        for simulation in control.simulations {
            while simulation.elapsed < .seconds(second) {
                simulation.tick(start.advanced(byMilliseconds: second * 1000))
            }
        }
    }

    private func call(_ method: String, _ path: String, _ body: String = "") -> Answer {
        control.answer(
            method: method, segments: [SimulatorControl.root] + path.split(separator: "/").map(String.init),
            body: Data(body.utf8))
    }

    @Test func `begin a fault, list it and end it`() {
        play(to: 10)
        let begun = call(
            "POST", "faults",
            #"{"kind":"clock-ahead","target":"upstream/2","seconds":20,"value":300}"#)
        #expect(begun == .ok(["id": 1]))
        #expect(call("POST", "faults", #"{"kind":"over","target":"*"}"#) == .ok(["id": 2]))
        play(to: 12)
        let ahead = control.simulations.map { simulation in
            (simulation.wallClock?.microseconds(since: UpstreamTime(start)) ?? 0) / 1_000_000
        }
        #expect(ahead == [12, 312, 12])
        #expect(states() == ["active", "active"])
        let row = call("GET", "faults").body["faults"]?.elements?.first
        #expect(row?["target"] == "upstream/2")
        #expect(row?["value"] == 300)
        #expect(row?["from"] == 10.0)
        #expect(row?["to"] == 30.0)

        #expect(call("DELETE", "faults/1").status == 200)
        play(to: 14)
        #expect(states() == ["over", "active"])
        #expect(control.simulations[1].wallClock == control.simulations[0].wallClock)
        #expect(call("DELETE", "faults").status == 200)
        play(to: 16)
        #expect(states() == ["over", "over"])
    }

    @Test func `begin a fault of no length without harm`() {
        let answer = call("POST", "faults", #"{"kind":"over","target":"*","seconds":1e-9}"#)
        #expect(answer.status == 200)
        play(to: 1)
        #expect(states() == ["over"])
    }

    private func states() -> [String] {
        call("GET", "faults").body["faults"]?.elements?.compactMap { $0["state"]?.string } ?? []
    }

    @Test(arguments: [
        ("POST", "faults", "", 400), ("POST", "faults", #"{"kind":"bogus","target":"*"}"#, 400),
        ("POST", "faults", #"{"kind":"over","target":"*","seconds":0}"#, 400),
        ("POST", "faults", #"{"kind":"over","target":"*","seconds":1e-9,"value":1}"#, 400),
        ("POST", "faults", #"{"kind":"over","target":"upstream"}"#, 400),
        ("POST", "faults", #"{"kind":"over","target":"NL43-0099"}"#, 400),
        ("DELETE", "faults/7", "", 404), ("GET", "nothing", "", 404), ("PUT", "stats", "", 404),
    ])
    func `that are wrong say so`(method: String, path: String, body: String, status: Int) {
        let answer = call(method, path, body)
        #expect(answer.status == status)
        #expect(answer.body["detail"]?.string?.isEmpty == false)
    }

    @Test func `tell which units a fault touched or will touch`() throws {
        try control.add(Fault(.over, of: .unit("NL43-0001"), from: .seconds(100)))
        try control.add(Fault(.slow, of: .upstream(2), from: .seconds(1), to: .seconds(2)))
        let later = try control.add(Fault(.over, of: .unit("NL43-0006"), from: .seconds(100)))
        play(to: 10)
        #expect(control.stats.faultyUnits == ["NL43-0001", "NL43-0003", "NL43-0004", "NL43-0006"])
        // What has not begun and never will touched nobody.
        #expect(control.remove(id: later))
        #expect(control.stats.faultyUnits == ["NL43-0001", "NL43-0003", "NL43-0004"])
        let body = call("GET", "stats").body
        #expect(body["faulty_units"] == ["NL43-0001", "NL43-0003", "NL43-0004"])
        #expect(body["upstreams"]?.elements?.count == 3)
        #expect(
            keys(try unwrap(body["upstreams"]?.elements?.first)) == [
                "upstream", "units", "requests", "in_flight_max", "watched_max", "sockets_max",
                "watched_and_in_flight_max", "freezes", "device_calls",
            ])
    }
}
