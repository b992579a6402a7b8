//  DeletionProgramTests.swift · EndToEndTests
//
//  Frames deleted from the real service: nobody gets them any more, whichever way they ask.

import Foundation
import Monitoring
import NIOHTTP1
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Frames that were deleted` {
    private let folder = TemporaryFolder()

    private static let site = """
        {"upstreams": [{"id": "north", "url": "http://127.0.0.1:9"}],
         "units": [{"id": "A", "upstream": "north"}, {"id": "B", "upstream": "north"}]}
        """
    /// Two hours from here, of the day before yesterday.
    private static let start =
        (Int64(Date().timeIntervalSince1970) / 86_400 - 2) * 86_400_000 + 6 * 3_600_000
    private static let end = start + 7_200_000

    private func serve() throws -> Program {
        try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ])
    }

    private func importFrames(_ client: Client) async throws {
        let rows = (0..<Int64(7200)).flatMap { second in
            ["A", "B"].map { "\(Self.start + second * 1000),\($0),\(50 + second % 31).\(second % 10)" }
        }
        let path = folder.path + "/levels.csv"
        try (["t,unit,lp"] + rows).joined(separator: "\n")
            .write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try await Program.run(
            ["import", path, "--url", client.url], environment: ["EARSHOT_TOKEN": client.token])
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    /// Stored frames of `unit`, which its buckets must agree with.
    private func times(_ unit: String, _ client: Client) async throws -> [Int64] {
        let path = "/api/units/\(unit)/history?from=\(Self.start)&to=\(Self.end)"
        let raw = try await client.get(path + "&resolution=raw&limit=100000").body
        let times = try #require(raw["t"] as? [NSNumber]).map(\.int64Value)
        let levels = try #require(raw["lp"] as? [NSNumber]).map(\.doubleValue)
        let buckets = try await client.get(path + "&step=300").body
        let maxima = try #require((buckets["lp"] as? [String: Any])?["max"] as? [Any])
        let covered = try #require(buckets["covered"] as? [NSNumber]).map(\.doubleValue)
        #expect(maxima.count == 24)
        for (index, maximum) in maxima.enumerated() {
            let first = Self.start + Int64(index) * 300_000
            let inside = zip(times, levels).filter { first <= $0.0 && $0.0 < first + 300_000 }
            #expect((maximum as? NSNumber)?.doubleValue == inside.map(\.1).max(), "\(unit) \(index)")
            #expect(abs(covered[index] - Double(inside.count)) <= 1, "\(unit) \(index)")
        }
        return times
    }

    @Test func `are in no answer, before and after a restart`() async throws {
        let token = try await folder.token()
        let site = folder.path + "/site.json"
        try Self.site.write(toFile: site, atomically: true, encoding: .utf8)
        #expect(try await Program.run("provision", "--data", folder.path, site).code == 0)
        let from = Self.start + 1_800_000
        let to = from + 1_500_000
        let all = stride(from: Self.start, to: Self.end, by: 1000).map { $0 }
        let kept = all.filter { !(from..<to).contains($0) }

        let service = try serve()
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        try await importFrames(client)
        #expect(try await times("A", client) == all)
        let deleted = try await client.send(
            .DELETE, "/api/units/A/history?from=\(from)&to=\(to)")
        #expect(deleted.status == 200)
        #expect(deleted.body["unit"] as? String == "A")
        #expect(
            deleted.body["from"] as? String == Timestamp(milliseconds: from).description)
        #expect(try await times("A", client) == kept)
        #expect(try await times("B", client) == all)
        #expect(await service.end(SIGKILL) == SIGKILL)

        let again = try serve()
        let other = Client(url: try #require(await again.ready("operator")), token: token)
        #expect(try await times("A", other) == kept)
        #expect(try await times("B", other) == all)
        // What is brought in afterwards is there again: that is how frames are corrected.
        try await importFrames(other)
        #expect(try await times("A", other) == all)
        #expect(await again.end(SIGTERM) == 0)
    }
}
