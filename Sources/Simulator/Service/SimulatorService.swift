//  SimulatorService.swift · Simulator
//
//  The shell: ports, a clock and files around upstreams.
//
//      UpstreamHost ─ Simulation ─ SimulatedUpstream      one each for every upstream
//              └───── SimulatorControl ┘                  one for all: faults, counts

package import Logging
package import Monitoring
import NIOCore
import ServiceLifecycle
import Synchronization
import Web

/// Simulated upstreams, each on a port, until a shutdown.
package struct SimulatorService: Service {
    private let configuration: SimulatorConfiguration
    private let clock: any WallClock
    private let logger: Logger
    private let onPorts: @Sendable (SimulatorPorts) async -> Void
    private let simulations: [Simulation]
    private let control: SimulatorControl

    /// - Parameters:
    ///   - clock: real time; the play's own is derived from it.
    ///   - onReady: called once when all ports accept connections, with the first upstream's.
    package init(
        configuration: SimulatorConfiguration, clock: any WallClock, logger: Logger,
        onReady: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        self.init(
            configuration: configuration, clock: clock, logger: logger,
            onPorts: { await onReady($0.upstreams[0]) })
    }

    /// - Parameter onPorts: called once when all ports accept connections.
    package init(
        configuration: SimulatorConfiguration, clock: any WallClock, logger: Logger,
        onPorts: @escaping @Sendable (SimulatorPorts) async -> Void
    ) {
        self.configuration = configuration
        self.clock = clock
        self.logger = logger
        self.onPorts = onPorts
        simulations = configuration.parts.map(Simulation.init)
        control = SimulatorControl(simulations, configuration)
    }

    /// Plays until a graceful shutdown or cancellation. Once.
    ///
    /// - Throws: ``SimulatorError`` when the configuration is wrong or a journal cannot be
    ///   written, `WebListenerError` when a port cannot be used.
    package func run() async throws {
        try configuration.check()
        for fault in configuration.allFaults { try control.add(fault) }
        let sent = try configuration.journal.map { try FrameJournal(path: $0) }
        let taken = try configuration.readingsJournal.map { try FrameJournal(path: $0) }
        let bound = BoundPorts(
            upstreams: simulations.count, hasControl: configuration.control != nil, onPorts)
        let outcome = await withThrowingTaskGroup(of: Void.self) { group in
            for (index, simulation) in simulations.enumerated() {
                let host = UpstreamHost(
                    configuration: configuration, port: configuration.port(ofUpstream: index),
                    simulation: simulation, control: control, logger: logger,
                    onBound: { await bound.note($0, ofUpstream: index) })
                group.addTask { try await host.run() }
            }
            if let address = configuration.control {
                var quiet = logger
                quiet.logLevel = .critical
                let listener = WebListener(
                    name: "control", host: address.host, port: address.port,
                    responder: ControlResponder(control: control), sockets: NoWebSockets(),
                    onBound: { await bound.noteControl($0) }, logger: quiet)
                group.addTask { try await listener.run() }
            }
            group.addTask { try await play(sent: sent, taken: taken) }
            // Whichever ends first, ends all: a port by a shutdown, the play by a full disk.
            defer { group.cancelAll() }
            return await group.nextResult()
        }
        try write(sent, taken)
        try sent?.close()
        try taken?.close()
        try outcome?.get()
    }

    private func play(sent: FrameJournal?, taken: FrameJournal?) async throws {
        while !Task.isCancelled {
            for simulation in simulations { simulation.tick(clock.now) }
            try write(sent, taken)
            try? await Task.sleep(for: .milliseconds(Simulation.tickMilliseconds))
        }
    }

    private func write(_ sent: FrameJournal?, _ taken: FrameJournal?) throws {
        guard sent != nil || taken != nil else { return }
        for simulation in simulations {
            let lines = simulation.takeJournal()
            try sent?.write(lines.sent)
            try taken?.write(lines.taken)
        }
    }
}

// For tests and demos in the same process.
extension SimulatorService {
    /// What was sent so far, by unit; see ``SimulatorConfiguration/sameNames`` for their names.
    package var counters: [String: FrameCounters] {
        var sum: [String: FrameCounters] = [:]
        for (index, simulation) in simulations.enumerated() {
            for (unit, counters) in simulation.counters {
                sum[configuration.label(of: unit, upstream: index)] = counters
            }
        }
        return sum
    }

    /// Whether any upstream answers nothing now: frozen, or stalled.
    package var isSilent: Bool { simulations.contains(where: \.isSilent) }

    package var stats: SimulatorStats { control.stats }

    /// Simulated time since the play began.
    package var elapsed: Duration { control.elapsed }

    /// Pulls a unit's plug, or puts it back in, at each upstream that has it: its feed becomes
    /// unreachable and comes back as with the real upstream.
    package func setPlugged(_ isPlugged: Bool, unit: String) {
        for simulation in simulations { simulation.setPlugged(isPlugged, unit: unit) }
    }

    /// Adds a fault to those of the configuration.
    /// - Returns: its id.
    /// - Throws: ``SimulatorError`` when there is no such target, or the kind is not for it.
    @discardableResult
    package func add(_ fault: Fault) throws(SimulatorError) -> Int { try control.add(fault) }

    /// Begins a fault now, until it is removed.
    /// - Throws: as ``add(_:)``.
    @discardableResult
    package func begin(
        _ kind: FaultKind, of target: Fault.Target, seconds: Int? = nil
    ) throws(SimulatorError) -> Int {
        try control.add(Fault(kind, of: target, from: control.elapsed, seconds: seconds))
    }

    /// Ends a fault now.
    package func removeFault(id: Int) { _ = control.remove(id: id) }

    package func removeFaults() { control.removeAll() }
}

/// Where a simulator listens.
package struct SimulatorPorts: Hashable, Sendable {
    package internal(set) var upstreams: [Int]
    /// Of `SimulatorConfiguration.control`.
    package internal(set) var control: Int?
}

/// Collects ports until all are there.
private actor BoundPorts {
    private var upstreams: [Int?]
    private var control: Int?
    private let hasControl: Bool
    private let onPorts: @Sendable (SimulatorPorts) async -> Void

    init(
        upstreams: Int, hasControl: Bool,
        _ onPorts: @escaping @Sendable (SimulatorPorts) async -> Void
    ) {
        self.upstreams = Array(repeating: nil, count: upstreams)
        self.hasControl = hasControl
        self.onPorts = onPorts
    }

    func note(_ port: Int, ofUpstream index: Int) async {
        upstreams[index] = port
        await announce()
    }

    func noteControl(_ port: Int) async {
        control = port
        await announce()
    }

    private func announce() async {
        let ports = upstreams.compactMap { $0 }
        guard ports.count == upstreams.count, !hasControl || control != nil else { return }
        await onPorts(SimulatorPorts(upstreams: ports, control: control))
    }
}
