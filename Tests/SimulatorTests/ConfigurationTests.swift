//  ConfigurationTests.swift · SimulatorTests

import HTTPTypes
import Monitoring
import Testing
import Web

@testable import Simulator

@Suite struct `A simulator's configuration` {
    @Test func `names units by number`() throws {
        let configuration = SimulatorConfiguration(units: 1000)
        #expect(configuration.unitNames.first == "NL43-0001")
        #expect(configuration.unitNames.last == "NL43-1000")
        try configuration.check()
    }

    static let mistakes: [(String, @Sendable (inout SimulatorConfiguration) -> Void)] = [
        ("each unit must have a name of its own", { $0.unitNames = ["a", "a"] }),
        ("the number of units must be 1 to 1000", { $0.unitNames = [] }),
        (
            "`a b` cannot name a unit: use letters, digits, - and _, at most 64",
            { $0.unitNames = ["a b"] }
        ),
        ("the speed must be 1 to 10,000", { $0.speed = 0.5 }),
        ("the speed must be 1 to 10,000", { $0.speed = 10_001 }),
        (
            "a day can end now only when it is played faster than real time",
            { $0.endingNow = true }
        ),
        (
            "a day that ends now cannot have a start of its own",
            {
                $0.endingNow = true
                $0.speed = 2
                $0.start = Timestamp(milliseconds: 0)
            }
        ),
        (
            "only a recorded day can end now",
            {
                $0.endingNow = true
                $0.speed = 2
            }
        ),
        (
            "the percentages must be five, ascending, from 1 to 99",
            { $0.percentages = [1, 50, 10, 90, 95] }
        ),
    ]

    @Test(arguments: mistakes)
    func `that is wrong says why`(
        sentence: String, change: @Sendable (inout SimulatorConfiguration) -> Void
    ) {
        var configuration = SimulatorConfiguration()
        change(&configuration)
        #expect(throws: SimulatorError.configuration(problem: sentence)) {
            try configuration.check()
        }
    }
}

@Suite struct `The simulator's WebSockets` {
    private let simulation = Simulation(SimulatorConfiguration())

    @Test(arguments: ["/api/nl43/u/stream", "/api/nl43//monitor", "/api/nl43/monitor", "/"])
    func `are refused off the monitor path`(path: String) async {
        let request = HTTPRequest(method: .get, scheme: nil, authority: nil, path: path)
        let decision = await FeedRouting(simulation: simulation).decide(request, from: "")
        guard case .refuse(let answer) = decision else {
            Issue.record("accepted \(path)")
            return
        }
        #expect(answer.status == .forbidden)
    }

    @Test func `lose frames silently, and count them`() async throws {
        let request = HTTPRequest(
            method: .get, scheme: nil, authority: nil, path: "/api/nl43/NL43-0001/monitor?x=1")
        let decision = await FeedRouting(simulation: simulation).decide(request, from: "")
        guard case .accept(let peer) = decision else { throw MissingValue() }
        #expect(peer.notice(ofDropped: 3) == nil)
        #expect(simulation.counters["NL43-0001"]?.lost == 3)
        peer.closed()
    }
}
