//  DemoCommand.swift · earshot
//
//  Everything at once, in one process: simulated meters, service, pages, and a past behind them.

import ArgumentParser
import Logging
import Monitoring
import ServiceLifecycle
import Simulator
import Store

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The whole thing with simulated meters and two weeks of history.",
        discussion: """
            Prints the URL to open. The data folder is its own, beside the service's; what it \
            holds is kept, so that a second demo goes on where the first ended.
            """)

    @Option(help: "Data folder. [EARSHOT_DATA, $XDG_DATA_HOME/earshot-demo]", completion: .directory)
    var data: String?

    @Option(help: "How many meters, 1 to 13.")
    var units = 3

    @Option(help: "Days of history to make up in an empty data folder, 0 to 400.")
    var historyDays = 14

    @OptionGroup var service: ServiceOptions
    @OptionGroup var log: LogOptions

    private static let seed: UInt64 = 20

    func run() async throws {
        guard (1...13).contains(units), (0...400).contains(historyDays) else {
            throw Failure(.usage, "Give --units from 1 to 13 and --history-days from 0 to 400.")
        }
        let all = try settings().checked()
        let settings = try ServiceSettings(all)
        let logger = Logger(all)
        let folder = try DataFolder(path: try all.dataFolder())
        var configuration = SimulatorConfiguration(units: units)
        configuration.port = 0
        configuration.seed = Self.seed
        let simulation = configuration

        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                let simulator = SimulatorService(
                    configuration: simulation, clock: SystemClock(), logger: logger
                ) { announce.yield($0) }
                defer { announce.finish() }
                try await simulator.run()
            }
            guard let port = await ports.first(where: { _ in true }) else {
                try await group.waitForAll()
                return
            }
            let upstream = Upstream(id: "simulator", url: "http://127.0.0.1:\(port)")
            let registry = try folder.openRegistry()
            try await adopt(simulation.unitNames, of: upstream, in: registry)
            let composition = try await Composition(
                folder: folder, settings: settings, upstreams: [upstream], logger: logger,
                onReady: { operatorURL in try invite(to: operatorURL, registry) })
            let past = DemoHistory(
                store: composition.store, simulation: simulation, days: historyDays, logger: logger)
            try await Program.run(composition.services + [past], logger: logger)
            group.cancelAll()
        }
    }

    /// No file counts: it is about the real service, whose data folder is not for play.
    private func settings() throws -> Settings {
        let home = DataOptions.home().map { $0 + "/earshot-demo" }
        var flags = service.flags.merging(log.flags) { $1 }
        flags[Setting.data.key] = data.map { [$0] }
        var sources = SettingsSources.process(flags: flags, file: .none)
        sources.fallbacks[Setting.data.key] = home
        return sources.settle()
    }

    /// The simulated meters are known to show L1 and L10, A-weighted, Fast.
    private func adopt(
        _ names: [String], of upstream: Upstream, in registry: SQLiteRegistry
    ) async throws {
        for var unit in try await registry.adopt(names, of: upstream) {
            unit.ln1Percent = 1
            unit.ln2Percent = 10
            unit.frequencyWeighting = "A"
            unit.timeWeighting = "F"
            try await registry.update(unit)
        }
    }

    private func invite(to operatorURL: String, _ registry: SQLiteRegistry) throws {
        let now = SystemClock().now
        let token = try registry.createToken(
            name: "demo", scope: .admin, now: now,
            expires: now.advanced(byMilliseconds: 30 * 86_400_000))
        Output.line("open \(operatorURL)/sign-in#\(token)")
    }
}

/// Fills an empty store with a made-up past, newest day first, while the service already runs.
struct DemoHistory: Service {
    let store: LevelStore
    let simulation: SimulatorConfiguration
    let days: Int
    let logger: Logger

    func run() async throws {
        let history = store.history
        let empty = simulation.unitNames.compactMap(UnitID.init).enumerated().filter {
            history.completeUntil($1) == nil
        }
        let end = SystemClock().now.milliseconds / 1000 * 1000
        for day in 0..<Int64(days) {
            if Task.isShuttingDownGracefully || Task.isCancelled { return }
            let range = TimeRange(
                start: Timestamp(milliseconds: end - (day + 1) * 86_400_000),
                end: Timestamp(milliseconds: end - day * 86_400_000))!
            var imports: [UnitID: FrameColumns] = [:]
            for (number, unit) in empty {
                imports[unit] = await made(range, number: number, day: day)
            }
            _ = try await store.importFrames(imports)
        }
        if !empty.isEmpty { logger.info("the made-up past is there", metadata: ["days": "\(days)"]) }
        try? await gracefulShutdown()
    }

    /// Off the caller's executor: a day takes some tenths of a second to make.
    @concurrent
    private func made(_ range: TimeRange, number: Int, day: Int64) async -> FrameColumns {
        SimulatedHistory.frames(
            in: range, ofUnit: number, stretch: UInt64(day) + 1, configuration: simulation)
    }
}
