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
        abstract: "The whole thing with simulated meters, a project and two weeks of history.",
        discussion: """
            Prints `open URL` for an operator and `client URL` for a client. The project has six \
            locations: one is above its limit, one meter's readings are delayed, one was stopped.

            The data folder is its own, beside the service's; what it holds is kept, so that a \
            second demo goes on where the first ended, with new URLs. Nothing leaves the machine.
            """)

    @Option(help: "Data folder. [EARSHOT_DATA, $XDG_DATA_HOME/earshot-demo]", completion: .directory)
    var data: String?

    @Option(help: "How many meters, 7 to 13; those beyond the project's are assigned nowhere.")
    var units = DemoSite.unitCount

    @Option(help: "Days of history to make up where there is none, 0 to 400.")
    var historyDays = 14

    @OptionGroup var service: ServiceOptions
    @OptionGroup var log: LogOptions

    private static let seed: UInt64 = 20
    /// By what the demo's own token and link are known, to end them when new ones are made.
    private static let name = "demo"
    private static let lifetimeMilliseconds: Int64 = 30 * 86_400_000

    func run() async throws {
        guard (DemoSite.unitCount...13).contains(units), (0...400).contains(historyDays) else {
            throw Failure(
                .usage,
                "Give --units from \(DemoSite.unitCount) to 13 and --history-days from 0 to 400.")
        }
        let all = try settings().checked()
        let settings = try ServiceSettings(all)
        let logger = Logger(all)
        let folder = try DataFolder(path: try all.dataFolder())
        let now = SystemClock().now
        var configuration = SimulatorConfiguration(units: units)
        configuration.port = 0
        configuration.seed = Self.seed
        configuration.faults = DemoSite.faults
        configuration.works = DemoWorks(now: now, days: historyDays, seed: Self.seed).byUnit
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
            try await DemoSite(now: now, days: historyDays).provision(in: registry)
            let composition = try await Composition(
                folder: folder, settings: settings, upstreams: [upstream], logger: logger,
                onReady: { operatorURL, portalURL in
                    try await invite(operatorURL, portalURL, registry)
                })
            let past = try await DemoHistory(
                store: composition.store, registry: registry, simulation: simulation, now: now,
                days: historyDays, logger: logger)
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
        // A demo shows quick share, too; but not to a network.
        sources.fallbacks[Setting.openLinks.key] = "true"
        let settings = sources.settle()
        if settings.problems.isEmpty, settings.address(.portalListen).isLoopback { return settings }
        sources.fallbacks[Setting.openLinks.key] = nil
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

    /// Prints new ways in, and ends those of the demo before.
    private func invite(
        _ operatorURL: String, _ portalURL: String, _ registry: SQLiteRegistry
    ) async throws {
        let now = SystemClock().now
        let expires = now.advanced(byMilliseconds: Self.lifetimeMilliseconds)
        for record in try await registry.tokenRecords()
        where record.token.name == Self.name && record.revoked == nil {
            _ = try await registry.revokeToken(record.token.id, now: now)
        }
        let token = try registry.createToken(
            name: Self.name, scope: .admin, now: now, expires: expires)
        Output.line("open \(operatorURL)/sign-in#\(token)")
        for link in try await registry.links(of: DemoSite.client)
        where link.label == Self.name && link.revoked == nil {
            _ = try await registry.revoke(link: link.id, of: DemoSite.client, at: now)
        }
        let draft = PortalLinkDraft(client: DemoSite.client, label: Self.name, expires: expires)
        if let (_, secret) = try await registry.makeLink(draft, at: now) {
            Output.line("client \(portalURL)/portal/enter/\(secret)")
        }
    }
}
