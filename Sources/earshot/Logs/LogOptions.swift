//  LogOptions.swift · earshot

import ArgumentParser
import Logging

/// How the program logs: always to standard error, and never a secret.
struct LogOptions: ParsableArguments {
    @Option(help: .of(.log), completion: .of(.log))
    var log: String?

    @Option(help: .of(.logLevel), completion: .of(.logLevel))
    var logLevel: String?

    var flags: [String: [String]] {
        var flags: [String: [String]] = [:]
        flags[Setting.log.key] = log.map { [$0] }
        flags[Setting.logLevel.key] = logLevel.map { [$0] }
        return flags
    }

    /// For commands that read no file of settings.
    func logger() throws -> Logger {
        Logger(
            try SettingsSources.process(flags: flags, file: .none).settle([.log, .logLevel])
                .checked())
    }
}

extension Logger {
    /// - Precondition: the settings are checked.
    init(_ settings: Settings) {
        let isText = settings.text(.log) == "text"
        self.init(label: "earshot") { label in
            isText
                ? RedactingLogHandler(StreamLogHandler.standardError(label: label))
                : RedactingLogHandler(JSONLogHandler())
        }
        logLevel = settings.text(.logLevel).flatMap(Logger.Level.init(rawValue:)) ?? .info
    }
}
