//  AlertProgramTests.swift · EndToEndTests
//
//  Events of the real service: through kills, and once more by `earshot replay`.

import Foundation
import Monitoring
import Support
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Events of the real service` {
    private let folder = TemporaryFolder()

    private func provision(_ site: String) async throws {
        let path = folder.path + "-site.json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try site.write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try await Program.run("provision", "--data", folder.path, path)
        try #require(outcome.code == 0, "\(outcome.errors)")
    }

    private func replay(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(["replay", "--data", folder.path] + arguments)
    }

    private func events(of outcome: Program.Outcome) throws -> [[String: Any]] {
        let body = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return try #require((body as? [String: Any])?["events"] as? [[String: Any]])
    }

    /// A play at fifty times its speed, limits that are passed each few seconds, a dozen kills.
    @Test func `go on through kills, and a replay proves them`() async throws {
        let simulator = try Program([
            "simulate", "--listen", "127.0.0.1:0", "--units", "2", "--exact-cadence",
            "--speed", "50", "--start", Program.twoDaysAgo,
        ])
        let upstream = try #require(await simulator.ready("upstream"))
        let token = try await folder.token()
        try await provision(
            """
            {"upstreams": [{"id": "north", "url": "\(upstream)"}],
             "units": [{"id": "NL43-0001", "upstream": "north", "rate": "full"},
                       {"id": "NL43-0002", "upstream": "north", "rate": "full"}],
             "clients": [{"id": "c", "name": "C"}],
             "projects": [{"id": "p", "name": "P", "client": "c", "time_zone": "Europe/London"}],
             "locations": [{"id": "gate", "project": "p", "name": "Gate"}],
             "assignments": [{"location": "gate", "unit": "NL43-0001", "from": "2020-01-01T00:00:00Z"}],
             "rules": [{"id": "moment", "location": "gate", "name": "M", "metric": "lp",
                        "threshold_db": 52, "cooldown_s": 5},
                       {"id": "minute", "location": "gate", "name": "A", "threshold_db": 50,
                        "averaging": {"mode": "clock", "seconds": 60}},
                       {"id": "other", "unit": "NL43-0002", "name": "O", "metric": "lp",
                        "threshold_db": 50, "duration_s": 3}]}
            """)
        let arguments = [
            "serve", "--data", folder.path, "--poll-interval", "20ms", "--commit-interval", "20ms",
            "--operator-listen", "127.0.0.1:0", "--portal-listen", "127.0.0.1:0",
        ]
        var known: [Int: String] = [:]
        for kill in 0..<12 {
            let service = try Program(arguments)
            let client = Client(
                url: try #require(await service.ready("operator"), "kill \(kill)"), token: token)
            let wanted = known.count + 3
            try await eventually {
                let body = try await client.get("/api/events?limit=1000").body
                let events = try #require(body["events"] as? [[String: Any]])
                // One that is not on disk yet may go, and has no id.
                let found = Dictionary(
                    uniqueKeysWithValues: try events.filter { $0["saved"] as? Bool == true }.map { event in
                        (
                            try #require(event["id"] as? Int),
                            "\(event["rule_id"]!) \(event["onset_at"]!) \(event["onset_value"]!)"
                        )
                    })
                // None is lost or altered, and none is there twice.
                #expect(known.allSatisfy { found[$0.key] == $0.value }, "kill \(kill)")
                #expect(Set(found.values).count == found.count, "kill \(kill)")
                known = found
                return known.count >= wanted
            }
            _ = await service.end(kill == 11 ? SIGTERM : SIGKILL)
        }
        _ = await simulator.end(SIGTERM)
        for unit in ["NL43-0001", "NL43-0002"] {
            let outcome = try await replay("--unit", unit, "--verify")
            #expect(outcome.code == 0, "\(outcome.output) \(outcome.errors)")
            #expect(outcome.output.contains(" 0 differences"))
        }
        let told = try await events(of: replay("--unit", "NL43-0001", "--json"))
        #expect(!told.isEmpty)
    }

    @Test func `of an import are recorded once, when somebody asks for it`() async throws {
        let token = try await folder.token()
        try await provision(
            """
            {"upstreams": [{"id": "north", "url": "http://127.0.0.1:9"}],
             "units": [{"id": "A", "upstream": "north"}],
             "rules": [{"id": "quarter", "unit": "A", "name": "Q", "threshold_db": 54.8}]}
            """)
        let start = RealDay.start.milliseconds
        let rows = RealDay.levels.enumerated().map { second, tenths in
            "\(start + Int64(second) * 1000),\(tenths / 10).\(tenths % 10),\(start)"
        }
        let file = folder.path + "/day.csv"
        try ("t,lp,start\n" + rows.joined(separator: "\n") + "\n")
            .write(toFile: file, atomically: true, encoding: .utf8)
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ])
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        let sent = try await Program.run(
            ["import", file, "--unit", "A", "--url", client.url],
            environment: ["EARSHOT_TOKEN": token])
        try #require(sent.code == 0, "\(sent.errors)")
        let range = ["--unit", "A", "--from", "2025-03-22", "--to", "2025-03-23"]
        func run(_ more: String...) async throws -> Program.Outcome {
            try await Program.run(["replay", "--data", folder.path] + range + more)
        }

        // Imported readings were never judged: nothing to tell, and nothing to differ.
        #expect(try await events(of: run("--json")).isEmpty)
        #expect(try await run("--verify").code == 0)
        // The highest quarter of that day has 54.87 dB; no other has more than 54.8.
        for _ in 0..<2 {
            let found = try await events(of: run("--record", "--json"))
            #expect(found.map { $0["peak_value"] as? Double } == [54.9])
            let body = try await client.get("/api/units/A/events").body
            let recorded = try #require(body["events"] as? [[String: Any]])
            #expect(recorded.map { $0["replayed"] as? Bool } == [true])
            #expect(recorded.map { $0["id"] as? Int } == found.map { $0["id"] as? Int })
        }
        let rules = folder.path + "/rules.json"
        try #"{"rules": [{"id": "high", "unit": "A", "name": "H", "threshold_db": 60}]}"#
            .write(toFile: rules, atomically: true, encoding: .utf8)
        #expect(try await events(of: run("--rules", rules, "--json")).isEmpty)
        #expect(await service.end(SIGTERM) == 0)
    }

    @Test(arguments: [
        (["--unit", "B"], "There is no unit B"),
        (["--unit", "A", "--from", "yesterday"], "--from yesterday is not a time"),
        (["--unit", "A", "--from", "2026-01-02", "--to", "2026-01-01"], "--to is before --from"),
        (["--unit", "A", "--verify", "--record"], "--verify looks at what was live"),
        (["--unit", "A", "--rules", "/nowhere.json"], "/nowhere.json cannot be read"),
    ])
    func `are not replayed for wrong words`(arguments: [String], words: String) async throws {
        try await provision(
            """
            {"upstreams": [{"id": "north", "url": "http://127.0.0.1:9"}],
             "units": [{"id": "A", "upstream": "north"}]}
            """)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/store", withIntermediateDirectories: true)
        let outcome = try await Program.run(["replay", "--data", folder.path] + arguments)
        #expect(outcome.code == (words.contains("read") ? 69 : 2), "\(outcome.output)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
}
