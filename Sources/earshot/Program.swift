//  Program.swift · earshot
//
//  Running services until a signal, and what becomes of their failures.

import Glibc
import Logging
import ServiceLifecycle
import UnixSignals
import Web

enum Program {
    /// Runs `services` until SIGTERM or SIGINT, then stops them in reverse order, within 10 s.
    ///
    /// - Throws: ``Failure`` with exit code 69 when a port cannot be had.
    static func run(_ services: [any Service], logger: Logger) async throws {
        var quiet = logger
        if quiet.logLevel == .info { quiet.logLevel = .notice }
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(8)
        configuration.maximumCancellationDuration = .seconds(1)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as WebListenerError {
            throw Failure(
                .unavailable, "\(error). Stop what listens there, or give another address.")
        }
    }
}

/// Standard output: data for scripts, a line at a time.
enum Output {
    static func line(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = Glibc.write(1, bytes, bytes.count)
    }

    /// Writes all of `bytes`.
    /// - Returns: false when that cannot be done; `errno` says why.
    static func write(_ bytes: some Collection<UInt8>) -> Bool {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            guard count >= 0 else {
                if errno == EINTR { continue }
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
