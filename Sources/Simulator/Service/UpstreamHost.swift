//  UpstreamHost.swift · Simulator
//
//  The port of one upstream, which is closed and opened again while faults refuse connections:
//
//      listening ──refuse──▶ all connections cut, port closed ──accept──▶ listening, same port

import Logging
import NIOCore
import ServiceLifecycle
import Web

/// One upstream on one port, until a shutdown.
struct UpstreamHost: Service {
    let configuration: SimulatorConfiguration
    let port: Int
    let simulation: Simulation
    let control: SimulatorControl
    let logger: Logger
    /// Called once, with the port's number.
    let onBound: @Sendable (Int) async -> Void

    private enum Ending { case stopped, refused }

    func run() async throws {
        var port = port
        var isFirst = true
        while try await listen(on: &port, isFirst: isFirst) == .refused {
            isFirst = false
            let wires = simulation.wires
            await cancelWhenGracefulShutdown {
                _ = await wires.refusals.first { !$0 }
            }
            if Task.isCancelled || Task.isShuttingDownGracefully { return }
        }
    }

    private func listen(on port: inout Int, isFirst: Bool) async throws -> Ending {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let listener = listener(port: port) { number in
            bound.yield(number)
            if isFirst { await onBound(number) }
        }
        let wires = simulation.wires
        // The server waits for its WebSockets, so that somebody must cut them.
        let ending = try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Ending.self) { group in
                group.addTask {
                    try await run(listener, retrying: !isFirst)
                    return .stopped
                }
                group.addTask {
                    // Ended by a refusal, or by cancellation.
                    await wires.refusals.first { $0 } == nil ? .stopped : .refused
                }
                let ending = try await group.next()!
                group.cancelAll()
                wires.cutAll()
                return ending
            }
        } onCancel: {
            wires.stop()
        }
        bound.finish()
        for await number in ports { port = number }
        return ending
    }

    private func run(_ listener: () -> WebListener, retrying: Bool) async throws {
        while true {
            do {
                return try await listener().run()
            } catch WebListenerError.portInUse where retrying {
                // Somebody else had the free port for a moment.
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func listener(
        port: Int, onBound: @escaping @Sendable (Int) async -> Void
    ) -> @Sendable () -> WebListener {
        var listening = WebListener.Configuration()
        // A slow reader loses frames; it is not sent away, as it would not be by the real one.
        listening.socketLimits.waitingMessages = configuration.subscriberQueueMax
        listening.socketLimits.losesNewest = true
        listening.socketLimits.blocked = .minutes(10)
        // What the real one's server keeps an idle connection for, by default.
        listening.idle = .seconds(5)
        var quiet = logger
        // The server calls it an error to be cancelled, which closing a port is; whatever keeps
        // it from listening is thrown.
        quiet.logLevel = .critical
        let simulation = simulation
        listening.prepare = { channel in
            simulation.wires.add(channel)
            try channel.pipeline.syncOperations.addHandler(DateHandler(simulation))
        }
        let responder = SimulatorResponder(
            speed: configuration.speed, simulation: simulation, control: control)
        return { [listening, configuration, quiet] in
            WebListener(
                name: "simulator", host: configuration.host, port: port,
                configuration: listening, responder: responder,
                sockets: FeedRouting(simulation: simulation), onBound: onBound, logger: quiet)
        }
    }
}
