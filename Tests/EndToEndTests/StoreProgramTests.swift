//  StoreProgramTests.swift · EndToEndTests
//
//  `earshot store` as scripts use it: beside a running service, on folders that are none, and its
//  exit codes.

import Foundation
import Testing

@Suite struct `The store commands` {
    /// A backup beside a service that writes; what had been answered before is in it, unaltered,
    /// and nothing else but what was answered later.
    @Test func `back up a running service, and give back what it has answered`() async throws {
        let simulator = try Program([
            "simulate", "--listen", "127.0.0.1:0", "--units", "3", "--exact-cadence", "--speed", "50",
        ])
        let upstream = try #require(await simulator.ready("upstream"))
        let folder = TemporaryFolder()
        let token = try await folder.token()
        func arguments(_ data: String) -> [String] {
            [
                "serve", "--data", data, "--upstream", upstream, "--poll-interval", "20ms",
                "--commit-interval", "20ms", "--operator-listen", "127.0.0.1:0",
                "--portal-listen", "127.0.0.1:0",
            ]
        }
        let service = try Program(arguments(folder.path))
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        var before: [String: [Int64: String]] = [:]
        while before.values.reduce(0, { $0 + $1.count }) < 100 { before = try await frames(client) }

        let backup = TemporaryFolder()
        let made = try await Program.run(
            "store", "backup", backup.path, "--data", folder.path, "--with-keys", "--json")
        #expect(made.code == 0, "\(made.errors)")
        let verified = try await Program.run("store", "verify", "--data", folder.path)
        #expect(verified.code == 0, "\(verified.errors)")
        let stats = try await Program.run("store", "stats", "--data", folder.path, "--json")
        let numbers = try JSONSerialization.jsonObject(with: Data(stats.output.utf8)) as? [String: Any]
        #expect((numbers?["frames"] as? Int ?? 0) >= 100)
        let compact = try await Program.run("store", "compact", "--data", folder.path)
        #expect(compact.code == 75)
        let after = try await frames(client)
        _ = await service.end(SIGKILL)
        _ = await simulator.end(SIGTERM)

        let copy = TemporaryFolder()
        let restored = try await Program.run("store", "restore", backup.path, "--data", copy.path)
        #expect(restored.code == 0, "\(restored.errors)")
        let again = try Program(arguments(copy.path))
        let other = Client(url: try #require(await again.ready("operator")), token: token)
        let found = try await frames(other)
        #expect(await again.end(SIGTERM) == 0)
        for (unit, frames) in before {
            #expect(frames.allSatisfy { found[unit]?[$0.key] == $0.value }, "\(unit)")
        }
        for (unit, frames) in found {
            let known = (after[unit] ?? [:]).keys.max() ?? 0
            #expect(
                frames.allSatisfy { $0.key > known || after[unit]?[$0.key] == $0.value }, "\(unit)")
        }
        let offline = try await Program.run(
            "store", "compact", "--data", copy.path, "--force", "--json")
        #expect(offline.code == 0, "\(offline.errors)")
    }

    @Test func `end with the code that scripts rely on`() async throws {
        let empty = TemporaryFolder()
        for (arguments, code, words) in [
            (["verify", "--data", empty.path], 0, "There is no store yet."),
            (["stats", "--data", empty.path], 0, "There is no store yet."),
            (["compact", "--data", empty.path], 69, "There is no store"),
            (["backup", empty.path + "-b", "--data", empty.path], 69, "There is no store"),
            (["restore", empty.path + "-b", "--data", empty.path], 69, "There is no backup"),
            (["backup", empty.path + "/b", "--data", empty.path], 2, "is inside of the data folder"),
            (["verify", "--json", "--data", empty.path], 0, #""status":"empty""#),
        ] as [([String], Int32, String)] {
            let outcome = try await Program.run(["store"] + arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
            #expect((outcome.output + outcome.errors).contains(words), "\(arguments)")
        }
        try? FileManager.default.removeItem(atPath: empty.path + "-b")
    }

    @Test func `name damage, and refuse what is not whole or of a later version`() async throws {
        let folder = TemporaryFolder()
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0",
            "--portal-listen", "127.0.0.1:0",
        ])
        _ = try #require(await service.ready("operator"))
        #expect(await service.end(SIGTERM) == 0)
        let manifest = URL(filePath: folder.path + "/store/MANIFEST")
        let good = try Data(contentsOf: manifest)

        try good.dropLast().write(to: manifest)
        let verified = try await Program.run("store", "verify", "--data", folder.path, "--json")
        #expect(verified.code == 1 && verified.output.contains(#""kind":"manifest""#))

        // Version 2, with a checksum that fits: `crc32c` of the bytes before.
        var later = good
        later[7] += 1
        var crc = ~UInt32(0)
        for byte in later.dropLast(4) {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        crc = ~crc
        for place in 0..<4 { later[later.count - 4 + place] = UInt8(truncatingIfNeeded: crc >> (8 * place)) }
        try later.write(to: manifest)
        let refused = try await Program.run("serve", "--data", folder.path)
        #expect(refused.code == 69 && refused.errors.contains("a later version"), "\(refused.errors)")
        #expect(try Data(contentsOf: manifest) == later)

        try good.write(to: manifest)
        let full = try await Program.run("store", "restore", folder.path, "--data", folder.path)
        #expect(full.code == 69 && full.errors.contains("BACKUP is missing"))
        _ = FileManager.default.createFile(atPath: folder.path + "/RESTORING", contents: nil)
        for command in [["serve"], ["store", "verify"], ["token", "list"]] {
            let outcome = try await Program.run(command + ["--data", folder.path])
            #expect(outcome.code == 69 && outcome.errors.contains("has not ended"), "\(command)")
        }
    }

    /// Frames by unit and time, each as one text.
    private func frames(_ client: Client) async throws -> [String: [Int64: String]] {
        var found: [String: [Int64: String]] = [:]
        for number in 1...3 {
            let unit = "NL43-000\(number)"
            let (_, body) = try await client.get(
                "/api/units/\(unit)/history?resolution=raw&limit=100000&from=0&to=4102444800000")
            let columns = ["lp", "leq", "lmax", "lmin", "lpeak", "ln1", "ln2", "state", "origin"].map {
                body[$0] as? [Any] ?? []
            }
            for (index, time) in (body["t"] as? [NSNumber] ?? []).enumerated() {
                found[unit, default: [:]][time.int64Value] =
                    columns.map { "\($0[index])" }.joined(separator: " ")
            }
        }
        return found
    }
}
