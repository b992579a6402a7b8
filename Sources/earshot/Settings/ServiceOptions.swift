//  ServiceOptions.swift · earshot
//
//  The flags of settings. What they accept, and their help, stand in the table of settings.

import ArgumentParser
import Foundation

extension ArgumentHelp {
    /// `About it. [EARSHOT_…, default]`
    static func of(_ setting: Setting) -> ArgumentHelp {
        ArgumentHelp("\(setting.about). [\(setting.environment), \(setting.fallbackWords)]")
    }
}

extension CompletionKind {
    static func of(_ setting: Setting) -> CompletionKind {
        switch setting.form {
        case .folder: .directory
        case .choice(let words): .list(words)
        default: .default
        }
    }
}

/// The data folder and the file of settings, for every command that needs them.
struct DataOptions: ParsableArguments {
    @Option(help: .of(.data), completion: .of(.data))
    var data: String?

    @Option(
        help: "File of settings. [the user's earshot/earshot.json, else /etc/earshot/earshot.json]",
        completion: .file(extensions: ["json"]))
    var config: String?

    var file: SettingsSources.FileChoice { config.map { .path($0) } ?? .usual }
    var flags: [String: [String]] { data.map { [Setting.data.key: [$0]] } ?? [:] }

    /// Where this user's programs keep data; `nil` without a home.
    static func home() -> String? {
        let environment = ProcessInfo.processInfo.environment
        return environment["XDG_DATA_HOME"] ?? environment["HOME"].map { $0 + "/.local/share" }
    }

    /// The folder in force.
    func folder() throws -> String {
        try SettingsSources.process(flags: flags, file: file).settle([.data]).checked().dataFolder()
    }
}

/// What the service does, for `serve` and `demo`.
struct ServiceOptions: ParsableArguments {
    @Option(help: .of(.operatorListen))
    var operatorListen: String?

    @Option(help: .of(.portalListen))
    var portalListen: String?

    @Option(help: .of(.publicURL))
    var publicURL: String?

    @Option(help: .of(.openLinks), completion: .list(["true", "false"]))
    var portalOpenLinks: String?

    @Option(help: .of(.pollInterval))
    var pollInterval: String?

    @Option(help: .of(.durability), completion: .of(.durability))
    var durability: String?

    @Option(help: .of(.commitInterval))
    var commitInterval: String?

    @Option(help: .of(.retention))
    var retention: String?

    @Option(help: .of(.diskReserve))
    var diskReserve: String?

    @Option(name: .customLong("smtp-url"), help: .of(.smtpURL))
    var smtpURL: String?

    @Option(name: .customLong("smtp-tls"), help: .of(.smtpTLS), completion: .of(.smtpTLS))
    var smtpTLS: String?

    @Option(help: .of(.mailFrom))
    var mailFrom: String?

    @Option(help: .of(.webhookPrivate), completion: .of(.webhookPrivate))
    var webhookPrivate: String?

    @Option(help: .of(.mapTiles))
    var mapTiles: String?

    @Option(help: .of(.mapAttribution))
    var mapAttribution: String?

    var flags: [String: [String]] {
        let given: [(Setting, String?)] = [
            (.operatorListen, operatorListen), (.portalListen, portalListen),
            (.publicURL, publicURL), (.openLinks, portalOpenLinks),
            (.pollInterval, pollInterval), (.durability, durability),
            (.commitInterval, commitInterval), (.retention, retention),
            (.diskReserve, diskReserve), (.smtpURL, smtpURL), (.smtpTLS, smtpTLS),
            (.mailFrom, mailFrom), (.webhookPrivate, webhookPrivate), (.mapTiles, mapTiles),
            (.mapAttribution, mapAttribution),
        ]
        return Dictionary(uniqueKeysWithValues: given.compactMap { setting, text in
            text.map { (setting.key, [$0]) }
        })
    }
}

/// All settings, for the commands that are about all: `serve`, `config`, `doctor`.
struct AllOptions: ParsableArguments {
    @Option(help: .of(.upstreams))
    var upstream: [String] = []

    @OptionGroup var data: DataOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var log: LogOptions

    /// What is in force, right or wrong.
    func settings() -> Settings {
        var flags = data.flags
        for more in [service.flags, log.flags] { flags.merge(more) { $1 } }
        if !upstream.isEmpty { flags[Setting.upstreams.key] = upstream }
        return SettingsSources.process(flags: flags, file: data.file).settle()
    }
}
