//  Setting+Table.swift · earshot
//
//  Every setting there is. docs/configuration.md shows the same table; a test compares them.

import Logging

extension Setting {
    static let data = Setting(
        "data", flag: "--data", .folder, "$STATE_DIRECTORY, else $XDG_DATA_HOME/earshot",
        "Data folder"
    ) { surroundings in
        if let state = surroundings.environment["STATE_DIRECTORY"] { return state }
        if let home = surroundings.environment["XDG_DATA_HOME"] { return home + "/earshot" }
        return surroundings.environment["HOME"].map { $0 + "/.local/share/earshot" }
    }
    static let operatorListen = Setting(
        "operator_listen", flag: "--operator-listen", .address, "127.0.0.1:8081",
        "Operator listener, host:port; port 0 picks one")
    static let portalListen = Setting(
        "portal_listen", flag: "--portal-listen", .address, "127.0.0.1:8080",
        "Portal listener, host:port; port 0 picks one")
    static let publicURL = Setting(
        "public_url", flag: "--public-url", .publicURL, "none",
        "What links to clients begin with; https makes cookies Secure", fallback: { _ in nil })
    static let openLinks = Setting(
        "portal.open_links", flag: "--portal-open-links", .flag, "false",
        "Quick share: whoever knows a project's address sees its levels")
    static let upstreams = Setting(
        "upstreams", flag: "--upstream", .upstreams, "none",
        "Base URL of an SLMM; as a flag as often as there are, in the environment by commas",
        fallback: { _ in nil })
    static let pollInterval = Setting(
        "poll_interval", flag: "--poll-interval",
        .span(.init(milliseconds: 20), .init(milliseconds: 3_600_000)), "1s",
        "How often /status is polled, from 20ms")
    static let durability = Setting(
        "durability", flag: "--durability", .choice(["commit", "interval", "relaxed"]),
        "interval", "Preset of commit_interval: commit 5 ms, interval 1 s, relaxed 10 s; history lags by it")
    static let commitInterval = Setting(
        "commit_interval", flag: "--commit-interval",
        .span(.init(milliseconds: 1), .init(milliseconds: 60_000)), "1s; 5ms, 10s by durability",
        "Group commit: what may be lost when the power fails"
    ) { surroundings in
        switch surroundings.settled["durability"]?.text {
        case "commit": "5ms"
        case "relaxed": "10s"
        default: "1s"
        }
    }
    static let retention = Setting(
        "retention", flag: "--retention",
        .span(.init(milliseconds: 86_400_000), .init(milliseconds: 1000 * 366 * 86_400_000)),
        "10y", "How long raw frames are kept, from 1d")
    static let diskReserve = Setting(
        "disk_reserve", flag: "--disk-reserve", .bytes(.init(bytes: 16 << 40)), "1GiB",
        "Free room below which raw frames of the oldest days go, a tenth of the disk at most; 0 never")
    static let smtpURL = Setting(
        "smtp_url", flag: "--smtp-url", .mailServer, "none",
        "Mail server for notifications", fallback: { _ in nil })
    static let smtpPassword = Setting(
        "smtp_password", .password, "none", "Password of the user in smtp_url", isSecret: true,
        fallback: { _ in nil })
    static let smtpTLS = Setting(
        "smtp_tls", flag: "--smtp-tls", .choice(["required", "none"]), "required",
        "Whether mail is sent without TLS, for a server on the same machine")
    static let mailFrom = Setting(
        "mail_from", flag: "--mail-from", .mailAddress, "none",
        "Whom mails of notifications are from; needed with smtp_url", fallback: { _ in nil })
    static let webhookPrivate = Setting(
        "webhook_private", flag: "--webhook-private", .choice(["refuse", "allow"]), "refuse",
        "Whether webhooks may lead to addresses that are not of the public Internet")
    static let mapTiles = Setting(
        "map_tiles", flag: "--map-tiles", .mapTiles, "none",
        "Tiles of a street map for the portal, which clients' browsers then fetch; needs map_attribution",
        fallback: { _ in nil })
    static let mapAttribution = Setting(
        "map_attribution", flag: "--map-attribution", .line, "none",
        "Whose map it is, shown on it", fallback: { _ in nil })
    static let log = Setting(
        "log", flag: "--log", .choice(["text", "json"]), "text on a terminal, else json",
        "How log lines look; they go to standard error"
    ) { $0.isTerminal ? "text" : "json" }
    static let logLevel = Setting(
        "log_level", flag: "--log-level", .choice(Logger.Level.allCases.map(\.rawValue)), "info",
        "The least severity that is logged")

    static let socketsPerSession = limit(
        "websockets_per_session", 1...100_000, "20", "WebSockets of one session; past it 429")
    static let socketsPerAddress = limit(
        "websockets_per_address", 1...100_000, "200", "WebSockets of one address; past it 429")
    static let signInsPerMinute = limit(
        "sign_ins_per_minute", 1...10_000, "10", "Sign-ins of one address; past it 429")
    static let connections = limit(
        "connections", 1...1_000_000, "10000",
        "Open connections of a listener; past it none is accepted")
    static let headBytes = limit(
        "request_head_bytes", 1024...1_048_576, "16384", "Head of a request; past it 431")
    static let headFields = limit(
        "request_head_fields", 10...1000, "100", "Fields of a request's head; past it 431")
    static let idle = Setting(
        "limit.idle", .span(.init(milliseconds: 1000), .init(milliseconds: 3_600_000)), "1m",
        "How long a connection may be idle, or a request incomplete; past it it is closed")
    static let bodyBytes = limit(
        "request_body_bytes", 1024...16_777_216, "65536",
        "Body of a request, imports excepted; past it 413")
    static let imports = limit(
        "imports", 1...1000, "4", "Imports that run at once, some 20 MB each; past it 429")
    static let exports = limit(
        "exports", 1...1000, "8",
        "Exports that run at once, some 10 MB each, and as many replays; past it 429")
    static let messageBytes = limit(
        "websocket_message_bytes", 16...1_048_576, "4096",
        "Message from a WebSocket client; past it close 1009")
    static let messagesPerSecond = limit(
        "websocket_messages_per_second", 1...10_000, "10",
        "Messages from a WebSocket client; past it close 1008")
    static let waitingMessages = limit(
        "websocket_waiting_messages", 2...65_536, "64",
        "Messages that wait for a slow reader; past it the oldest goes and is counted")
    static let blocked = Setting(
        "limit.websocket_blocked",
        .span(.init(milliseconds: 100), .init(milliseconds: 3_600_000)), "10s",
        "How long a reader may take nothing; past it close 1013")
    static let upstreamTimeout = Setting(
        "limit.upstream_timeout", .span(.init(milliseconds: 100), .init(milliseconds: 60_000)),
        "5s", "One whole call of an upstream; past it a failed poll")

    static let upstreamBytes = limit(
        "upstream_body_bytes", 4096...262_144, "262144",
        "Answer of an upstream; past it a failed poll")

    private static func limit(
        _ key: String, _ range: ClosedRange<Int>, _ fallback: String, _ about: String
    ) -> Setting {
        Setting("limit." + key, .number(range), fallback, about)
    }

    /// In the order in which they are shown and settled.
    static let all: [Setting] = [
        data, operatorListen, portalListen, publicURL, openLinks, upstreams, pollInterval, durability,
        commitInterval, retention, diskReserve, smtpURL, smtpPassword, smtpTLS, mailFrom,
        webhookPrivate, mapTiles, mapAttribution, log, logLevel, socketsPerSession,
        socketsPerAddress, signInsPerMinute, connections, headBytes, headFields, idle, bodyBytes,
        imports, exports, messageBytes, messagesPerSecond, waitingMessages, blocked,
        upstreamTimeout, upstreamBytes,
    ]
}
