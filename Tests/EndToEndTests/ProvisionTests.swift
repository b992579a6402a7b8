//  ProvisionTests.swift · EndToEndTests
//
//  `earshot provision` and `earshot token` as scripts have them.

import Foundation
import Testing

@Suite struct `Provisioning` {
    private let folder = TemporaryFolder()
    private static let units = """
        {"upstreams": [{"id": "north", "url": "http://127.0.0.1:9"}],
         "units": [{"id": "NL43-0001", "upstream": "north", "ln1_percent": 1}]}
        """

    private func provision(_ json: String, _ flags: String...) async throws -> Program.Outcome {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "earshot-site-\(UUID().uuidString).json").path()
        try Data(json.utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        return try await Program.run(["provision", "--data", folder.path, file] + flags)
    }

    @Test func `fills an empty data folder, and does nothing the second time`() async throws {
        let checked = try await provision(Self.units, "--check", "--json")
        #expect(checked.code == 0 && checked.output.contains(#""changed":2}"#))
        let first = try await provision(Self.units)
        #expect(first.code == 0)
        #expect(first.output.contains("units        1        0        0\n"), "\(first.output)")
        let second = try await provision(Self.units, "--json")
        #expect(second.code == 0)
        #expect(
            second.output == """
                {"upstreams":1,"units":1,"clients":0,"projects":0,"locations":0,"assignments":0,\
                "rules":0,"links":0,"changed":0}

                """)
    }

    @Test func `refuses a wrong file as a whole, with 2 and a sentence for each mistake`()
        async throws
    {
        let wrong = Self.units.replacingOccurrences(
            of: "]}", with: #", {"id": "b", "upstream": "nowhere", "rats": "full"}]}"#)
        let outcome = try await provision(wrong)
        #expect(outcome.code == 2 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("2 problems; nothing was changed"))
        #expect(outcome.errors.contains("units[1].rats is not known; did you mean rate?"))
        #expect(outcome.errors.contains(#"units[1].upstream is "nowhere""#))
        #expect(try await provision(Self.units, "--json").output.contains(#""changed":2}"#))
    }

    private static let sites = """
        "clients": [{"id": "alpha", "name": "Alpha"}],
        "projects": [{"id": "p1", "name": "Harbour", "client": "alpha", "time_zone": "UTC"}],
        "locations": [{"id": "gate", "project": "p1", "name": "Gate"}],
        "assignments": [{"location": "gate", "unit": "NL43-0001", "from": "2026-01-01T00:00:00Z"}],
        "rules": [{"id": "r1", "location": "gate", "name": "Night", "threshold_db": 65}]
        """

    @Test func `keeps sites and rules, which a running service answers at once`() async throws {
        let token = try await folder.token()
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ])
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        let site = Self.units.replacingOccurrences(of: "]}", with: "], \(Self.sites)}")
        let first = try await provision(site)
        #expect(first.code == 0, "\(first.errors)")
        #expect(first.output.contains("rules        1        0        0\n"), "\(first.output)")
        let rules = try await client.get("/api/units/NL43-0001/rules")
        #expect(rules.status == 200 && rules.body["location"] as? String == "gate")
        #expect((rules.body["rules"] as? [[String: Any]])?.first?["threshold_db"] as? Double == 65)
        let second = try await provision(site, "--json")
        #expect(second.output.contains(#""rules":1,"links":0,"changed":0}"#), "\(second.output)")
        let overlap = #"{"location": "gate", "unit": "NL43-0001", "from": "2026-02-01T00:00:00Z"}"#
        let refused = try await provision("{\"assignments\": [\(overlap)]}")
        #expect(refused.code == 2 && refused.errors.contains("End one before the other begins."))
        #expect(await service.end(SIGTERM) == 0)
    }

    private static let token = "tok-alpha-0123456789abcdef0123456789abcdef"

    @Test func `keeps links, and prints the secret of one that it makes once`() async throws {
        func site(_ revoked: Bool) -> String {
            let links = """
                "links": [{"client": "alpha", "label": "Site office"},
                          {"client": "alpha", "label": "Gate", "token": "\(Self.token)",
                           "revoked": \(revoked)}]
                """
            return Self.units.replacingOccurrences(of: "]}", with: "], \(Self.sites), \(links)}")
        }
        let checked = try await provision(site(false), "--check")
        #expect(checked.code == 0 && !checked.output.contains("/portal/enter"))
        let first = try await provision(site(false))
        #expect(first.code == 0, "\(first.errors)")
        #expect(first.output.contains("links        2        0        0\n"), "\(first.output)")
        let line = try #require(first.output.split(separator: "\n").last)
        #expect(
            line.wholeMatch(of: /link \/portal\/enter\/el_[0-9a-f]{64} alpha Site office/) != nil)
        let again = try await provision(site(false), "--json")
        #expect(again.output.hasSuffix("\"links\":2,\"changed\":0}\n"), "\(again.output)")
        let revoked = try await provision(site(true))
        #expect(revoked.output.contains("links        0        1        1\n"), "\(revoked.output)")
        for outcome in [checked, first, again, revoked] {
            #expect(!(outcome.output + outcome.errors).contains(Self.token))
        }
    }

    @Test func `makes no link when anything else of the file is wrong`() async throws {
        let link = #""links": [{"client": "alpha", "label": "Office"}]"#
        let site = Self.units.replacingOccurrences(of: "]}", with: "], \(Self.sites), \(link)}")
        let wrong = site.replacingOccurrences(of: "65}", with: "650}")
        let refused = try await provision(wrong)
        #expect(refused.code == 2 && refused.output.isEmpty)
        let made = try await provision(site, "--json")
        #expect(made.output.contains(#""changed":8,"made":[{"client":"alpha","label":"Office","#))
    }

    @Test func `asks for a file that is there, with 69, and not too large, with 2`() async throws {
        let missing = try await Program.run("provision", "--data", folder.path, "/nowhere.json")
        #expect(missing.code == 69 && missing.errors.contains("/nowhere.json cannot be read"))
        let large = try await provision(String(repeating: " ", count: (16 << 20) + 1))
        #expect(large.code == 2 && large.errors.contains("more than 16 MiB"))
        // Standard input is empty here.
        let empty = try await Program.run("provision", "--data", folder.path, "-")
        #expect(empty.code == 2 && empty.errors.contains("The standard input has a problem"))
    }

    @Test func `is seen by a running service at once`() async throws {
        let token = try await folder.token()
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ])
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        #expect(try await client.get("/api/units/NL43-0001").status == 404)
        #expect(try await provision(Self.units).code == 0)
        let unit = try await client.get("/api/units/NL43-0001")
        #expect(unit.status == 200 && unit.body["ln1_percent"] as? Double == 1)
        #expect(await service.end(SIGTERM) == 0)
    }
}

@Suite struct `Tokens` {
    private let folder = TemporaryFolder()

    private func token(_ arguments: String...) async throws -> Program.Outcome {
        try await Program.run(["token"] + arguments + ["--data", folder.path])
    }

    @Test func `are listed without their secrets, and revoked by id or name`() async throws {
        let secret = try await folder.token()
        let list = try await token("list", "--json")
        #expect(list.code == 0 && !list.output.contains(secret))
        let listed = try JSONSerialization.jsonObject(with: Data(list.output.utf8))
        let rows = try #require((listed as? [String: Any])?["tokens"] as? [[String: Any]])
        #expect(rows.count == 1 && rows[0]["name"] as? String == "test")
        #expect(rows[0]["state"] as? String == "live" && rows[0]["expires"] is NSNull)
        let table = try await token("list")
        #expect(table.output.hasPrefix("id  name") && !table.output.contains(secret))

        _ = try await folder.token()
        let ambiguous = try await token("revoke", "test")
        #expect(ambiguous.code == 2 && ambiguous.errors.contains("tokens 1, 2"))
        #expect(try await token("revoke", "1").code == 0)
        #expect(try await token("revoke", "test").code == 0)
        #expect(try await token("revoke", "test").code == 1)
        #expect(try await token("revoke", "1").code == 1)
        #expect(try await token("list").output.contains("revoked"))
    }

    @Test func `end for a running service when they are revoked`() async throws {
        let first = try await folder.token()
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ])
        let client = Client(url: try #require(await service.ready("operator")), token: first)
        #expect(try await client.get("/api/units").status == 200)
        #expect(try await token("revoke", "test").code == 0)
        #expect(try await client.get("/api/units").status == 401)
        #expect(await service.end(SIGTERM) == 0)
    }

    @Test(arguments: [" ci", "ci ", "", "12", "a\u{7}b", "a\nb", String(repeating: "x", count: 65)])
    func `are not made under a name that cannot be told again`(name: String) async throws {
        let outcome = try await token("create", "--name", name)
        #expect(outcome.code == 2 && outcome.errors.contains("--name is"), "\(outcome.errors)")
        #expect(try await token("create", "--name", "CI für Büro 3", "--expires", "0s").code == 2)
        #expect(try await token("create", "--name", "CI für Büro 3").code == 0)
    }
}
