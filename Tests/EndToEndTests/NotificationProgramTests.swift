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
    ///
    /// - Parameter waits: it takes connections once something is written to `door`.
    private func receiver(
        waits: Bool = false
    ) throws -> (process: Process, lines: FileHandle, door: FileHandle) {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "NotifyTests/receiver.py").path()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script, "http", Self.secret] + (waits ? ["wait"] : [])
        let (output, input) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardInput = input
        try process.run()
        return (process, output.fileHandleForReading, input.fileHandleForWriting)
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
        var delivery: [String: Any] = [:]
        try await eventually {
            let log = try await client.get("/api/notifications").body["notifications"]
            delivery = (log as? [[String: Any]])?.first ?? [:]
            return isAsWanted(delivery)
        }
        return delivery
    }

    @Test func `wait for who is not there, and go on after a kill`() async throws {
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let receiver = try receiver(waits: true)
        defer { kill(receiver.process.processIdentifier, SIGKILL) }
        let port = try #require(Int(await line(receiver.lines)))
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

        try receiver.door.write(contentsOf: Data("\n".utf8))
        let after = try program(folder, "--webhook-private", "allow")
        client = Client(url: try #require(await after.ready("operator")), token: token)
        let message = await line(receiver.lines)
        #expect(message.contains(#""verified": true"#))
        #expect(message.contains(try #require(failed["id"] as? String)))
        let done = try await delivery(client) { $0["status"] as? String == "delivered" }
        #expect(done["attempts"] as? Int == 2 && done["outcome"] as? String == "200")
        #expect(await after.end(SIGTERM) == 0)
    }

    /// A play at fifty times its speed, a limit that is passed each few seconds, and kills. What the
    /// events say that are on disk at the end, the receiver was told: onset and clear, in this order.
    @Test func `tell each event of the real service, through kills`() async throws {
        let folder = TemporaryFolder()
        let simulator = try Program([
            "simulate", "--listen", "127.0.0.1:0", "--units", "1", "--exact-cadence",
            "--speed", "50", "--start", Program.twoDaysAgo,
        ])
        let upstream = try #require(await simulator.ready("upstream"))
        let token = try await folder.token()
        let receiver = try receiver()
        defer { kill(receiver.process.processIdentifier, SIGKILL) }
        let port = try #require(Int(await line(receiver.lines)))
        let path = folder.path + "-site.json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try """
        {"upstreams": [{"id": "north", "url": "\(upstream)"}],
         "units": [{"id": "NL43-0001", "upstream": "north", "rate": "full"}]}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        let provision = try await Program.run("provision", "--data", folder.path, path)
        try #require(provision.code == 0, "\(provision.errors)")

        func start() async throws -> (Program, Client) {
            let program = try program(
                folder, "--webhook-private", "allow", "--poll-interval", "20ms",
                "--commit-interval", "20ms")
            let url = try #require(await program.ready("operator"))
            return (program, Client(url: url, token: token))
        }
        func cleared(_ client: Client) async throws -> [[String: Any]] {
            let body = try await client.get("/api/events?limit=1000").body
            let events = try #require(body["events"] as? [[String: Any]])
            return events.filter {
                $0["saved"] as? Bool == true && $0["status"] as? String == "cleared"
                    && $0["kind"] as? String == "rule"
            }
        }
        var (service, client) = try await start()
        let recipient = """
            {"id":"ops","name":"Ops","channel":"webhook","target":"http://127.0.0.1:\(port)/200",
             "secret":"\(Self.secret)"}
            """
        #expect(try await post(client, "/api/recipients", recipient) == 201)
        let rule = """
            {"id":"moment","name":"M","metric":"lp","threshold_db":52,"cooldown_s":5,
             "recipients":["ops"]}
            """
        #expect(try await post(client, "/api/units/NL43-0001/rules", rule) == 201)
        for kill in 1...5 {
            try await eventually { try await cleared(client).count >= kill * 3 }
            _ = await service.end(SIGKILL)
            (service, client) = try await start()
        }
        _ = await simulator.end(SIGTERM)
        try await eventually {
            let log = try await client.get("/api/notifications?status=pending").body
            return log["pending"] as? Int == 0
        }
        let events = try await cleared(client)
        let log = try await client.get("/api/notifications?limit=1000").body
        let told = try #require(log["notifications"] as? [[String: Any]])
        #expect(log["dead"] as? Int == 0)
        for event in events {
            let kinds = told.filter { $0["event"] as? Int == event["id"] as? Int }
                .compactMap { $0["kind"] as? String }
            #expect(kinds == ["clear", "onset"], "newest first, event \(event["id"]!)")
        }
        #expect(await service.end(SIGTERM) == 0)
        kill(receiver.process.processIdentifier, SIGKILL)
        let text = String(decoding: try receiver.lines.readToEnd() ?? Data(), as: UTF8.self)
        let messages = try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(messages.allSatisfy { $0["verified"] as? Bool == true })
        let received = Set(messages.compactMap { $0["delivery"] as? String })
        #expect(received == Set(told.compactMap { $0["id"] as? String }))
        // A message may come twice, when the kill came before it was written down.
        #expect(messages.count - received.count <= 5)
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
