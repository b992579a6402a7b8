//  ProgramTests.swift · EndToEndTests
//
//  Exit codes and sentences that people and scripts rely on.

import Foundation
import NIOCore
import NIOPosix
import Testing

@Suite struct `The program` {
    @Test func `tells its version and its commands`() async throws {
        #expect(try await Program.run("version").output.hasPrefix("earshot 0."))
        let help = try await Program.run("--help")
        #expect(help.code == 0)
        for command in ["serve", "demo", "simulate", "token", "import", "export", "version"] {
            #expect(help.output.contains(command))
            let own = try await Program.run(command, "--help")
            #expect(own.code == 0 && own.output.contains("USAGE: earshot \(command)"))
        }
    }

    @Test(arguments: [
        (["serve", "--upstream", "slmm:8100"], "--upstream is slmm:8100"),
        (["serve", "--poll-interval", "19ms"], "least is 20ms"),
        (["serve", "--operator-listen", "8081"], "--operator-listen is 8081"),
        (["serve", "--durability", "forever"], "durability"),
        (["simulate", "--units", "0"], "--units is 0"),
        (["simulate", "--speed", "20000"], "speed must be 1 to 10,000"),
        (["simulate", "--csv", "/nowhere.csv"], "/nowhere.csv"),
        (["simulate", "--start", "yesterday"], "--start is yesterday"),
        (["fly"], "fly"),
    ])
    func `answers wrong usage with a sentence and exit code 2`(
        arguments: [String], words: String
    ) async throws {
        let folder = TemporaryFolder()
        let data = arguments[0] == "serve" ? ["--data", folder.path] : []
        let program = try await Program.run(arguments + data)
        #expect(program.code == 2)
        #expect(program.errors.contains(words), "\(program.errors)")
    }

    @Test func `refuses a port in use with 69`() async throws {
        let taken = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = taken.localAddress!.port!
        let folder = TemporaryFolder()
        let outcome = try await Program.run(
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:\(port)",
            "--portal-listen", "127.0.0.1:0")
        #expect(outcome.code == 69)
        #expect(outcome.errors.contains("127.0.0.1:\(port)"))
        try await taken.close()
    }

    @Test func `refuses a data folder that cannot be written with 69`() async throws {
        let folder = TemporaryFolder()
        try Data().write(to: URL(filePath: folder.path))
        let outcome = try await Program.run("serve", "--data", folder.path + "/data")
        #expect(outcome.code == 69)
        #expect(outcome.errors.contains(folder.path))
    }

    @Test func `lets one process at a time have a data folder, with 75`() async throws {
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let first = try Program(serve(folder))
        let url = try #require(await first.ready("operator"))
        let second = try await Program.run(serve(folder))
        #expect(second.code == 75)
        #expect(second.errors.contains("in use by process \(first.pid)"))
        // Tokens are made beside it, and count at once.
        let other = Client(url: url, token: try await folder.token())
        #expect(try await other.get("/api/units").status == 200)
        #expect(try await Client(url: url, token: token + "0").get("/api/units").status == 401)
        #expect(await first.end(SIGTERM) == 0)
    }

    @Test func `does not open the operator listener to strangers without a token`() async throws {
        let folder = TemporaryFolder()
        let outcome = try await Program.run(
            "serve", "--data", folder.path, "--operator-listen", "0.0.0.0:0")
        #expect(outcome.code == 2)
        #expect(outcome.errors.contains("earshot token create"))
    }

    @Test func `goes on with pages and history while the upstream is down, and says so`()
        async throws
    {
        let simulator = try Program([
            "simulate", "--listen", "127.0.0.1:0", "--exact-cadence", "--speed", "20", "--start",
            Program.twoDaysAgo,
        ])
        let upstream = try #require(await simulator.ready("upstream"))
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let service = try Program(
            serve(folder) + ["--upstream", upstream, "--commit-interval", "20ms"])
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        let raw = "/api/units/NL43-0001/history?resolution=raw&from=0&to=4102444800000"
        try await eventually { (try await client.get(raw).body["t"] as? [Any])?.isEmpty == false }
        _ = await simulator.end(SIGKILL)
        try await eventually {
            try await client.get("/readyz").body["status"] as? String == "degraded"
        }
        let ready = try await client.get("/readyz")
        #expect(ready.status == 200)
        #expect("\(ready.body["reasons"]!)".contains(upstream.dropFirst(7)))
        #expect((try await client.get(raw).body["t"] as? [Any])?.isEmpty == false)
        let live = try await client.get("/api/units/NL43-0001/live")
        #expect(live.status == 200)
        #expect(await service.end(SIGTERM) == 0)
    }

    private func serve(_ folder: TemporaryFolder) -> [String] {
        [
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ]
    }
}

/// Asks until the answer is yes; the test's time limit ends it otherwise.
func eventually(_ condition: () async throws -> Bool) async throws {
    let limit = ContinuousClock.now.advanced(by: .seconds(300))
    while try await !condition() {
        try #require(ContinuousClock.now < limit, "it did not come true within five minutes")
        await Task.yield()
    }
}
