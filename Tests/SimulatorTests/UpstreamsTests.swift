//  UpstreamsTests.swift · SimulatorTests
//
//  Several upstreams in one simulator, and the journals of what they did.

import Monitoring
import Testing

@testable import Simulator

@Suite struct `Several upstreams` {
    @Test func `share the units evenly, each with its own levels`() throws {
        var configuration = SimulatorConfiguration(units: 10)
        configuration.upstreams = 4
        try configuration.check()
        #expect(configuration.parts.map(\.unitNames.count) == [3, 3, 2, 2])
        #expect(configuration.parts.flatMap(\.unitNames) == configuration.unitNames)
        let seeds = configuration.parts.flatMap { part in
            part.unitNames.indices.map(part.seed(ofUnit:))
        }
        #expect(seeds == configuration.unitNames.indices.map(configuration.seed(ofUnit:)))
        #expect(Set(seeds).count == 10)
        #expect((0..<4).map(configuration.port(ofUpstream:)) == [8100, 8101, 8102, 8103])
    }

    @Test func `may have units of the same names, told apart by number`() throws {
        var configuration = SimulatorConfiguration(units: 5)
        configuration.upstreams = 2
        configuration.sameNames = true
        try configuration.check()
        #expect(
            configuration.parts.map(\.unitNames) == [
                ["NL43-0001", "NL43-0002", "NL43-0003"], ["NL43-0001", "NL43-0002"],
            ])
        #expect(configuration.parts.map { $0.label(of: "NL43-0002") } == ["NL43-0002/1", "NL43-0002/2"])
        #expect(configuration.parts[0].seed(ofUnit: 0) != configuration.parts[1].seed(ofUnit: 0))
        let places = configuration.places(of: .unit("NL43-0003")).map(\.upstream)
        #expect(places == [0])
        #expect(configuration.places(of: .unit("NL43-0002")).map(\.upstream) == [0, 1])
        #expect(configuration.places(of: .units).count == 5)
    }

    @Test(arguments: [
        (0, 8100, "the number of upstreams must be 1 to 100"),
        (101, 8100, "the number of upstreams must be 1 to 100"),
        (3, 8100, "each upstream must have a unit: 3 upstreams need as many units"),
        (2, 65_535, "the ports from 65535 are fewer than the upstreams: begin with a lower one"),
    ])
    func `that cannot be say why`(upstreams: Int, port: Int, sentence: String) {
        var configuration = SimulatorConfiguration(units: 2)
        configuration.upstreams = upstreams
        configuration.port = port
        #expect(throws: SimulatorError.configuration(problem: sentence)) {
            try configuration.check()
        }
    }
}

@Suite struct `A journal of readings` {
    private let start = Timestamp(milliseconds: 1_795_451_711_520)

    @Test func `has each reading once, at the time that /status shows`() throws {
        var configuration = SimulatorConfiguration(units: 2)
        configuration.exactCadence = true
        configuration.readingsJournal = "not opened here"
        let simulation = Simulation(configuration)
        simulation.add(
            Fault(.noLevels, of: .unit("NL43-0002"), from: .seconds(4)).entries(id: 1),
            unit: "NL43-0002")
        var expected: [String] = []
        for second in 0...6 {
            simulation.tick(start.advanced(byMilliseconds: Int64(second) * 1000))
            while simulation.elapsed < .seconds(second) {
                simulation.tick(start.advanced(byMilliseconds: Int64(second) * 1000))
            }
            for unit in configuration.unitNames {
                let data = simulation.answer(
                    method: "GET", segments: ["api", "nl43", unit, "status"], query: { _ in nil }
                ).body["data"]
                let lp = try unwrap(data?["lp"]?.string)
                expected.append(
                    "\(unit),\(try unwrap(data?["last_seen"]?.string)),\(lp == "-.-" ? "" : lp)")
            }
        }
        let lines = String(decoding: simulation.takeJournal().taken, as: UTF8.self)
            .split(separator: "\n").map(String.init)
        #expect(lines.sorted() == expected.sorted())
        #expect(lines.count == 14)
        #expect(simulation.takeJournal() == JournalLines())
    }
}
