//  OperatorProgramTests.swift · EndToEndTests
//
//  From `earshot operator add` to a page.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Operators` {
    private let folder = TemporaryFolder()
    /// Where a redirect leads to is what is looked at.
    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: .init(redirectConfiguration: .disallow))

    private func run(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(["operator"] + arguments + ["--data", folder.path])
    }

    private func list() async throws -> [[String: Any]] {
        let outcome = try await run("list", "--json")
        let value = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return try #require((value as? [String: Any])?["operators"] as? [[String: Any]])
    }

    private func signIn(
        _ url: String, _ name: String, _ password: String
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url + "/sign-in")
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(ByteBuffer(string: "name=\(name)&password=\(password)"))
        return try await Self.client.execute(request, timeout: .seconds(60))
    }

    @Test func `are made, sign in beside a running service, and are out when they are removed`()
        async throws
    {
        let made = try await run("add", "root", "--role", "admin")
        #expect(made.code == 0)
        #expect(made.output.wholeMatch(of: /([0-9a-z]{5}-){3}[0-9a-z]{5}\n/) != nil)
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0", "--portal-listen",
            "127.0.0.1:0",
        ])
        let url = try #require(await service.ready("operator"))
        let file = folder.path + "/password.txt"
        try "a-password-of-ada\n".write(toFile: file, atomically: true, encoding: .utf8)
        let added = try await run("add", "ada", "--role", "viewer", "--password-file", file)
        #expect(added.code == 0 && added.output.isEmpty, "\(added.errors)")

        #expect(try await signIn(url, "ada", "another-password").status == .unauthorized)
        let answer = try await signIn(url, "ada", "a-password-of-ada")
        #expect(answer.status == .seeOther)
        let cookie = try #require(answer.headers.first(name: "set-cookie")).prefix { $0 != ";" }
        var page = HTTPClientRequest(url: url + "/")
        page.headers.add(name: "cookie", value: String(cookie))
        #expect(try await Self.client.execute(page, timeout: .seconds(60)).status == .ok)
        let rows = try await list()
        #expect(rows.map { $0["name"] as? String } == ["ada", "root"])
        #expect(rows[0]["last_sign_in"] is String && rows[1]["last_sign_in"] is NSNull)
        #expect(try await run("list").output.contains("root"))

        let removed = try await run("remove", "ADA")
        #expect(removed.code == 0, "\(removed.errors)")
        let after = try await Self.client.execute(page, timeout: .seconds(60))
        #expect(after.headers.first(name: "location") == "/sign-in")
        var api = HTTPClientRequest(url: url + "/api/units")
        api.headers.add(name: "cookie", value: String(cookie))
        #expect(
            try await Self.client.execute(api, timeout: .seconds(60)).status == .unauthorized)
        #expect(await service.end(SIGTERM) == 0)
    }

    @Test func `are refused with a sentence`() async throws {
        let file = folder.path + ".txt"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "short\n".write(toFile: file, atomically: true, encoding: .utf8)
        _ = try await run("add", "root", "--role", "admin")
        let cases: [(Int32, String, [String])] = [
            (2, "at least 12 characters", ["add", "ada", "--password-file", file]),
            (69, "cannot be read", ["add", "ada", "--password-file", file + ".none"]),
            (2, "1 to 64 printable", ["add", "42"]),
            (2, "role", ["add", "ada", "--role", "king"]),
            (1, "already", ["add", "ROOT"]),
            (1, "no operator", ["remove", "ada"]),
            (1, "last admin", ["remove", "root"]),
        ]
        for (code, words, arguments) in cases {
            let outcome = try await Program.run(["operator"] + arguments + ["--data", folder.path])
            #expect(outcome.code == code && outcome.errors.contains(words), "\(outcome.errors)")
        }
        #expect(try await list().count == 1)
    }

    @Test func `are enough to open the operator listener`() async throws {
        let check = ["config", "check", "--data", folder.path, "--operator-listen", "0.0.0.0:1"]
        #expect(try await Program.run(check).code == 2)
        _ = try await run("add", "root", "--role", "admin")
        #expect(try await Program.run(check).code == 0)
    }
}
