//  SimulatorService.swift · Simulator
//
//  The shell: a port, a clock and a file around `Simulation`.

import HTTPTypes
import Hummingbird
package import Logging
package import Monitoring
import NIOCore
import ServiceLifecycle
import Web

/// A simulated upstream on one port, until it is shut down.
package struct SimulatorService: Service {
    private let configuration: SimulatorConfiguration
    private let clock: any WallClock
    private let logger: Logger
    private let onReady: @Sendable (Int) async -> Void
    private let simulation: Simulation

    /// - Parameters:
    ///   - clock: real time; the play's own is derived from it.
    ///   - onReady: called once when the port accepts connections, with its number.
    package init(
        configuration: SimulatorConfiguration, clock: any WallClock, logger: Logger,
        onReady: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        self.onReady = onReady
        simulation = Simulation(configuration)
    }

    /// Plays until a graceful shutdown or cancellation. Once.
    ///
    /// - Throws: ``SimulatorError`` when the configuration is wrong or the journal cannot be
    ///   written, `WebListenerError` when the port cannot be used.
    package func run() async throws {
        try configuration.check()
        let journal = try configuration.journal.map { try FrameJournal(path: $0) }
        var listening = WebListener.Configuration()
        // A slow reader loses frames; it is not sent away, as it would not be by the real one.
        listening.socketLimits.waitingMessages = configuration.subscriberQueueMax
        listening.socketLimits.blocked = .minutes(10)
        // What the real one's server keeps an idle connection for, by default.
        listening.idle = .seconds(5)
        let listener = WebListener(
            name: "simulator", host: configuration.host, port: configuration.port,
            configuration: listening,
            responder: SimulatorResponder(configuration: configuration, simulation: simulation),
            sockets: FeedRouting(simulation: simulation), onBound: onReady, logger: logger)
        let outcome = await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.run() }
            group.addTask { try await play(into: journal) }
            // Whichever ends first, ends both: the port by a shutdown, the play by a full disk.
            defer { group.cancelAll() }
            return await group.nextResult()
        }
        try journal?.write(simulation.takeJournal())
        try journal?.close()
        try outcome?.get()
    }

    private func play(into journal: FrameJournal?) async throws {
        while !Task.isCancelled {
            simulation.tick(clock.now)
            try journal?.write(simulation.takeJournal())
            try? await Task.sleep(for: .milliseconds(Simulation.tickMilliseconds))
        }
    }

    /// What was sent so far, by unit.
    package var counters: [String: FrameCounters] { simulation.counters }

    /// Pulls a unit's plug, or puts it back in: its feed becomes unreachable and comes back as
    /// with the real upstream.
    package func setPlugged(_ isPlugged: Bool, unit: String) {
        simulation.setPlugged(isPlugged, unit: unit)
    }
}
