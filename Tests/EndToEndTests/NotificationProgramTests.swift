//  NotificationProgramTests.swift · EndToEndTests
//
//  The real program tells a web server in Python, across a restart.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Notifications of the program` {
    private static let secret = "0123456789abcdef0123456789abcdef"

    /// `receiver.py http`, which prints its port and then each message that it took.
    private func receiver(port: Int = 0) throws -> (process: Process, lines: FileHandle) {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "NotifyTests/receiver.py").path()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script, "http", Self.secret, "\(port)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return (process, pipe.fileHandleForReading)
    }

    @concurrent
    private func line(_ lines: FileHandle) async -> String {
        var text = ""
        while !text.contains("\n") {
            let data = lines.availableData
            if data.isEmpty { break }
            text += String(decoding: data, as: UTF8.self)
        }
        return text.trimmingCharacters(in: .newlines)
    }

    private func post(_ client: Client, _ path: String, _ body: String) async throws -> UInt {
        var request = HTTPClientRequest(url: client.url + path)
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(client.token)")
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body))
        return try await HTTPClient.shared.execute(request, timeout: .minutes(1)).status.code
    }

    private func program(_ folder: TemporaryFolder, _ more: String...) throws -> Program {
        try Program(
            ["serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0"]
                + ["--portal-listen", "127.0.0.1:0"] + more)
    }

    /// The newest delivery, once it is as wanted.
    private func delivery(
        _ client: Client, until isAsWanted: ([String: Any]) -> Bool
    ) async throws -> [String: Any] {
        while true {
            let log = try await client.get("/api/notifications").body["notifications"]
            if let newest = (log as? [[String: Any]])?.first, isAsWanted(newest) { return newest }
        }
    }

    @Test func `wait for who is not there, and go on after a kill`() async throws {
        let folder = TemporaryFolder()
        let token = try await folder.token()
        // A port that is free again when it is needed.
        let first = try receiver()
        let port = try #require(Int(await line(first.lines)))
        kill(first.process.processIdentifier, SIGKILL)
        first.process.waitUntilExit()

        let before = try program(folder, "--webhook-private", "allow")
        var client = Client(url: try #require(await before.ready("operator")), token: token)
        let recipient = """
            {"id":"ops","name":"Ops","channel":"webhook","target":"http://127.0.0.1:\(port)/200",
             "secret":"\(Self.secret)"}
            """
        #expect(try await post(client, "/api/recipients", recipient) == 201)
        #expect(try await post(client, "/api/recipients/ops/test", "") == 202)
        let failed = try await delivery(client) { $0["attempts"] as? Int == 1 }
        #expect(failed["status"] as? String == "pending")
        #expect(failed["outcome"] as? String == "no connection")
        _ = await before.end(SIGKILL)

        let second = try receiver(port: port)
        defer { kill(second.process.processIdentifier, SIGKILL) }
        #expect(await line(second.lines) == "\(port)")
        let after = try program(folder, "--webhook-private", "allow")
        client = Client(url: try #require(await after.ready("operator")), token: token)
        let message = await line(second.lines)
        #expect(message.contains(#""verified": true"#))
        #expect(message.contains(try #require(failed["id"] as? String)))
        let done = try await delivery(client) { $0["status"] as? String == "delivered" }
        #expect(done["attempts"] as? Int == 2 && done["outcome"] as? String == "200")
        #expect(await after.end(SIGTERM) == 0)
    }

    @Test func `go to no address of our own unless that is allowed`() async throws {
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let program = try program(folder)
        let client = Client(url: try #require(await program.ready("operator")), token: token)
        let recipient = """
            {"id":"ops","name":"Ops","channel":"webhook","target":"\(client.url)/healthz"}
            """
        #expect(try await post(client, "/api/recipients", recipient) == 201)
        #expect(try await post(client, "/api/recipients/ops/test", "") == 202)
        let failed = try await delivery(client) { $0["attempts"] as? Int == 1 }
        #expect((failed["outcome"] as? String)?.contains("is not a public address") == true)
        #expect(await program.end(SIGTERM) == 0)
    }
}
