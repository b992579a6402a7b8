//  DemandLedgerTests.swift · IngestTests

import Monitoring
import Support
import Testing

@testable import Ingest

@Suite struct `The demand ledger` {
    private func units(_ names: [String], rate: Unit.Rate = .auto, at upstream: String = "u")
        -> [Unit]
    {
        names.map { Unit(id: UnitID($0)!, upstream: upstream, upstreamUnit: $0, rate: rate) }
    }

    private func full(_ ledger: inout DemandLedger, at seconds: Int, of upstream: String = "u")
        -> String
    {
        fullUnits(&ledger, at: seconds, of: upstream).map(\.name).sorted().joined()
    }

    private func fullUnits(_ ledger: inout DemandLedger, at seconds: Int, of upstream: String = "u")
        -> [UnitID]
    {
        ledger.rates(of: upstream, at: .seconds(seconds)).rates.filter(\.value.isFull).map(\.key)
    }

    // Steps: +a a viewer of a comes, -a one leaves; each a second after the one before. The
    // question is asked at a second: which units are at full rate?
    @Test(arguments: [
        ("gives nobody what nobody wants", "", 0, ""),
        ("gives a watched unit full rate", "+a", 0, "a"),
        ("lets it linger for 30 s after the last viewer", "+a -a", 30, "a"),
        ("and no longer", "+a -a", 31, ""),
        ("counts viewers", "+a +a -a", 600, "a"),
        ("keeps what is wanted again", "+a -a +a", 600, "a"),
        ("counts the linger from the last leave", "+a +b -a -b", 32, "b"),
        ("ignores a leave without a viewer", "-a +a", 600, "a"),
        ("gives an idle unit nothing", "+i", 1, ""),
        ("knows only its own units", "+z", 1, ""),
    ])
    func `follows viewers`(behaviour: String, steps: String, second: Int, expected: String) {
        var ledger = DemandLedger()
        ledger.configure(
            "u", units: units(["a", "b"]) + units(["i"], rate: .idle), running: [])
        for (index, step) in steps.split(separator: " ").enumerated() {
            let unit = UnitID(step.dropFirst())!
            if step.first == "+" {
                ledger.begin(unit)
            } else {
                ledger.end(unit, at: .seconds(index))
            }
        }
        #expect(full(&ledger, at: second) == expected, Comment(rawValue: behaviour))
    }

    @Test func `reads units configured for it always at full rate`() {
        var ledger = DemandLedger()
        ledger.configure("u", units: units(["f"], rate: .full) + units(["a"]), running: [])
        #expect(full(&ledger, at: 0) == "f")
    }

    private let letters = (0..<20).map { String(UnicodeScalar(UInt8(97 + $0))) }

    @Test func `gives 13 units full rate: configured ones, then the newest viewers'`() {
        var ledger = DemandLedger()
        ledger.configure(
            "u", units: units(["A", "B"], rate: .full) + units(letters), running: [])
        for letter in letters { ledger.begin(UnitID(letter)!) }
        // t is the newest; eleven places are left beside A and B.
        #expect(full(&ledger, at: 0) == "ABjklmnopqrst")
        // Those who only linger give way to those who watch.
        ledger.end(UnitID("t")!, at: .zero)
        #expect(full(&ledger, at: 1) == "ABijklmnopqrs")
        // A new viewer of an old unit makes it the newest.
        ledger.begin(UnitID("a")!)
        #expect(full(&ledger, at: 2) == "ABajklmnopqrs")
    }

    // What 13 places are given to, in words: rule needs, configured rates, viewers.
    @Test func `gives rules' units full rate before configured ones and viewers'`() {
        var ledger = DemandLedger()
        ledger.configure(
            "u", units: units(["A", "B"], rate: .full) + units(letters), running: [])
        ledger.begin(UnitID("t")!)
        #expect(ledger.setRuleNeeds(Set(letters.prefix(12).map { UnitID($0)! })) == ["u"])
        #expect(full(&ledger, at: 0) == "Aabcdefghijkl")
        #expect(ledger.setRuleNeeds([UnitID("a")!, UnitID("B")!]) == ["u"])
        #expect(full(&ledger, at: 0) == "ABat")
        #expect(ledger.setRuleNeeds([UnitID("a")!, UnitID("B")!, UnitID("z")!]) == [])
    }

    // Units: f configured full, i configured idle, r needed by a rule, v looked at, l just left,
    // u unwanted, m wanted without a feed while 13 run. x: 13 places are taken by others.
    @Test(arguments: [
        ("f", UnitRate.Reason.configuredFull, true), ("i", .configuredIdle, false),
        ("r", .rule, true), ("v", .viewer, true), ("l", .lingering, true),
        ("u", .unwanted, false), ("m", .monitorsFull, false), ("vx", .upstreamFull, false),
        ("fx", .upstreamFull, false), ("lx", .upstreamFull, false), ("ix", .configuredIdle, false),
        ("ux", .unwanted, false), ("mx", .upstreamFull, false),
    ])
    func `gives each unit its reason`(name: String, reason: UnitRate.Reason, isFull: Bool) {
        var ledger = DemandLedger()
        let unit = UnitID(String(name.first!))!
        let others = name.hasSuffix("x") ? (0..<13).map { "o\($0)" } : []
        let rate: Unit.Rate = name.first == "f" ? .full : name.first == "i" ? .idle : .auto
        var running = Set((name.first == "m" ? 0..<13 : 0..<0).map { "stranger\($0)" })
        if name.first != "m" { running.insert(unit.name) }
        running.formUnion(others)
        ledger.configure(
            "u", units: units([unit.name], rate: rate) + units(others), running: running)
        var needs = Set(others.map { UnitID($0)! })
        if name.first == "r" { needs.insert(unit) }
        _ = ledger.setRuleNeeds(needs)
        if "vlim".contains(name.first!) { ledger.begin(unit) }
        if name.first == "l" { ledger.end(unit, at: .zero) }
        let (rates, until) = ledger.rates(of: "u", at: .seconds(10))
        #expect(
            rates[unit]
                == UnitRate(
                    isFull: isFull, reason: reason,
                    viewerCount: "vim".contains(name.first!) ? 1 : 0))
        #expect(until == (name.first == "l" ? .seconds(30) : nil))
        #expect(rates.values.count { $0.isFull } == others.count + (isFull ? 1 : 0))
    }

    @Test func `forgets viewers of units that no upstream lists once they left`() {
        var ledger = DemandLedger()
        ledger.begin(UnitID("a")!)
        ledger.begin(UnitID("b")!)
        ledger.end(UnitID("a")!, at: .zero)
        ledger.configure("u", units: units(["a", "b"]), running: [])
        #expect(full(&ledger, at: 1) == "b")
        ledger.forget("u")
        #expect(ledger.home(of: UnitID("b")!) == nil)
        #expect(full(&ledger, at: 1) == "")
    }

    @Test func `keeps upstreams apart`() {
        var ledger = DemandLedger()
        ledger.configure("u", units: units(letters), running: [])
        ledger.configure("v", units: units(["x"], at: "v"), running: [])
        for name in letters + ["x"] { ledger.begin(UnitID(name)!) }
        #expect(fullUnits(&ledger, at: 0).count == 13)
        #expect(full(&ledger, at: 0, of: "v") == "x")
        #expect(full(&ledger, at: 0, of: "w") == "")
    }

    @Test func `watches a unit without a feed only while fewer than 13 run there`() {
        var ledger = DemandLedger()
        let strangers = Set((0..<10).map { "stranger\($0)" })
        ledger.configure(
            "u", units: units(["a", "b", "c", "d"]), running: strangers.union(["a", "b"]))
        for name in ["a", "b", "c", "d"] { ledger.begin(UnitID(name)!) }
        // Twelve run; d came last and takes the thirteenth place.
        #expect(full(&ledger, at: 0) == "abd")
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `never exceeds its bound, and serves all while it can`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ledger = DemandLedger()
        let fullCount = Int.random(in: 0...15, using: &random)
        ledger.configure(
            "u",
            units: units((0..<fullCount).map { "f\($0)" }, rate: .full) + units(letters),
            running: [])
        var viewers: [String: Int] = [:]
        for second in 0..<200 {
            let letter = letters.randomElement(using: &random)!
            if Bool.random(using: &random) {
                ledger.begin(UnitID(letter)!)
                viewers[letter, default: 0] += 1
            } else {
                ledger.end(UnitID(letter)!, at: .seconds(second))
                viewers[letter] = max(0, viewers[letter, default: 0] - 1)
            }
            let full = fullUnits(&ledger, at: second)
            let watched = viewers.filter { $0.value > 0 }.keys
            #expect(full.count <= 13)
            if fullCount + watched.count <= 13 {
                #expect(watched.allSatisfy { full.contains(UnitID($0)!) })
            } else {
                #expect(full.count == 13)
            }
        }
    }
}
