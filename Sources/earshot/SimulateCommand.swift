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
        abstract: "Upstreams (SLMM 0.4.0) with simulated meters, and all that can go wrong there.",
        discussion: """
            Thirteen street corners, 1 s while watched:
              earshot simulate --units 13
            A recorded day that ends now:
              earshot simulate --csv day.csv --speed 1000 --exact-cadence
            Eighty upstreams on ports of their own, a tenth of the units going wrong:
              earshot simulate --units 1000 --upstreams 80 --misbehave 0.1
            Two faults, by the time of the play:
              earshot simulate --units 3 --fault unplugged@NL43-0002:60s-2m \\
                --fault stalled@upstream:5m-6m

            Prints `ready upstream=http://127.0.0.1:8100` when it answers; \
            several upstreams are separated by commas.

            A fault is KIND[=SECONDS]@TARGET:FROM-TO. TARGET is a unit's name, \
            NAME/N for that of the N-th upstream, * for all units, upstream for all \
            upstreams, upstream/N for one. FROM and TO are times of the play like \
            60s or 5m; no TO is no end.
            Of units: \(kinds(ofUpstreams: false)).
            Of upstreams: \(kinds(ofUpstreams: true)).
            While it runs: GET, POST, DELETE /_simulator/faults and \
            GET /_simulator/stats on any of its ports. See docs/simulator.md.
            """)

    private static func kinds(ofUpstreams isOfUpstream: Bool) -> String {
        FaultKind.allCases.filter { $0.isOfUpstream == isOfUpstream }.map(\.rawValue)
            .joined(separator: ", ")
    }

    @Option(help: "Where the first upstream listens, host:port; port 0 picks one.")
    var listen = "127.0.0.1:8100"

    @Option(help: "How many units at all upstreams, 1 to 1,000: NL43-0001, NL43-0002 …")
    var units = 1

    @Option(help: "How many upstreams share the units, 1 to 100, on ports that follow.")
    var upstreams = 1

    @Flag(help: "Each upstream has units of the same names.")
    var sameNames = false

    @Option(help: "Decides all levels, all jitter, and who misbehaves.")
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
            An upstream's time stands still until so many /monitor sockets are open there. \
            Default: 1 for a day that ends now, so that none of it is missed, else 0.
            """)
    var waitForSubscribers: Int?

    @Option(help: "When the play begins, RFC 3339. Default: now.")
    var start: String?

    @Option(help: "What goes wrong, and when: KIND[=SECONDS]@TARGET:FROM-TO. Repeatable.")
    var fault: [String] = []

    @Option(help: "The share of units that go wrong, each in one way after the other, 0 to 1.")
    var misbehave: Double?

    @Option(help: "When they do, FROM-TO. Default: 1m-30m.")
    var misbehaveSpan = "1m-30m"

    @Option(help: "Answers control calls here too, also while upstreams are down, host:port.")
    var control: String?

    @Option(help: "A file that gets a line unit,timestamp,lp for each frame sent.")
    var journal: String?

    @Option(help: "A file that gets a line unit,last_seen,lp for each reading of a meter.")
    var readingsJournal: String?

    @OptionGroup var log: LogOptions

    func run() async throws {
        var configuration = try simulation()
        let address = try Address(listen, "--listen")
        configuration.host = address.host
        configuration.port = address.port
        let controlAddress = try control.map { try Address($0, "--control") }
        configuration.control = controlAddress.map { ($0.host, $0.port) }
        do {
            try configuration.check()
        } catch {
            throw Failure(.usage, "\(error).")
        }
        let logger = try log.logger()
        let service = SimulatorService(
            configuration: configuration, clock: SystemClock(), logger: logger,
            onPorts: { ports in
                let urls = ports.upstreams.map { "http://\(address.authority(port: $0))" }
                let control = zip([controlAddress].compactMap { $0 }, [ports.control].compactMap { $0 })
                    .map { " control=http://\($0.authority(port: $1))" }
                Output.line("ready upstream=" + urls.joined(separator: ",") + control.joined())
            })
        try await Program.run([service], logger: logger)
    }

    private func simulation() throws -> SimulatorConfiguration {
        guard (1...SimulatorConfiguration.unitsMax).contains(units) else {
            throw Failure(.usage, "--units is \(units). Give 1 to \(SimulatorConfiguration.unitsMax).")
        }
        var configuration = SimulatorConfiguration(units: units)
        configuration.upstreams = upstreams
        configuration.sameNames = sameNames
        configuration.seed = seed
        configuration.speed = speed
        configuration.exactCadence = exactCadence
        configuration.journal = journal
        configuration.readingsJournal = readingsJournal
        configuration.faults = try fault.map { text in
            do {
                return try Fault(parsing: text)
            } catch {
                throw Failure(.usage, "--fault: \(error).")
            }
        }
        if let misbehave {
            guard let (from, to) = PlayTime.parse(span: misbehaveSpan), let to else {
                throw Failure(
                    .usage, "--misbehave-span is \(misbehaveSpan). Give FROM-TO, for example 1m-30m.")
            }
            configuration.misbehaviour = Misbehaviour(share: misbehave, from: from, to: to)
        }
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
        return configuration
    }
}
