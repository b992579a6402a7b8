//  DemoProgramTests.swift · EndToEndTests
//
//  What `make run` opens on.

import Foundation
import Testing

@Suite struct `The demo` {
    private let folder = TemporaryFolder()

    /// A demo that answers.
    private struct Demo {
        let program: Program
        let client: Client
        /// What a client opens.
        let link: String
    }

    private func start() async throws -> Demo {
        let program = try Program([
            "demo", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0", "--history-days", "1",
        ])
        let lines = try #require(await program.lines(3))
        let ready = try #require(lines[0].wholeMatch(of: /ready operator=(\S+) portal=(\S+)/)).output
        let open = try #require(lines[1].wholeMatch(of: /open (\S+)\/sign-in#(es_[0-9a-f]{64})/))
        let enter = try #require(
            lines[2].wholeMatch(of: /client (\S+)\/portal\/enter\/(el_[0-9a-f]{64})/))
        #expect(open.output.1 == ready.1 && enter.output.1 == ready.2)
        return Demo(
            program: program, client: Client(url: String(ready.1), token: String(open.output.2)),
            link: String(enter.output.2))
    }

    private func events(_ client: Client) async throws -> [[String: Any]] {
        let answer = try await client.get("/api/events?limit=1000")
        return answer.body["events"] as? [[String: Any]] ?? []
    }

    private func unit(_ number: Int, _ key: String, _ client: Client) async throws -> String? {
        try await client.get("/api/units/NL43-000\(number)").body[key] as? String
    }

    @Test(.timeLimit(.minutes(10)))
    func `shows six locations, a breach, a delayed and a stopped unit, and goes on where it ended`()
        async throws
    {
        var demo = try await start()
        let client = demo.client
        for (number, location) in [
            (1, "north-gate"), (2, "quay-wall"), (3, "crane-yard"), (4, "school-lane"),
            (5, "chapel-court"), (6, "south-terrace"), (7, "farm-house"),
        ] {
            let rules = try await client.get("/api/units/NL43-000\(number)/rules").body
            #expect(rules["location"] as? String == location)
            #expect((rules["rules"] as? [Any])?.isEmpty == false)
        }
        try await eventually {
            try await events(client).contains {
                $0["location"] as? String == "quay-wall" && $0["status"] as? String == "active"
            }
        }
        try await eventually { try await unit(5, "feed", client) == "stale" }
        try await eventually { try await unit(6, "state", client) == "stopped" }
        try await eventually {
            try await events(client).contains { $0["rule_id"] as? String == "north-night" }
        }
        let past = try await events(client).filter { $0["replayed"] as? Bool == true }
        #expect(past.count < 10, "limits are exceeded now and then")
        #expect(past.allSatisfy { $0["status"] as? String == "cleared" })
        #expect(await demo.program.end(SIGTERM) == 0)

        let (link, token) = (demo.link, client.token)
        demo = try await start()
        #expect(demo.link != link && demo.client.token != token)
        #expect(try await Client(url: demo.client.url, token: token).get("/api/units").status == 401)
        try await eventually { try await unit(1, "feed", demo.client) == "ok" }
        func replayed(_ events: [[String: Any]]) -> Set<Int> {
            Set(events.filter { $0["replayed"] as? Bool == true }.compactMap { $0["id"] as? Int })
        }
        let later = try await events(demo.client)
        #expect(replayed(later) == replayed(past))
        let active = later.filter { $0["status"] as? String == "active" }
        #expect(active.count { $0["rule_id"] as? String == "quay-lp" } == 1)
        #expect(await demo.program.end(SIGTERM) == 0)
    }

    @Test(arguments: [["--units", "6"], ["--units", "14"], ["--history-days", "401"]])
    func `asks for as many units as it shows, and no more than an upstream can be asked for`(
        flags: [String]
    ) async throws {
        let outcome = try await Program.run(["demo", "--data", folder.path] + flags)
        #expect(outcome.code == 2 && outcome.errors.contains("Give --units from 7 to 13"))
    }
}
