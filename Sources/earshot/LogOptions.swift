//  LogOptions.swift · earshot

import ArgumentParser
import Glibc
import Logging

/// How the program logs: always to standard error.
struct LogOptions: ParsableArguments {
    enum Style: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(help: "text or json. [EARSHOT_LOG; text on a terminal, else json]")
    var log: Style?

    @Option(help: "trace, debug, info, notice, warning, error or critical. [EARSHOT_LOG_LEVEL, info]")
    var logLevel: String?

    func logger() throws -> Logger {
        let style =
            try log ?? Environment.parsed("EARSHOT_LOG") ?? (isatty(2) == 1 ? .text : .json)
        let name = try logLevel ?? Environment.value("EARSHOT_LOG_LEVEL") ?? "info"
        guard let level = Logger.Level(rawValue: name) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.usage, "--log-level is \(name). Give one of \(known).")
        }
        var logger = Logger(label: "earshot") { label in
            switch style {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler()
            }
        }
        logger.logLevel = level
        return logger
    }
}
