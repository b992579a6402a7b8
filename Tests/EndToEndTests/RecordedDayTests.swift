//  RecordedDayTests.swift · EndToEndTests
//
//  A real day through everything: simulator, ingest, pipeline, store, HTTP.

import Foundation
import NIOCore
import NIOPosix
import Testing

@Suite struct `A recorded day` {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "../shared/data/laeq1s-day.csv").standardizedFileURL.path()

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: file), "the recorded day is not here"))
    func `played at 1,000 times its speed gives its known values`() async throws {
        let simulator = try Program([
            "simulate", "--listen", "127.0.0.1:0", "--csv", Self.file, "--speed", "1000",
            "--exact-cadence",
        ])
        let upstream = try #require(await simulator.ready("upstream"))
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let service = try Program([
            "serve", "--data", folder.path, "--upstream", upstream, "--operator-listen",
            "127.0.0.1:0", "--portal-listen", "127.0.0.1:0",
            // What a socket that was given up and opened again missed is not played twice.
        ], environment: ["EARSHOT_LIMIT_UPSTREAM_TIMEOUT": "1m"])
        let url = try #require(await service.ready("operator"))
        let client = Client(url: url, token: token)
        try await eventually { try await client.get("/api/units/NL43-0001").status == 200 }
        let viewer = try await view(url, token)

        let all = "/api/units/NL43-0001/history?resolution=raw&to=4102444800000&limit=1&from="
        try await eventually { (try await client.get(all + "0").body["t"] as? [Any])?.count == 1 }
        let first = (try await client.get(all + "0").body["t"] as! [NSNumber])[0].int64Value
        let last = first + 86_399_000
        try await eventually {
            (try await client.get(all + "\(last)").body["t"] as? [Any])?.count == 1
        }
        let range = "from=\(first - 1000)&to=\(last + 1)"
        let body = try await client.get("/api/units/NL43-0001/history?\(range)&step=86400").body
        let lp = try #require(body["lp"] as? [String: [NSNumber?]])
        let covered = try #require(body["covered"] as? [NSNumber])
        var energy = 0.0
        for (mean, seconds) in zip(lp["mean"]!, covered) {
            if let mean { energy += pow(10, mean.doubleValue / 10) * seconds.doubleValue }
        }
        let seconds = covered.reduce(0) { $0 + $1.doubleValue }
        #expect(abs(10 * log10(energy / seconds) - 49.65) < 0.01)
        #expect(lp["max"]!.compactMap { $0?.doubleValue }.max() == 75.8)
        #expect(lp["min"]!.compactMap { $0?.doubleValue }.min() == 40.2)
        #expect((body["coverage"] as? NSNumber)!.doubleValue >= 0.9999)
        let raw = try await client.get(
            "/api/units/NL43-0001/history?resolution=raw&limit=100000&\(range)")
        #expect((raw.body["t"] as? [Any])?.count == 86_400)

        try await viewer.close()
        #expect(await service.end(SIGTERM) == 0)
        _ = await simulator.end(SIGTERM)
    }

    /// Opens the unit's stream and lets what comes fall: a viewer, by whom the unit is read at
    /// full rate.
    private func view(_ url: String, _ token: String) async throws -> any Channel {
        let host = url.dropFirst("http://".count)
        let parts = host.split(separator: ":")
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: String(parts[0]), port: Int(parts[1])!).get()
        let request = """
            GET /api/units/NL43-0001/stream HTTP/1.1\r
            Host: \(host)\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            Authorization: Bearer \(token)\r
            \r\n
            """
        try await channel.writeAndFlush(ByteBuffer(string: request)).get()
        // A viewer that never says anything is taken for gone: a pong without being asked for,
        // masked with zeros (RFC 6455, 5.5.3), says that this one is there.
        channel.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(15), delay: .seconds(15)) { _ in
            channel.writeAndFlush(ByteBuffer(bytes: [0x8A, 0x80, 0, 0, 0, 0]), promise: nil)
        }
        return channel
    }
}
