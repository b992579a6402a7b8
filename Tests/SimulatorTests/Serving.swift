//  Serving.swift · SimulatorTests

import Foundation
import Logging
import Monitoring

@testable import Simulator

struct SystemClock: WallClock {
    var now: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}

/// Runs a simulator on free ports around `body`, and stops it.
func servePorts(
    _ configuration: SimulatorConfiguration,
    _ body: (SimulatorPorts, SimulatorService) async throws -> Void
) async throws {
    var configuration = configuration
    configuration.port = 0
    let (ports, bound) = AsyncStream<SimulatorPorts>.makeStream()
    let service = SimulatorService(
        configuration: configuration, clock: SystemClock(),
        logger: Logger(label: "simulator") { _ in SwiftLogNoOpLogHandler() },
        onPorts: { bound.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { bound.finish() }
            try await service.run()
        }
        if let ports = await ports.first(where: { _ in true }) {
            try await body(ports, service)
            group.cancelAll()
        }
        try await group.waitForAll()
    }
}

/// The same around one upstream.
func serve(
    _ configuration: SimulatorConfiguration,
    _ body: (RawClient, SimulatorService) async throws -> Void
) async throws {
    try await servePorts(configuration) { ports, service in
        try await body(RawClient(port: ports.upstreams[0]), service)
    }
}
