//  Settings.swift · earshot
//
//  What can be set, and from where: defaults < EARSHOT_* < flags.

import ArgumentParser
import Glibc
import Logging

/// A length of time as people write it: `20ms`, `1s`, `5m`, `12h`, `30d`, `10y`.
struct TimeSpan: ExpressibleByArgument, Equatable {
    let milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    init?(argument text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = [
            "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
            "y": 366 * 86_400_000,
        ]
        guard let number = Int64(digits), let unit = units[String(text.dropFirst(digits.count))]
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        milliseconds = product
    }

    var duration: Duration { .milliseconds(milliseconds) }
    var defaultValueDescription: String { "\(milliseconds)ms" }
}

/// When an answer of history is durable.
enum Durability: String, ExpressibleByArgument, CaseIterable {
    /// Group commit each 5 ms.
    case commit
    /// Each second.
    case interval
    /// Each ten seconds, for SD cards.
    case relaxed

    var commitInterval: TimeSpan {
        switch self {
        case .commit: TimeSpan(milliseconds: 5)
        case .interval: TimeSpan(milliseconds: 1000)
        case .relaxed: TimeSpan(milliseconds: 10_000)
        }
    }
}

/// The data folder, for every command that needs it.
struct DataOptions: ParsableArguments {
    @Option(help: "Data folder. [EARSHOT_DATA, else $STATE_DIRECTORY, else the XDG data home]")
    var data: String?

    /// The folder in force.
    func folder() throws -> String {
        if let data = try data ?? Environment.value("EARSHOT_DATA") { return data }
        if let state = try Environment.value("STATE_DIRECTORY") { return state }
        if let home = try Environment.value("XDG_DATA_HOME") { return home + "/earshot" }
        if let home = try Environment.value("HOME") { return home + "/.local/share/earshot" }
        throw Failure(.usage, "There is no data folder. Give one with --data DIR.")
    }
}

/// What the service does, for `serve` and `demo`.
struct ServiceOptions: ParsableArguments {
    @Option(
        help: "Operator listener, host:port; port 0 picks one. [EARSHOT_OPERATOR_LISTEN, 127.0.0.1:8081]")
    var operatorListen: String?

    @Option(
        help: "Portal listener, host:port; port 0 picks one. [EARSHOT_PORTAL_LISTEN, 127.0.0.1:8080]")
    var portalListen: String?

    @Option(help: "What links to clients begin with. [EARSHOT_PUBLIC_URL]")
    var publicURL: String?

    @Option(help: "How often /status is polled, from 20ms. [EARSHOT_POLL_INTERVAL, 1s]")
    var pollInterval: TimeSpan?

    @Option(help: "commit, interval or relaxed. [EARSHOT_DURABILITY, interval]")
    var durability: Durability?

    @Option(help: "Group commit. [EARSHOT_COMMIT_INTERVAL, 1s; 5ms for commit, 10s for relaxed]")
    var commitInterval: TimeSpan?

    @Option(help: "How long raw frames are kept. [EARSHOT_RETENTION, 10y]")
    var retention: TimeSpan?

    /// Options with what the environment and the defaults add.
    func settings() throws -> ServiceSettings {
        let durability =
            try durability ?? Environment.parsed("EARSHOT_DURABILITY") ?? .interval
        let interval =
            try pollInterval ?? Environment.parsed("EARSHOT_POLL_INTERVAL")
            ?? TimeSpan(milliseconds: 1000)
        guard interval.milliseconds >= 20 else {
            throw Failure(
                .usage,
                "--poll-interval is \(interval.milliseconds)ms. The least is 20ms: give that or more.")
        }
        let commit =
            try commitInterval ?? Environment.parsed("EARSHOT_COMMIT_INTERVAL")
            ?? durability.commitInterval
        guard (1...60_000).contains(commit.milliseconds) else {
            throw Failure(
                .usage,
                "--commit-interval is \(commit.milliseconds)ms. Give something from 1ms to 60s.")
        }
        let retention =
            try retention ?? Environment.parsed("EARSHOT_RETENTION")
            ?? TimeSpan(milliseconds: 10 * 366 * 86_400_000)
        guard retention.milliseconds >= 86_400_000 else {
            throw Failure(.usage, "--retention is below a day. Give 1d or more.")
        }
        return ServiceSettings(
            operatorListen: try Address(
                operatorListen ?? Environment.value("EARSHOT_OPERATOR_LISTEN") ?? "127.0.0.1:8081",
                "--operator-listen"),
            portalListen: try Address(
                portalListen ?? Environment.value("EARSHOT_PORTAL_LISTEN") ?? "127.0.0.1:8080",
                "--portal-listen"),
            publicURL: try publicURL ?? Environment.value("EARSHOT_PUBLIC_URL"),
            pollInterval: interval, commitInterval: commit, retention: retention)
    }
}

/// What is in force for the service.
struct ServiceSettings {
    var operatorListen: Address
    var portalListen: Address
    var publicURL: String?
    var pollInterval: TimeSpan
    var commitInterval: TimeSpan
    var retention: TimeSpan
}

/// Where a listener listens.
struct Address {
    let host: String
    let port: Int

    /// - Parameter flag: named in the sentence when `text` is not one.
    init(_ text: String, _ flag: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon != text.startIndex
        else {
            throw Failure(
                .usage, "\(flag) is \(text). Give host:port, for example 127.0.0.1:8081.")
        }
        host = String(text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" })
        self.port = port
    }

    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// `host:port`, with brackets around an IPv6 address.
    func authority(port: Int) -> String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The process environment; an empty value counts as absent.
enum Environment {
    static func value(_ name: String) throws -> String? {
        guard let text = getenv(name).map({ String(cString: $0) }), !text.isEmpty else {
            return nil
        }
        return text
    }

    static func parsed<Value: ExpressibleByArgument>(_ name: String) throws -> Value? {
        guard let text = try value(name) else { return nil }
        guard let parsed = Value(argument: text) else {
            throw Failure(.usage, "\(name) is \(text), which is not a value for it.")
        }
        return parsed
    }
}
