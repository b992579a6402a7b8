//  TransferProgramTests.swift · EndToEndTests
//
//  Frames in and out of the real service, by the real commands.

import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Import and export` {
    private let folder = TemporaryFolder()

    private static let site = """
        {"upstreams": [{"id": "north", "url": "http://127.0.0.1:9"}],
         "units": [{"id": "A", "upstream": "north"}, {"id": "B", "upstream": "north"}]}
        """

    /// A service whose upstream does not answer, with the units A and B.
    private func withService(
        _ body: (_ url: String, _ client: Client) async throws -> Void
    ) async throws {
        let token = try await folder.token()
        let site = folder.path + "/site.json"
        try Self.site.write(toFile: site, atomically: true, encoding: .utf8)
        let provision = try await Program.run("provision", "--data", folder.path, site)
        #expect(provision.code == 0, "\(provision.errors)")
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ])
        let url = try #require(await service.ready("operator"))
        try await body(url, Client(url: url, token: token))
        #expect(await service.end(SIGTERM) == 0)
    }

    private func run(_ arguments: [String], _ client: Client) async throws -> Program.Outcome {
        try await Program.run(
            arguments + ["--url", client.url], environment: ["EARSHOT_TOKEN": client.token])
    }

    private func write(_ text: String, _ name: String) throws -> String {
        let path = folder.path + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Two hours of each unit, a second apart, of the day before yesterday.
    private static let rows: [String] = {
        let start = (Int(Date().timeIntervalSince1970) / 86_400 - 2) * 86_400_000
        return (0..<7200).flatMap { second in
            ["A", "B"].map { unit in
                "\(start + second * 1000),\(unit),\(50 + second % 30).\(second % 10),,60.5,,,,,"
                    + "\(second % 100 == 0 ? "stopped" : "measuring"),"
                    + "\(second % 100 == 0 ? "" : "\(start)")"
            }
        }
    }()
    private static let header = "t,unit,lp,leq,lmax,lmin,lpeak,ln1,ln2,state,start"

    @Test func `give back the same frames in every format, again and again`() async throws {
        try await withService { url, client in
            let file = try write(
                ([Self.header] + Self.rows).joined(separator: "\n"), "levels.csv")
            let first = try await run(["import", file, "--json"], client)
            #expect(first.code == 0, "\(first.errors)")
            #expect(
                first.output
                    == #"{"accepted":14400,"conflicts":0,"duplicates":0,"rejected":[],"rejected_count":0}"#
                    + "\n")
            #expect(!FileManager.default.fileExists(atPath: file + ".earshot-progress"))
            var seen: [String: String] = [:]
            for format in ["csv", "ndjson", "binary"] {
                let output = folder.path + "/out." + format
                let export = try await run(
                    ["export", "--format", format, "--output", output, "--json"], client)
                #expect(export.code == 0, "\(export.errors)")
                #expect(export.output.contains(#""frames":14400"#))
                let units = format == "binary" ? ["--units", "1:A,2:B"] : []
                let again = try await run(
                    ["import", output, "--format", format, "--json"] + units, client)
                // Records have no start, which makes them no other frames.
                #expect(again.code == 0, "\(again.errors)")
                #expect(again.output.contains(#""duplicates":14400"#), "\(again.output)")
                seen[format] = output
            }
            let text = try String(contentsOfFile: seen["csv"]!, encoding: .utf8)
            #expect(text.split(separator: "\n").count == 14_401)
            // Half of it is gone: going on gives it back.
            try String(text.prefix(text.count / 2)).write(
                toFile: seen["csv"]!, atomically: true, encoding: .utf8)
            let resumed = try await run(["export", "--output", seen["csv"]!, "--resume"], client)
            #expect(resumed.code == 0, "\(resumed.errors)")
            #expect(try String(contentsOfFile: seen["csv"]!, encoding: .utf8) == text)
            let piped = try await run(["export", "--unit", "A", "--unit", "B"], client)
            #expect(piped.output == text)
        }
    }

    @Test func `survive a kill, and make history`() async throws {
        try await withService { _, client in
            let file = try write(
                ([Self.header] + Self.rows).joined(separator: "\n"), "levels.csv")
            let outcome = try await run(["import", file], client)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("accepted"))
        }
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ])
        let client = Client(
            url: try #require(await service.ready("operator")), token: try await folder.token())
        let raw = try await client.get(
            "/api/units/A/history?resolution=raw&from=0&to=4102444800000&limit=100000")
        #expect((raw.body["t"] as? [Any])?.count == 7200)
        #expect((raw.body["origin"] as? [String])?.allSatisfy { $0 == "imported" } == true)
        #expect(await service.end(SIGKILL) == SIGKILL)
    }

    @Test func `tell what is wrong by their exit code`() async throws {
        try await withService { _, client in
            let bad = try write("t,unit,lp\nnever,A,50\n\(Self.rows[0].prefix(13)),A,50\n", "bad.csv")
            let refused = try await run(["import", bad], client)
            #expect(refused.code == 1)
            #expect(refused.errors.contains("row 1: t is not a time"), "\(refused.errors)")
            let unknown = try await run(["import", bad, "--unit", "Z"], client)
            #expect(unknown.code == 1 && unknown.errors.contains("earshot provision"))
            let cut = try write("ESFRAMES", "cut.bin")
            #expect(try await run(["import", cut, "--unit", "A"], client).code == 1)
            #expect(try await run(["import", folder.path + "/none.csv"], client).code == 69)
            let there = try await run(["export", "--output", bad], client)
            #expect(there.code == 2 && there.errors.contains("--resume"))
            let stranger = try await Program.run(
                "import", bad, "--url", client.url, "--token", "wrong")
            #expect(stranger.code == 2)
            #expect(try await Program.run("import", bad, "--url", client.url).code == 2)
            #expect(try await Program.run("export", "--url", "ftp://x", "--token", "x").code == 2)
        }
        let gone = try await Program.run(
            "import", folder.path + "/bad.csv", "--url", "http://127.0.0.1:9", "--token", "x")
        #expect(gone.code == 69)
    }
}
