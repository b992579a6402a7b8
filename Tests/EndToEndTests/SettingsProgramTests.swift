//  SettingsProgramTests.swift · EndToEndTests
//
//  Settings, exit codes, logs and the supervisor, as the real program has them.

import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

/// The beginning of a WebSocket, as far as its status.
private final class Handshake: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let status: EventLoopPromise<String>

    init(_ status: EventLoopPromise<String>) { self.status = status }

    static func begin(
        _ url: String, _ path: String, _ token: String
    ) async throws -> (any Channel, status: String) {
        let port = Int(url.split(separator: ":").last ?? "") ?? 0
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let status = loop.makePromise(of: String.self)
        let head = ByteBuffer(
            string: """
                GET \(path) HTTP/1.1\r
                Host: 127.0.0.1:\(port)\r
                Connection: Upgrade\r
                Upgrade: websocket\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                Authorization: Bearer \(token)\r
                \r\n
                """)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { $0.pipeline.addHandler(Handshake(status)) }
            .connect(host: "127.0.0.1", port: port)
            .flatMap { channel in channel.writeAndFlush(head).map { channel } }.get()
        return (channel, try await status.futureResult.get())
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let words = String(buffer: unwrapInboundIn(data)).split(separator: " ")
        status.succeed(words.count > 1 ? String(words[1]) : "none")
    }

    func channelInactive(context: ChannelHandlerContext) { status.succeed("closed") }
}

@Suite struct `The program's settings` {
    private let listening = ["--operator-listen", "127.0.0.1:0", "--portal-listen", "127.0.0.1:0"]

    @Test func `come from file, environment and flags, and show tells which`() async throws {
        let folder = TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/earshot", withIntermediateDirectories: true)
        let file = folder.path + "/earshot/earshot.json"
        try Data(#"{"retention": "1y", "limit": {"connections": 7}}"#.utf8)
            .write(to: URL(filePath: file))
        let shown = try await Program.run(
            ["config", "show", "--json", "--durability", "commit"],
            environment: ["XDG_CONFIG_HOME": folder.path, "EARSHOT_LOG_LEVEL": "error"])
        #expect(shown.code == 0)
        let body = try #require(
            try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
        #expect(body["file"] as? String == file)
        var rows: [String: String] = [:]
        for row in body["settings"] as? [[String: Any]] ?? [] {
            rows[row["key"] as? String ?? ""] = "\(row["value"]!) \(row["origin"]!)"
        }
        #expect(rows["retention"] == "1y \(file)")
        #expect(rows["limit.connections"] == "7 \(file)")
        #expect(rows["log_level"] == "error EARSHOT_LOG_LEVEL")
        #expect(rows["durability"] == "commit --durability")
        #expect(rows["poll_interval"] == "1s default")
        // Other commands find the data folder in the same file.
        try Data(#"{"data": "\#(folder.path)/data"}"#.utf8).write(to: URL(filePath: file))
        let made = try await Program.run(
            ["token", "create", "--name", "a"], environment: ["XDG_CONFIG_HOME": folder.path])
        #expect(made.code == 0)
        #expect(FileManager.default.fileExists(atPath: folder.path + "/data/registry.sqlite"))
    }

    @Test func `that are wrong are all told at once, and nothing starts`() async throws {
        let folder = TemporaryFolder()
        for command in [["config", "check"], ["serve"]] {
            let outcome = try await Program.run(
                command + ["--data", folder.path, "--poll-interval", "1"],
                environment: ["EARSHOT_RETENTION": "1h", "EARSHOT_LIMIT_CONNECTIONS": "many"])
            #expect(outcome.code == 2)
            for words in ["--poll-interval is 1", "EARSHOT_RETENTION is 1h", "_CONNECTIONS is many"] {
                #expect(outcome.errors.contains(words), "\(command) \(outcome.errors)")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func `are checked for what does not fit together`() async throws {
        let folder = TemporaryFolder()
        let outcome = try await Program.run(
            "config", "check", "--data", folder.path, "--operator-listen", "0.0.0.0:1",
            "--portal-listen", "0.0.0.0:1", "--public-url", "http://a.example")
        #expect(outcome.code == 2)
        for words in ["are both 0.0.0.0:1", "no API token", "not https"] {
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
        _ = try await folder.token()
        let good = try await Program.run("config", "check", "--data", folder.path)
        #expect(good.code == 0 && good.output.contains("The settings are good"))
    }

    @Test(arguments: [
        (0, ["version"]), (0, ["config", "show"]), (0, ["--generate-completion-script", "bash"]),
        (0, ["--generate-completion-script", "zsh"]), (0, ["--generate-completion-script", "fish"]),
        (1, ["doctor", "--data", "/nowhere/earshot", "--operator-listen", "127.0.0.1:0"]),
        (2, ["doctor", "--banana"]), (2, ["config", "show", "--config", "/nowhere.json"]),
        (2, ["config", "check", "--log-level", "loud"]), (2, ["doctor", "extra"]),
        (2, ["token", "create", "--data", "/nowhere/earshot"]),
        (69, ["serve", "--data", "/proc/earshot"]),
        (69, ["serve", "--data", "/dev/null/earshot"]),
        (69, ["token", "create", "--data", "/proc/earshot", "--name", "a"]),
    ])
    func `that fail end with the code that scripts rely on`(
        code: Int, arguments: [String]
    ) async throws {
        let outcome = try await Program.run(arguments)
        #expect(outcome.code == Int32(code), "\(outcome.output)\(outcome.errors)")
        if code != 0 { #expect(outcome.errors.hasSuffix(".\n") || code == 2, "\(outcome.errors)") }
    }

    /// Each limit set low, and one more than it.
    @Test func `of limits take effect`() async throws {
        let folder = TemporaryFolder()
        _ = try await folder.token()
        let service = try Program(
            ["serve", "--data", folder.path] + listening,
            environment: [
                "EARSHOT_LIMIT_SIGN_INS_PER_MINUTE": "3", "EARSHOT_LIMIT_REQUEST_BODY_BYTES": "1024",
                "EARSHOT_LIMIT_REQUEST_HEAD_BYTES": "2048",
            ])
        let url = try #require(await service.ready("operator"))
        @Sendable func post(_ body: String, field: String = "a") async throws -> UInt {
            var request = HTTPClientRequest(url: url + "/sign-in")
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
            request.headers.add(name: "origin", value: url)
            request.headers.add(name: "x-long", value: field)
            request.body = .bytes(ByteBuffer(string: body))
            return try await HTTPClient.shared.execute(request, timeout: .minutes(5)).status.code
        }
        let long = String(repeating: "x", count: 3000)
        #expect(try await post("token=a", field: long) == 431)
        #expect(try await post("token=" + long) == 413)
        // At once, so that they fall into one minute; the one before may be of the minute before.
        let statuses = try await withThrowingTaskGroup(of: UInt.self) { group in
            for _ in 0..<7 { group.addTask { try await post("token=a") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let refused = statuses.count { $0 == 429 }
        #expect([4, 5].contains(refused) && statuses.count { $0 == 401 } == 7 - refused, "\(statuses)")
        #expect(await service.end(SIGTERM) == 0)
    }

    @Test(arguments: [("SESSION", 2), ("ADDRESS", 2)])
    func `of WebSockets take effect`(scope: String, most: Int) async throws {
        let upstream = try await FakeUpstream.withOneUnit()
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let service = try Program(
            ["serve", "--data", folder.path, "--upstream", upstream.url] + listening,
            environment: ["EARSHOT_LIMIT_WEBSOCKETS_PER_\(scope)": "\(most)"])
        let url = try #require(await service.ready("operator"))
        let client = Client(url: url, token: token)
        try await eventually { try await client.get("/api/units/u1").status == 200 }
        var channels: [any Channel] = []
        var statuses: [String] = []
        for _ in 0...most {
            let (channel, status) = try await Handshake.begin(url, "/api/units/u1/stream", token)
            channels.append(channel)
            statuses.append(status)
        }
        #expect(statuses == Array(repeating: "101", count: most) + ["429"])
        for channel in channels { try? await channel.close() }
        #expect(await service.end(SIGTERM) == 0)
    }

    @Test func `of upstreams take effect`() async throws {
        var answers = FakeUpstream.Answers()
        answers.roster = #"{"devices":[]}"# + String(repeating: " ", count: 5000)
        let upstream = try await FakeUpstream(answers)
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let service = try Program(
            ["serve", "--data", folder.path, "--upstream", upstream.url] + listening,
            environment: ["EARSHOT_LIMIT_UPSTREAM_BODY_BYTES": "4096"])
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        try await eventually {
            let upstreams = try await client.get("/readyz").body["upstreams"] as? [[String: Any]]
            return upstreams?.first?["state"] as? String == "down"
        }
        #expect(await service.end(SIGTERM) == 0)
    }

    @Test func `of the supervisor are kept: ready, alive, stopping, within 10 s`() async throws {
        let folder = TemporaryFolder()
        let path = "/tmp/earshot-e2e-\(UInt32.random(in: .min ... .max))"
        let listener = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        // A shut down socket gives the reader below nothing more, which ends it.
        defer { shutdown(listener, Int32(SHUT_RDWR)); unlink(path) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        let (messages, arrived) = AsyncStream<String>.makeStream()
        // Reads whatever the test waits for: the system keeps but ten messages for who does not.
        Thread {
            while case let message = next(listener), !message.isEmpty { arrived.yield(message) }
            close(listener)
        }.start()
        let service = try Program(
            ["serve", "--data", folder.path] + listening,
            environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000"])
        let url = try #require(await service.ready("operator"))
        var coming = messages.makeAsyncIterator()
        #expect(await coming.next() == "READY=1\nSTATUS=serving \(url)")
        for _ in 0..<3 { #expect(await coming.next() == "WATCHDOG=1") }
        // It gives itself 9 s, and ends with another code when they are not enough.
        #expect(await service.end(SIGTERM) == 0)
        var last = await coming.next()
        while last == "WATCHDOG=1" { last = await coming.next() }
        #expect(last == "STOPPING=1\nSTATUS=stopping")
    }

    /// The next commit is a minute away, and a client holds half a request.
    @Test func `of a stop are kept: within 10 s, and what was taken is on disk`() async throws {
        let simulator = try Program([
            "simulate", "--listen", "127.0.0.1:0", "--speed", "20", "--start", Program.twoDaysAgo,
        ])
        let upstream = try #require(await simulator.ready("upstream"))
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let arguments = ["serve", "--data", folder.path] + listening
        let service = try Program(
            arguments + ["--upstream", upstream, "--poll-interval", "20ms", "--commit-interval", "60s"])
        let url = try #require(await service.ready("operator"))
        let port = try #require(Int(url.split(separator: ":").last ?? ""))
        let head = ByteBuffer(string: "GET /api/units HTTP/1.1\r\nHost: a\r\n")
        let half = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port)
            .flatMap { channel in channel.writeAndFlush(head).map { channel } }.get()
        let client = Client(url: url, token: token)
        var newest: String?
        try await eventually {
            newest = try await client.get("/api/units/NL43-0001/live").body["timestamp"] as? String
            return newest != nil
        }
        // It gives itself 9 s, and ends with another code when they are not enough.
        #expect(await service.end(SIGTERM) == 0)
        try? await half.close()
        _ = await simulator.end(SIGTERM)

        let again = try Program(arguments)
        let second = Client(url: try #require(await again.ready("operator")), token: token)
        let from = try #require(newest)
        let path = "/api/units/NL43-0001/history?resolution=raw&from=\(from)&to=4102444800000"
        let times = try await second.get(path).body["t"] as? [NSNumber] ?? []
        #expect(!times.isEmpty, "\(from) was taken and is not there")
        #expect(await again.end(SIGTERM) == 0)
    }

    @Test func `of logs: JSON lines, and no token in them`() async throws {
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let log = folder.path + "/log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let service = try Program(
            ["serve", "--data", folder.path, "--log", "json", "--log-level", "trace"] + listening,
            log: try FileHandle(forWritingTo: URL(filePath: log)))
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        #expect(try await client.get("/api/units?token=\(token)").status == 200)
        #expect(await service.end(SIGTERM) == 0)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(!text.isEmpty && !text.contains(token))
        for line in text.split(separator: "\n") {
            let fields = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
            #expect(fields["time"] != nil && fields["level"] != nil && fields["message"] != nil)
        }
    }

    private func next(_ listener: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(listener, &bytes, bytes.count, 0)
        return String(decoding: bytes[..<max(0, count)], as: UTF8.self)
    }
}
