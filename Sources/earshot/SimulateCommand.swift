//  SimulateCommand.swift · earshot

import ArgumentParser
import Logging
import Monitoring
import ServiceLifecycle
import Simulator
import Web

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "An upstream (SLMM 0.4.0) with simulated meters.",
        discussion: """
            Examples:
              earshot simulate --units 13                    13 street corners, 1 s while watched
              earshot simulate --csv day.csv --speed 1000 --exact-cadence
                                                             a recorded day that ends now

            Prints `ready upstream=http://127.0.0.1:8100` when it answers.
            """)

    @Option(help: "Where it listens, host:port; port 0 picks one.")
    var listen = "127.0.0.1:8100"

    @Option(help: "How many units, 1 to 1,000: NL43-0001, NL43-0002 …")
    var units = 1

    @Option(help: "Decides all levels and all jitter.")
    var seed: UInt64 = 1

    @Option(help: "Simulated seconds in a real one, 1 to 10,000.")
    var speed = 1.0

    @Option(help: "Plays a recorded day: header, then rows of time and level, one a second.")
    var csv: String?

    @Option(help: "Constant offset of the CSV's levels. Default: found out from the file.")
    var csvOffset: Double?

    @Flag(help: "A frame each 1.000 s, always, and no reader loses one.")
    var exactCadence = false

    @Flag(
        inversion: .prefixedNo,
        help: """
            The recorded day ends at the time the play catches up. Default with --csv and --speed \
            above 1.
            """)
    var endingNow: Bool?

    @Option(
        help: """
            Time stands still until so many /monitor sockets are open. Default: 1 for a day that \
            ends now, so that none of it is missed, else 0.
            """)
    var waitForSubscribers: Int?

    @Option(help: "When the play begins, RFC 3339. Default: now.")
    var start: String?

    @Option(help: "A file that gets a line unit,timestamp,lp for each frame sent.")
    var journal: String?

    @OptionGroup var log: LogOptions

    func run() async throws {
        var configuration = try simulation()
        let address = try Address(listen, "--listen")
        configuration.host = address.host
        configuration.port = address.port
        let logger = try log.logger()
        let service = SimulatorService(
            configuration: configuration, clock: SystemClock(), logger: logger
        ) { port in
            Output.line("ready upstream=http://\(address.authority(port: port))")
        }
        try await Program.run([service], logger: logger)
    }

    private func simulation() throws -> SimulatorConfiguration {
        guard (1...SimulatorConfiguration.unitsMax).contains(units) else {
            throw Failure(.usage, "--units is \(units). Give 1 to \(SimulatorConfiguration.unitsMax).")
        }
        var configuration = SimulatorConfiguration(units: units)
        configuration.seed = seed
        configuration.speed = speed
        configuration.exactCadence = exactCadence
        configuration.journal = journal
        if let csv {
            do {
                configuration.levels = .recorded(try RecordedDay(path: csv, offset: csvOffset))
            } catch {
                throw Failure(.usage, "--csv: \(error). Mend the file, or give another.")
            }
        }
        if let start {
            guard let time = Timestamp(rfc3339: start) else {
                throw Failure(
                    .usage, "--start is \(start). Give a time like 2026-11-23T16:00:00Z.")
            }
            configuration.start = time
        }
        configuration.endingNow = endingNow ?? (csv != nil && speed > 1 && start == nil)
        configuration.waitsForSubscribers =
            waitForSubscribers ?? (configuration.endingNow ? 1 : 0)
        do {
            try configuration.check()
        } catch {
            throw Failure(.usage, "\(error).")
        }
        return configuration
    }
}
