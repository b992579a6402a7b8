//  DocumentationTests.swift · ProgramTests
//
//  docs/configuration.md and the table of settings are the same table.

import Foundation
import Testing

@testable import earshot

@Suite struct `The page of settings` {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "docs/configuration.md")

    private static var table: String {
        let rows = Setting.all.map { setting in
            let flag = setting.flag.map { "`\($0)`" } ?? "–"
            return "| `\(setting.key)` | \(flag) | `\(setting.environment)` "
                + "| \(setting.fallbackWords) | \(values(setting.form)) | \(setting.about) |"
        }
        return """
            | key | flag | environment | default | values | |
            |---|---|---|---|---|---|
            \(rows.joined(separator: "\n"))
            """
    }

    private static func values(_ form: SettingForm) -> String {
        switch form {
        case .folder: "a path"
        case .address: "`host:port`"
        case .publicURL: "`https://host`"
        case .upstreams: "`http://host:port`"
        case .flag: "`true`, `false`"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .span(let least, let most): "\(least.text) … \(most.text)"
        case .number(let range): "\(range.lowerBound) … \(range.upperBound)"
        case .bytes(let most): "0 … \(most.text)"
        case .mailServer: "`smtp://user@host:port`"
        case .mailAddress: "`name@host`"
        case .mapTiles: "`https://host/{z}/{x}/{y}.png`"
        case .line: "a line"
        case .password: "a text"
        }
    }

    @Test func `shows every setting as it is`() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        #expect(text.contains(Self.table), "\(Self.page.path()) should have\n\(Self.table)\n")
    }

    @Test func `and no two settings share a name`() {
        let all = Setting.all
        for names in [all.map(\.key), all.map(\.environment), all.compactMap(\.flag)] {
            #expect(Set(names).count == names.count)
        }
    }
}
