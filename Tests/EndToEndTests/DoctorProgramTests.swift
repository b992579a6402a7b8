//  DoctorProgramTests.swift · EndToEndTests
//
//  Real faults on a real machine, found by the real program.

import Foundation
import NIOCore
import NIOPosix
import Testing

@Suite struct `The doctor` {
    private struct Report: Decodable {
        struct Finding: Decodable {
            let check: String
            let severity: String
            let sentence: String
            let remedy: String?
        }
        let status: String
        let findings: [Finding]

        func has(_ check: String, _ words: String, _ severity: String = "fault") -> Bool {
            findings.contains {
                $0.check == check && $0.severity == severity && $0.sentence.contains(words)
            }
        }
    }

    /// A data folder that has served, with a log of many records and a token. In the last record
    /// damage is what a crash leaves, and no fault.
    private func served() async throws -> TemporaryFolder {
        let simulator = try Program([
            "simulate", "--listen", "127.0.0.1:0", "--speed", "20", "--exact-cadence",
            "--start", Program.twoDaysAgo,
        ])
        let upstream = try #require(await simulator.ready("upstream"))
        let folder = TemporaryFolder()
        let token = try await folder.token()
        let service = try Program([
            "serve", "--data", folder.path, "--upstream", upstream, "--operator-listen",
            "127.0.0.1:0", "--portal-listen", "127.0.0.1:0", "--poll-interval", "20ms",
            "--commit-interval", "20ms",
        ])
        let client = Client(url: try #require(await service.ready("operator")), token: token)
        // History becomes more complete by commits; each is a record.
        var commits: Set<String> = []
        try await eventually {
            let path = "/api/units/NL43-0001/history?resolution=raw&from=0&to=4102444800000&limit=1"
            if let until = try await client.get(path).body["complete_until"] as? String {
                commits.insert(until)
            }
            return commits.count > 20
        }
        #expect(await service.end(SIGTERM) == 0)
        _ = await simulator.end(SIGTERM)
        return folder
    }

    /// - Parameter patience: how long upstreams may take to answer; the longest that can be set, as
    ///   a busy machine needs it.
    private func examine(
        _ folder: String, _ arguments: [String] = [], code: Int32 = 1, patience: String = "1m"
    ) async throws -> Report {
        let outcome = try await Program.run(
            [
                "doctor", "--json", "--data", folder, "--operator-listen", "127.0.0.1:0",
                "--portal-listen", "127.0.0.1:0",
            ] + arguments, environment: ["EARSHOT_LIMIT_UPSTREAM_TIMEOUT": patience])
        #expect(outcome.code == code, "\(outcome.output)\(outcome.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    }

    @Test func `is content with a service that has run, and leaves every byte as it was`() async throws {
        let folder = try await served()
        let before = try fingerprint(folder.path)
        let upstream = try await FakeUpstream()
        let report = try await examine(folder.path, ["--upstream", upstream.url], code: 0)
        #expect(!report.findings.contains { $0.severity == "fault" })
        #expect(report.has("store", "Every page", "ok") && report.has("upstream", "as they should", "ok"))
        #expect(try fingerprint(folder.path) == before)
        let text = try await Program.run("doctor", "--data", folder.path, "--operator-listen", "a:0")
        #expect(text.output.contains("ok       store: Every page of the store can be read."))
    }

    @Test func `knows a service that runs from a folder in trouble`() async throws {
        let folder = try await served()
        let service = try Program([
            "serve", "--data", folder.path, "--operator-listen", "127.0.0.1:0", "--portal-listen",
            "127.0.0.1:0",
        ])
        let url = try #require(await service.ready("operator"))
        let report = try await examine(
            folder.path, ["--operator-listen", String(url.dropFirst(7))], code: 0)
        #expect(report.has("data", "in use by process \(service.pid)", "note"))
        #expect(report.has("ports", "as it should be", "note"))
        #expect(await service.end(SIGTERM) == 0)
    }

    @Test func `finds what is wrong with a data folder`() async throws {
        let folder = try await served()
        let files = FileManager.default
        func mode(_ mode: Int, _ name: String) throws {
            try files.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path + name)
        }
        func restored(_ name: String, _ body: () async throws -> Void) async throws {
            let kept = try Data(contentsOf: URL(filePath: folder.path + name))
            try await body()
            try kept.write(to: URL(filePath: folder.path + name))
        }
        func flip(_ name: String, _ place: (Int) -> Int) throws {
            var bytes = try Data(contentsOf: URL(filePath: folder.path + name))
            bytes[place(bytes.count)] ^= 0x40
            try bytes.write(to: URL(filePath: folder.path + name))
        }
        #expect(try await examine(folder.path + "/none").has("data", "does not exist"))
        #expect(try await examine(folder.path + "/registry.sqlite").has("data", "not a folder"))

        try mode(0o500, "")
        #expect(try await examine(folder.path).has("data", "cannot be written"))
        try mode(0o700, "")

        try mode(0o755, "/keys")
        try mode(0o644, "/keys/sessions.keys")
        let open = try await examine(folder.path)
        #expect(open.has("keys", "keys (755)") && open.has("keys", "sessions.keys (644)"))
        try mode(0o700, "/keys")
        try mode(0o600, "/keys/sessions.keys")

        try await restored("/keys/sessions.keys") {
            let short = Data("k1 \(String(repeating: "ab", count: 31))\n".utf8)
            try short.write(to: URL(filePath: folder.path + "/keys/sessions.keys"))
            try mode(0o600, "/keys/sessions.keys")
            #expect(try await examine(folder.path).has("keys", "cannot be used"))
        }
        try mode(0o600, "/keys/sessions.keys")

        try await restored("/store/MANIFEST") {
            try flip("/store/MANIFEST") { $0 / 2 }
            #expect(try await examine(folder.path).has("store", "MANIFEST"))
        }
        let log = try #require(try files.contentsOfDirectory(atPath: folder.path + "/store/wal").first)
        try await restored("/store/wal/" + log) {
            try flip("/store/wal/" + log) { _ in 200 }
            #expect(try await examine(folder.path).has("store", "are damaged"))
        }
        try await restored("/registry.sqlite") {
            let bytes = Data(repeating: 0xA5, count: 8192)
            try bytes.write(to: URL(filePath: folder.path + "/registry.sqlite"))
            #expect(try await examine(folder.path).has("registry", "is damaged"))
        }
        if getuid() == 0 {
            try files.setAttributes([.ownerAccountID: 65_534], ofItemAtPath: folder.path + "/registry.sqlite")
            #expect(try await examine(folder.path).has("data", "not all belongs to root: registry.sqlite"))
            try files.setAttributes([.ownerAccountID: 0], ofItemAtPath: folder.path + "/registry.sqlite")
        }
        _ = try await examine(folder.path, code: 0)
    }

    @Test func `finds what is wrong around it`() async throws {
        let folder = try await served()
        let taken = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = "127.0.0.1:\(taken.localAddress!.port!)"
        let ports = try await examine(folder.path, ["--operator-listen", port])
        #expect(ports.has("ports", "\(port) is in use by another program"))
        let portal = try await examine(folder.path, ["--portal-listen", port])
        #expect(portal.has("ports", "\(port) is in use by another program"))
        try await taken.close()

        let config = folder.path + "/earshot.json"
        try Data(#"{"retension": "1y"}"#.utf8).write(to: URL(filePath: config))
        let file = try await examine(folder.path, ["--config", config])
        #expect(file.has("settings", #"did you mean "retention"?"#))

        let exposed = try await examine(
            folder.path, ["--portal-listen", "0.0.0.0:0", "--public-url", "http://a.example"])
        #expect(exposed.has("settings", "not https"))

        let stranger = TemporaryFolder()
        try FileManager.default.createDirectory(atPath: stranger.path, withIntermediateDirectories: true)
        let fresh = try await examine(stranger.path, code: 0)
        #expect(fresh.has("tokens", "no API token", "warning"))
    }

    @Test func `finds what is wrong with upstreams, in one go`() async throws {
        let folder = try await served()
        var stalled = FakeUpstream.Answers()
        stalled.isStalled = true
        var foreign = FakeUpstream.Answers()
        foreign.roster = "<html>It works!</html>"
        var late = FakeUpstream.Answers()
        late.clockOffsetSeconds = -3600
        var unread = FakeUpstream.Answers()
        unread.roster = #"{"status":"ok","devices":[{"unit_id":"new-1","status":null}],"total":1}"#
        let silent = try await FakeUpstream(stalled)
        let upstreams = [
            try await FakeUpstream(foreign), try await FakeUpstream(late), try await FakeUpstream(unread),
            try await FakeUpstream(.busy(14, watched: 3)), try await FakeUpstream(.busy(20, watched: 14)),
        ]
        let quick = try await examine(folder.path, ["--upstream", silent.url], patience: "500ms")
        #expect(quick.has("upstream", "\(silent.url) accepts connections and does not answer"))
        let report = try await examine(
            folder.path, ["--upstream", "http://127.0.0.1:1"] + upstreams.flatMap { ["--upstream", $0.url] })
        #expect(report.has("upstream", "http://127.0.0.1:1 does not answer"))
        #expect(report.has("upstream", "\(upstreams[0].url) is not an SLMM"))
        #expect(report.has("upstream", "The clock of \(upstreams[1].url) is at least"))
        #expect(report.has("upstream", "\(upstreams[2].url) has never had a reading of new-1", "warning"))
        #expect(report.has("upstream", "At \(upstreams[3].url), 14 monitors run"))
        #expect(!report.has("upstream", "At \(upstreams[3].url), 3 units"))
        #expect(report.has("upstream", "At \(upstreams[4].url), 14 units are watched"))
    }

    /// Name, size, mode and contents of everything in a folder.
    private func fingerprint(_ folder: String) throws -> [String: String] {
        var found: [String: String] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: folder)! {
            let path = folder + "/" + name
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let contents = try? Data(contentsOf: URL(filePath: path))
            found[name] =
                "\(attributes[.modificationDate]!) \(attributes[.posixPermissions]!) "
                + "\(contents?.hashValue ?? 0)"
        }
        return found
    }
}
