//  SettingsTests.swift · ProgramTests

import NIOCore
import Testing
import Web

@testable import earshot

@Suite struct `The settings` {
    private func settled(
        flags: [String: [String]] = [:], _ environment: [String: String] = [:], file: String? = nil,
        table: [Setting] = Setting.all
    ) -> Settings {
        var sources = SettingsSources(flags: flags, environment: environment)
        sources.file = file == nil ? .none : .path("/e.json")
        sources.read = { _ in file.map { Array($0.utf8) } }
        return sources.settle(table, of: table)
    }

    @Test func `come from the strongest layer that has them, and say which`() throws {
        let file = #"{"poll_interval": "2s", "durability": "commit", "limit": {"connections": 7}}"#
        let settings = settled(
            flags: ["poll_interval": ["4s"]],
            ["EARSHOT_POLL_INTERVAL": "3s", "EARSHOT_RETENTION": "1y", "HOME": "/home/a"], file: file)
        try settings.checked()
        let shown = Dictionary(
            uniqueKeysWithValues: settings.entries.map {
                ($0.setting.key, "\($0.value?.text ?? "none") \($0.origin.text)")
            })
        #expect(shown["poll_interval"] == "4s --poll-interval")
        #expect(shown["retention"] == "1y EARSHOT_RETENTION")
        #expect(shown["limit.connections"] == "7 /e.json")
        #expect(shown["operator_listen"] == "127.0.0.1:8081 default")
        #expect(shown["commit_interval"] == "5ms default", "it follows durability")
        #expect(shown["data"] == "/home/a/.local/share/earshot default")
        #expect(shown["upstreams"] == "none default")
    }

    @Test func `have an environment variable and a place in the file each, for the same value`() {
        for setting in Setting.all {
            let good: (text: String, json: String) =
                switch setting.form {
                case .folder: ("/d", #""/d""#)
                case .address: ("127.0.0.1:1", #""127.0.0.1:1""#)
                case .publicURL: ("https://a.example", #""https://a.example""#)
                case .upstreams: ("http://a:1", #"["http://a:1"]"#)
                case .flag: ("true", "true")
                case .choice(let words): (words[1], "\"\(words[1])\"")
                case .span: ("1m", #""1m""#)
                case .number(let range): ("\(range.lowerBound)", "\(range.lowerBound)")
                case .bytes: ("64MiB", #""64MiB""#)
                case .mailServer: ("smtp://me@a.example:587", #""smtp://me@a.example:587""#)
                case .mailAddress: ("e@a.example", #""e@a.example""#)
                case .mapTiles:
                    ("https://a.example/{z}/{x}/{y}.png", #""https://a.example/{z}/{x}/{y}.png""#)
                case .line: ("Maps of us", #""Maps of us""#)
                case .password: ("s", #""s""#)
                }
            let good2 = setting.key == "retention" ? ("2d", #""2d""#) : good
            let byName = settled([setting.environment: good2.0])
            #expect(byName.problems == [])
            #expect(byName[setting]?.text == good2.0)
            let parts = setting.key.split(separator: ".")
            let json = parts.reversed().reduce(good2.1) { "{\"\($1)\": \($0)}" }
            let byFile = settled(file: json)
            #expect(byFile.problems == [], "\(json)")
            #expect(byFile[setting]?.text == good2.0)
        }
    }

    @Test(arguments: [
        (
            #"{"operator_listn": "127.0.0.1:1"}"#,
            #"no setting "operator_listn"; did you mean "operator_listen"?"#
        ),
        (
            #"{"limit": {"conections": 1}}"#,
            #"no setting "limit.conections"; did you mean "limit.connections"?"#
        ),
        (#"{"limits": {"connections": 1}}"#, #"no setting "limits""#),
        (#"{"banana": 1}"#, #"no setting "banana"."#),
        (
            #"{"limit": {"connections": "7"}}"#,
            "limit.connections in /e.json is a string. Give a whole number."
        ),
        (#"{"limit": {"connections": 7.5}}"#, "is a number with a fraction. Give a whole number."),
        (#"{"limit": {"connections": true}}"#, "is true or false. Give a whole number."),
        (#"{"poll_interval": 1}"#, "poll_interval in /e.json is a whole number. Give a string."),
        (#"{"upstreams": "http://a"}"#, "upstreams in /e.json is a string. Give a list of strings."),
        (#"{"upstreams": ["http://a", 1]}"#, "is a list of other things."),
        (#"{"data": null}"#, "data in /e.json is null."),
        (#"{"limit": 1}"#, #"no setting "limit""#),
        (#"{"poll_interval": "1s""#, "/e.json is not JSON"),
        ("[]", "/e.json is not a JSON object"),
        (#"{"retention": "1h"}"#, "retention in /e.json is 1h. The least is 1d: give that or more."),
    ])
    func `in a file that nobody could mean are told by name`(file: String, words: String) {
        let problems = settled(file: file).problems
        #expect(problems.count == 1 && problems[0].contains(words), "\(problems)")
    }

    @Test(arguments: [
        ("EARSHOT_POLL_INTERVAL", "19ms", "is 19ms. The least is 20ms"),
        ("EARSHOT_POLL_INTERVAL", "1", "Give a number with ms, s, m"),
        ("EARSHOT_COMMIT_INTERVAL", "2m", "The most is 1m"),
        ("EARSHOT_LIMIT_CONNECTIONS", "0", "Give a whole number from 1 to 1000000."),
        ("EARSHOT_OPERATOR_LISTEN", "8081", "Give host:port"),
        ("EARSHOT_OPERATOR_LISTEN", "a:70000", "Give host:port"),
        ("EARSHOT_PUBLIC_URL", "levels.example.org", "Give a URL like https"),
        ("EARSHOT_PUBLIC_URL", "https://", "Give a URL like https"),
        ("EARSHOT_PUBLIC_URL", "https://a.example/?x", "Give a URL like https"),
        ("EARSHOT_UPSTREAMS", "http://a:1, http://a:1/", "names a:1 twice"),
        ("EARSHOT_UPSTREAMS", "http://a/path", "is http://a/path. Give scheme"),
        ("EARSHOT_UPSTREAMS", "https://a", "Give scheme, host and port only"),
        ("EARSHOT_SMTP_URL", "smtp://me:secret@a.example", "The password goes into EARSHOT_SMTP_PASSWORD"),
        ("EARSHOT_SMTP_URL", "a.example:25", "is not a URL like smtp://"),
        ("EARSHOT_MAIL_FROM", "nobody", "is nobody. Give an address"),
        ("EARSHOT_MAP_TILES", "https://a.example/map.png", "with {z}, {x} and {y} in its path"),
        ("EARSHOT_MAP_TILES", "https://{s}.a.example/{z}/{x}/{y}.png", "Give a URL of one host"),
        ("EARSHOT_MAP_TILES", "https://a.example;/{z}/{x}/{y}.png", "Give a URL of one host"),
        ("EARSHOT_MAP_ATTRIBUTION", "two\nlines", "in one line"),
        ("EARSHOT_DURABILITY", "forever", "Give one of commit, interval, relaxed."),
        ("EARSHOT_LOG_LEVEL", "loud", "Give one of trace"),
    ])
    func `that are wrong are told with the value and the remedy`(
        name: String, value: String, words: String
    ) {
        let problems = settled([name: value]).problems
        #expect(
            problems.count == 1 && problems[0].hasPrefix(name) && problems[0].contains(words),
            "\(problems)")
    }

    @Test func `that are wrong are told all at once`() {
        let settings = settled(
            flags: ["durability": ["x"]], ["EARSHOT_RETENTION": "y"],
            file: #"{"log": "z", "banana": 1}"#)
        #expect(settings.problems.count == 4)
        #expect(throws: Failure.self) { try settings.checked() }
    }

    @Test func `misspelt in the environment are remarked on, and hurt nobody`() throws {
        let settings = settled(["EARSHOT_DATTA": "/x", "EARSHOT_LOG": ""])
        try settings.checked()
        #expect(
            settings.remarks == [
                "EARSHOT_DATTA is set in the environment and is no setting; did you mean EARSHOT_DATA?"
            ])
    }

    @Test func `need the file that was asked for, and not the usual ones`() {
        var sources = SettingsSources(environment: ["HOME": "/h"])
        var asked: [String] = []
        sources.read = { path in asked.append(path); return nil }
        #expect(sources.settle().problems == [])
        #expect(asked == ["/h/.config/earshot/earshot.json", "/etc/earshot/earshot.json"])
        sources.environment["XDG_CONFIG_HOME"] = "/x"
        asked = []
        _ = sources.settle()
        #expect(asked.first == "/x/earshot/earshot.json")
        sources.read = { _ in throw SettingsSources.ReadFailure(description: "no", isHidden: true) }
        #expect(sources.settle().problems.count == 1, "a hidden home is not this user's; /etc counts")
        #expect(sources.settle().problems[0].hasPrefix("/etc/earshot/earshot.json cannot be read"))
        sources.read = { _ in nil }
        sources.file = .path("/mine.json")
        #expect(
            sources.settle().problems == [
                "--config /mine.json does not exist. Make the file, or give another."
            ])
        sources.read = { _ in throw SettingsSources.ReadFailure(description: "no") }
        #expect(sources.settle().problems[0].hasPrefix("/mine.json cannot be read: no."))
    }

    @Test func `that are secret are hidden, may stand in a file of their own, and are never told`() throws {
        let secret = Setting("key", .choice(["opensesame"]), "none", "A secret", isSecret: true) { _ in nil }
        let settings = settled(["EARSHOT_KEY": "opensesame"], table: [secret])
        #expect(settings[secret]?.text == "opensesame")
        for shown in [SettingsTable.text(settings), try SettingsTable.json(settings)] {
            #expect(!shown.contains("opensesame") && shown.contains("(hidden)"))
        }
        var sources = SettingsSources(environment: ["EARSHOT_KEY_FILE": "/k"], file: .none)
        sources.read = { _ in Array("opensesame\n".utf8) }
        #expect(sources.settle([secret], of: [secret])[secret]?.text == "opensesame")
        let wrong = settled(["EARSHOT_KEY": "hunter2"], table: [secret])
        #expect(wrong.problems == ["EARSHOT_KEY is not usable."])
    }

    @Test(arguments: [
        ("127.0.0.1:0", "127.0.0.1:0", nil, true, []),
        ("127.0.0.1:80", "127.0.0.1:80", nil, true, ["both 127.0.0.1:80"]),
        ("0.0.0.0:1", "127.0.0.1:2", nil, false, ["no API token"]),
        ("0.0.0.0:1", "127.0.0.1:2", nil, true, []),
        ("127.0.0.1:1", "0.0.0.0:2", "http://a.example", true, ["not https"]),
        ("127.0.0.1:1", "0.0.0.0:2", "https://a.example", true, []),
        ("127.0.0.1:1", "127.0.0.1:2", "http://a.example", true, []),
    ])
    func `are reviewed together`(
        operators: String, portal: String, url: String?, hasCredentials: Bool, words: [String]
    ) throws {
        var environment = ["EARSHOT_OPERATOR_LISTEN": operators, "EARSHOT_PORTAL_LISTEN": portal]
        environment["EARSHOT_PUBLIC_URL"] = url
        let sentences = SettingsReview.conflicts(
            in: try ServiceSettings(settled(environment)), hasCredentials: hasCredentials)
        #expect(sentences.count == words.count)
        for (sentence, word) in zip(sentences, words) { #expect(sentence.contains(word)) }
    }
}

@Suite struct `The limits` {
    @Test func `arrive where they hold, each in its own place`() throws {
        var environment: [String: String] = [:]
        let limits = Setting.all.filter { $0.key.hasPrefix("limit.") }
        for (index, limit) in limits.enumerated() {
            if case .number(let range) = limit.form {
                environment[limit.environment] = "\(range.lowerBound + 100 + index)"
            } else {
                environment[limit.environment] = "\(5000 + index)ms"
            }
        }
        let settings = SettingsSources(environment: environment, file: .none).settle()
        let service = try ServiceSettings(settings)
        let values = Mirror(reflecting: service.limits).children.map { "\($0.value)" }
        #expect(values.count == limits.count, "a limit without an effect must not exist")
        let web = service.limits.web
        #expect(web.connections == settings.number(.connections))
        #expect(web.headBytes == settings.number(.headBytes))
        #expect(web.headFields == settings.number(.headFields))
        #expect(web.idle == settings.span(.idle).duration)
        #expect(web.socketLimits.messageBytes == settings.number(.messageBytes))
        #expect(web.socketLimits.messagesPerSecond == settings.number(.messagesPerSecond))
        #expect(web.socketLimits.waitingMessages == settings.number(.waitingMessages))
        #expect(web.socketLimits.blocked.nanoseconds == settings.span(.blocked).milliseconds * 1_000_000)
    }
}

@Suite struct `A time span` {
    @Test(arguments: [
        ("20ms", 20, "20ms"), ("1000ms", 1000, "1s"), ("90s", 90_000, "90s"), ("5m", 300_000, "5m"),
        ("24h", 86_400_000, "1d"), ("30d", 2_592_000_000, "30d"), ("0s", 0, "0s"),
    ])
    func `is read and written with its unit`(text: String, milliseconds: Int64, shown: String) {
        let span = TimeSpan(argument: text)
        #expect(span?.milliseconds == milliseconds)
        #expect(span?.text == shown)
    }

    @Test(arguments: ["", "1", "s", "-1s", "1.5s", "1 s", "99999999999999999999s", "9223372036854775807y"])
    func `is nothing else`(text: String) { #expect(TimeSpan(argument: text) == nil) }
}
