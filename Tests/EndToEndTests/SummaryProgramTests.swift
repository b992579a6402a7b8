//  SummaryProgramTests.swift · EndToEndTests
//
//  A real day into the real service by the real command, and its known indicators out of it.

import Foundation
import Monitoring
import Support
import Testing

@Suite(.timeLimit(.minutes(5))) struct `A summary of an imported day` {
    private let folder = TemporaryFolder()

    private static let site = """
        {"upstreams": [{"id": "north", "url": "http://127.0.0.1:9"}],
         "units": [{"id": "A", "upstream": "north"}]}
        """

    @Test func `gives its known indicators, also after a restart`() async throws {
        let token = try await folder.token()
        let site = try write(Self.site, "site.json")
        #expect(try await Program.run("provision", "--data", folder.path, site).code == 0)
        let start = RealDay.start.milliseconds
        let rows = RealDay.levels.enumerated().map { second, tenths in
            "\(start + Int64(second) * 1000),\(tenths / 10).\(tenths % 10),\(start)"
        }
        let file = try write("t,lp,start\n" + rows.joined(separator: "\n") + "\n", "day.csv")
        for isImported in [false, true] {
            let service = try Program([
                "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
                "--portal-listen", "127.0.0.1:0",
            ])
            let client = Client(url: try #require(await service.ready("operator")), token: token)
            if !isImported {
                let outcome = try await Program.run(
                    ["import", file, "--unit", "A", "--url", client.url],
                    environment: ["EARSHOT_TOKEN": token])
                #expect(outcome.code == 0, "\(outcome.errors)")
            }
            try await expectIndicators(client)
            #expect(await service.end(SIGTERM) == 0)
        }
    }

    private func expectIndicators(_ client: Client) async throws {
        let range = "from=2025-03-22T00:00:00Z&to=2025-03-23T00:00:00Z"
        let path = "/api/units/A/summary?\(range)&ln=1,5,10,50,90,95,99&above=55,65&limit=49.6"
        let body = try await client.get(path).body
        let day = try #require((body["periods"] as? [[String: Any]])?.first)
        #expect(number(day["laeq"]) == 49.65)
        let ln = try #require(day["ln"] as? [String: Any])
        #expect(
            ["1", "5", "10", "50", "90", "95", "99"].map { number(ln[$0]) }
                == [58.5, 53.9, 52.1, 47.0, 42.8, 41.9, 41.1])
        #expect(number(day["lp_max"]) == 75.8)
        #expect(["lday", "levening", "lnight"].map { number(day[$0]) } == [49.58, 52.93, 46.29])
        #expect(number(day["samples"]) == 86_400 && number(day["coverage"]) == 1)
        // LAeq is read as 49.7.
        #expect(day["verdict"] as? String == "above")
        let above = try #require(day["above"] as? [[String: Any]])
        let counts = [550, 650].map { limit in RealDay.levels.dropFirst().count { $0 > limit } }
        #expect(above.map { number($0["seconds"]) } == counts.map(Double.init))

        let quarters = try await client.get("/api/units/A/summary?\(range)&period=15m").body
        let rows = try #require(quarters["periods"] as? [[String: Any]])
        #expect(rows.count == 96)
        #expect(rows.compactMap { number($0["laeq"]) }.max() == 54.87)
    }

    private func number(_ value: Any?) -> Double? { (value as? NSNumber)?.doubleValue }

    private func write(_ text: String, _ name: String) throws -> String {
        let path = folder.path + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
