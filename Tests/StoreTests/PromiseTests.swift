//  PromiseTests.swift · StoreTests
//
//  docs/format/promises.md names a test for each promise, and each of them is there.

import Foundation
import Testing

@testable import Store

@Suite struct `The list of promises` {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    @Test func `names only tests that are there`() throws {
        let page = try String(
            contentsOf: Self.root.appending(path: "docs/format/promises.md"), encoding: .utf8)
        let kept = page.split(separator: "## Decided otherwise")[0]
        let rows = kept.split(separator: "\n").filter { $0.hasPrefix("| ") }.compactMap { row in
            row.split(separator: "|").last { !$0.allSatisfy(\.isWhitespace) }
        }.filter { $0 != " test " }
        let names = rows.map { $0.matches(of: /`([^`]+)`/).map { String($0.1) } }
        #expect(names.count > 60 && names.allSatisfy { !$0.isEmpty })
        let tests = try Self.tests()
        #expect(Set(names.joined()).subtracting(tests) == [])
    }

    /// The names of all tests.
    private static func tests() throws -> Set<String> {
        let folder = root.appending(path: "Tests")
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path())
            .filter { $0.hasSuffix("Tests.swift") }
            .reduce(into: []) { names, path in
                let text = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
                let parts = text.components(separatedBy: "func `").dropFirst()
                names.formUnion(parts.map { String($0.prefix { $0 != "`" }) })
            }
    }
}
