//  SimulationTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `Thirty days with crashes` {
    @Test(arguments: [1, 2] as [UInt64])
    func `wherever they are, a replay comes to what was recorded`(seed: UInt64) async throws {
        var simulation = Simulation(seed: seed, crashes: .anywhere)
        try await simulation.run()
        let count = try await check(simulation, seed)
        #expect(count > 50)
        #expect(simulation.crashCount > 50)
    }

    @Test(arguments: [3] as [UInt64])
    func `come to the same events as without any`(seed: UInt64) async throws {
        var (calm, rough) = (
            Simulation(seed: seed, crashes: .none), Simulation(seed: seed, crashes: .settled)
        )
        try await calm.run()
        try await rough.run()
        #expect(try await check(calm, seed) > 50)
        #expect(try await check(rough, seed) > 50)
        #expect(rough.crashCount > 20)
        let comparison = EventComparison(recorded: calm.ledger.events, replayed: rough.ledger.events)
        #expect(comparison.isSame, "\(comparison.differences.prefix(5))")
        // Those of watchdogs, too.
        let keys = Set(calm.ledger.events.map(\.key))
        #expect(keys.symmetricDifference(rough.ledger.events.map(\.key)) == [])
    }

    /// - Returns: how many events are the same.
    private func check(_ simulation: Simulation, _ seed: UInt64) async throws -> Int {
        let desk = ReplayDesk(history: simulation.store, ledger: simulation.ledger)
        var replayed: [SoundEvent] = []
        for unit in Set(simulation.ledger.journal.map(\.unit)) {
            let replay = try await desk.replay(unit: unit)
            replayed += try #require(replay).events
        }
        let comparison = EventComparison(recorded: simulation.ledger.events, replayed: replayed)
        print(
            "seed \(seed): \(simulation.days) days, \(comparison.sameCount) events,"
                + " \(simulation.crashCount) crashes, differences \(comparison.differenceCount)")
        #expect(comparison.isSame, "\(comparison.differences.prefix(5))")
        #expect(simulation.ledger.reopened == [])
        #expect(simulation.lost == [])
        return comparison.sameCount
    }
}
