//  ConfigCommand.swift · earshot
//
//  What is set, and whether it can run.

import ArgumentParser
import Foundation
import Store

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows and checks the settings.",
        subcommands: [Show.self, Check.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints each setting, its value, and where it comes from.",
            discussion: """
                Takes the flags of `serve`. Secrets are hidden.

                Examples:
                  earshot config show
                  earshot config show --json | jq '.settings[] | select(.origin != "default")'
                """)

        @OptionGroup var options: AllOptions

        @Flag(help: "As one JSON object.")
        var json = false

        func run() throws {
            let settings = options.settings()
            print(json ? try SettingsTable.json(settings) : SettingsTable.text(settings))
            try settings.checked()
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells everything that is wrong with the settings, at once.",
            discussion: """
                Takes the flags of `serve`. Exit code 0: `serve` can run with them. 2: it cannot; \
                each line says what to change.
                """)

        @OptionGroup var options: AllOptions

        func run() async throws {
            let settings = options.settings()
            for remark in settings.remarks { Failure.say(remark) }
            try settings.checked()
            let registry = try await RegistryCheck(
                file: try settings.dataFolder() + "/registry.sqlite")
            let conflicts = SettingsReview.conflicts(
                in: try ServiceSettings(settings), hasCredentials: registry.hasCredentials)
            guard conflicts.isEmpty else {
                throw Failure(.usage, conflicts.joined(separator: "\n"))
            }
            print("The settings are good. File: \(settings.file ?? "none").")
        }
    }
}

/// Settings for people and for programs. Pure.
enum SettingsTable {
    private static let hidden = "(hidden)"

    static func text(_ settings: Settings) -> String {
        let rows = settings.entries.map { entry in
            [entry.setting.key, shown(entry) ?? "none", entry.origin.text]
        }
        let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { $0.padding(toLength: $1 + 2, withPad: " ", startingAt: 0) }
                .joined() + row[2]
        }.joined(separator: "\n")
    }

    static func json(_ settings: Settings) throws -> String {
        struct Row: Encodable {
            let key: String
            let value: Value
            /// `default`, a path, a variable, a flag.
            let origin: String
        }
        struct Value: Encodable {
            let value: SettingValue?
            let isHidden: Bool

            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                switch value {
                case nil: try container.encodeNil()
                case _ where isHidden: try container.encode(SettingsTable.hidden)
                case .number(let number): try container.encode(number)
                case .list(let texts): try container.encode(texts)
                case .text(let text): try container.encode(text)
                case .span(let span): try container.encode(span.text)
                case .bytes(let count): try container.encode(count.text)
                }
            }
        }
        struct Body: Encodable {
            let file: String?
            let settings: [Row]
            let problems: [String]
        }
        let rows = settings.entries.map {
            Row(
                key: $0.setting.key, value: Value(value: $0.value, isHidden: $0.setting.isSecret),
                origin: $0.origin.text)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let body = Body(
            file: settings.file, settings: rows, problems: settings.problems + settings.remarks)
        return String(decoding: try encoder.encode(body), as: UTF8.self)
    }

    private static func shown(_ entry: Settings.Entry) -> String? {
        entry.setting.isSecret ? entry.value.map { _ in hidden } : entry.value?.text
    }
}
