//  DemoHistory.swift · earshot

import Logging
import Monitoring
import ServiceLifecycle
import Simulator
import Store

/// Fills the days that have no reading with a made-up past, newest day first, while the service
/// already runs, and records its events as `replay --record` does.
struct DemoHistory: Service {
    private let store: LevelStore
    private let registry: SQLiteRegistry
    private let simulation: SimulatorConfiguration
    private let logger: Logger
    /// Newest first.
    private let missing: [Missing]
    private let range: TimeRange

    /// A day of which nothing is there of some units.
    private struct Missing {
        /// Days before the day of now.
        let age: Int64
        let range: TimeRange
        /// Positions in the simulated roster.
        let units: [Int]
    }

    /// To be made before anything is read: what is missing is decided here.
    init(
        store: LevelStore, registry: SQLiteRegistry, simulation: SimulatorConfiguration,
        now: Timestamp, days: Int, logger: Logger
    ) async throws {
        self.store = store
        self.registry = registry
        self.simulation = simulation
        self.logger = logger
        let today = DemoSite.midnight(of: now)
        let end = Timestamp(milliseconds: now.milliseconds / 1000 * 1000)
        range = TimeRange(
            start: today.advanced(byMilliseconds: -Int64(days) * 86_400_000), end: end)!
        var missing: [Missing] = []
        for age in 0..<Int64(days > 0 ? days + 1 : 0) {
            let start = today.advanced(byMilliseconds: -age * 86_400_000)
            let stop = age == 0 ? end : start.advanced(byMilliseconds: 86_400_000)
            guard let day = TimeRange(start: start, end: stop) else { continue }
            var units: [Int] = []
            for (number, name) in simulation.unitNames.enumerated() {
                guard let unit = UnitID(name) else { continue }
                let first = try await store.history.frames(of: unit, in: day, limit: 1)
                if first.columns.count == 0 { units.append(number) }
            }
            if !units.isEmpty { missing.append(Missing(age: age, range: day, units: units)) }
        }
        self.missing = missing
    }

    func run() async throws {
        for day in missing {
            if Task.isShuttingDownGracefully || Task.isCancelled { return }
            var imports: [UnitID: FrameColumns] = [:]
            for number in day.units {
                imports[UnitID(simulation.unitNames[number])!] = await made(day, number)
            }
            _ = try await store.importFrames(imports)
        }
        if !missing.isEmpty {
            try await recordEvents()
            logger.info("the made-up past is there", metadata: ["days": "\(missing.count)"])
        }
        try? await gracefulShutdown()
    }

    /// Off the caller's executor: a day takes some tenths of a second to make.
    @concurrent
    private func made(_ day: Missing, _ number: Int) async -> FrameColumns {
        var columns = FrameColumns()
        for (index, part) in DemoSite.measured(day.range, age: day.age, unit: number).enumerated() {
            columns.append(
                SimulatedHistory.frames(
                    in: part, ofUnit: number, stretch: UInt64(day.age * 8) + UInt64(index) + 1,
                    configuration: simulation))
        }
        return columns
    }

    private func recordEvents() async throws {
        let past = ImportedPast(history: store.history, registry: registry)
        for unit in simulation.unitNames.compactMap({ UnitID($0) }) {
            if Task.isShuttingDownGracefully || Task.isCancelled { return }
            for event in try await past.recordEvents(of: unit, in: range).new {
                try await review(event)
            }
        }
    }

    /// What people said of a breach of the week before yesterday. Newer ones wait for somebody.
    private func review(_ event: SoundEvent) async throws {
        guard let cleared = event.clearedAt,
            range.end.milliseconds(since: cleared) > 2 * 86_400_000
        else { return }
        let words = DemoSite.words(about: event)
        let read = cleared.advanced(byMilliseconds: 5_400_000)
        if let comment = words.comment {
            _ = try await registry.comment(
                event.id, .init(at: read, by: DemoSite.reviewer, note: comment))
        }
        if let note = words.acknowledgement {
            _ = try await registry.acknowledge(
                event.id,
                .init(
                    at: read.advanced(byMilliseconds: 240_000), by: DemoSite.reviewer, note: note))
        }
    }
}
