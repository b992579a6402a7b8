//  RuleBookTests.swift · StoreTests

import GRDB
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `Rules in the registry` {
    private let file = RegistryFile()

    private func versions(_ registry: SQLiteRegistry) async throws -> [String] {
        try await registry.pool.read { db in
            try String.fetchAll(
                db, sql: "SELECT rule || ' ' || version FROM rule_version ORDER BY 1")
        }
    }

    @Test func `get a version for each change, and keep those before`() async throws {
        let registry = try await Sample.registry(file)
        var rule = Sample.rule("r1")
        rule.version = 9
        rule = try await registry.add(rule)
        #expect(rule.version == 1)
        #expect(try await registry.replace(rule, over: 1) == rule)
        rule.thresholdTenths = 600
        rule.site = .unit(.b)
        let second = try await registry.replace(rule, over: 1)
        #expect(second.version == 2 && second.site == .location("gate"))
        #expect(try await registry.rule("r1") == second)
        #expect(try await registry.rules(of: .location("gate")) == [second])
        #expect(try await registry.rules(of: .unit(.b)).isEmpty)
        #expect(try await versions(registry) == ["r1 1", "r1 2"])
        for change in ["UPDATE rule_version SET body = ''", "DELETE FROM rule_version"] {
            await #expect(throws: DatabaseError.self) {
                try await registry.pool.write { try $0.execute(sql: change) }
            }
        }
    }

    @Test func `are replaced over the version that was read, and no other`() async throws {
        let registry = try await Sample.registry(file)
        var (mine, theirs) = (try await registry.add(Sample.rule("r1")), Sample.rule("r1"))
        theirs.name = "Theirs"
        #expect(try await registry.replace(theirs, over: 1).version == 2)
        mine.thresholdTenths = 600
        for version in [1, 3] {
            await #expect(throws: RuleBookError.changed(version: 2)) {
                try await registry.replace(mine, over: version)
            }
        }
        #expect(try await registry.rule("r1")?.name == "Theirs")
        #expect(try await registry.replace(mine, over: 2).version == 3)
    }

    @Test(arguments: [
        { $0.averaging = Averaging(mode: .window) }, { $0.averaging = nil },
        { $0.thresholdTenths = 2001 }, { $0.warningTenths = 650 }, { $0.metric = .lp },
        { $0.recipients = Array(repeating: "x", count: 51) },
        {
            $0.metric = .lmax
            $0.averaging = nil
            $0.comparison = .below
        },
    ] as [@Sendable (inout AlertRule) -> Void])
    func `with values that do not go together are refused, and nothing stops`(
        spoil: @Sendable (inout AlertRule) -> Void
    ) async throws {
        let registry = try await Sample.registry(file)
        var rule = try await registry.add(Sample.rule("r1"))
        spoil(&rule)
        let spoilt = rule
        await #expect(throws: RuleBookError.unsound("r1")) {
            _ = try await registry.configure { _, sites in sites.put(spoilt) }
        }
        #expect(try await registry.rule("r1") == Sample.rule("r1"))
        #expect(try await versions(registry) == ["r1 1"])
    }

    @Test func `are marked when they are deleted, and their ids stay taken`() async throws {
        let registry = try await Sample.registry(file)
        let rule = try await registry.add(Sample.rule("r1"))
        #expect(try await registry.delete(rule: "r1"))
        #expect(try await !registry.delete(rule: "r1"))
        #expect(try await registry.rule("r1") == nil)
        #expect(try await registry.rules(of: rule.site).isEmpty)
        #expect(try await versions(registry) == ["r1 1"])
        await #expect(throws: RuleBookError.taken("r1")) { try await registry.add(rule) }
        await #expect(throws: RuleBookError.unknownRule("r1")) {
            try await registry.replace(rule, over: 1)
        }
        // Provisioning brings it back as the next version.
        _ = try await registry.configure { _, sites in sites.put(rule) }
        #expect(try await registry.rule("r1")?.version == 2)
    }

    @Test(arguments: [
        (Sample.rule("r1"), .taken("r1")),
        (Sample.rule("r9", at: .location("nowhere")), .unknownSite(.location("nowhere"))),
        (Sample.rule("r9", at: .location("yard")), .unknownSite(.location("yard"))),
        (Sample.rule("r9", at: .unit(.c)), .unknownSite(.unit(.c))),
        (
            {
                var rule = Sample.rule("r9")
                rule.recipients = ["nobody"]
                return rule
            }(), .unknownRecipients(["nobody"])
        ),
    ] as [(AlertRule, RuleBookError)])
    func `are refused, and nothing has changed`(
        rule: AlertRule, error: RuleBookError
    ) async throws {
        let registry = try await Sample.registry(file)
        _ = try await registry.add(Sample.rule("r1"))
        try await registry.configure { _, sites in sites.locations["yard"]!.status = .removed }
        let before = try await registry.sites()
        await #expect(throws: error) { try await registry.add(rule) }
        #expect(try await registry.sites() == before)
    }

    @Test func `are at most 50 a site`() async throws {
        let registry = try await Sample.registry(file)
        for number in 1...50 { _ = try await registry.add(Sample.rule("r\(number)")) }
        await #expect(throws: RuleBookError.tooMany) {
            try await registry.add(Sample.rule("r51"))
        }
        _ = try await registry.add(Sample.rule("r51", at: .location("yard")))
        _ = try await registry.delete(rule: "r1")
        _ = try await registry.add(Sample.rule("r52"))
    }

    @Test(arguments: [
        "", "{}", "not json",
        try! StoredJSON.text(Sample.rule("other")),
        try! StoredJSON.text(
            {
                var rule = Sample.rule("r1", threshold: 2001)
                rule.version = 2
                return rule
            }()),
    ])
    func `that cannot be read are told, and stop no others`(body: String) async throws {
        let registry = try await Sample.registry(file)
        let rule = try await registry.add(Sample.rule("r1"))
        let other = try await registry.add(Sample.rule("r2"))
        try await registry.pool.write { db in
            try db.execute(
                sql: "INSERT INTO rule_version VALUES ('r1', 2, 0, ?)", arguments: [body])
            try db.execute(sql: "UPDATE rule SET version = 2 WHERE id = 'r1'")
        }
        #expect(
            try await registry.unreadableRules() == [
                "The rule \"r1\", version 2, cannot be read and is not applied. Delete it, or "
                    + "provision it anew."
            ])
        #expect(try await registry.rules(of: .location("gate")) == [other])
        #expect(try await registry.plans(at: "2026-03-10T00:00:00Z")[0].rules == [other])
        await #expect(throws: RuleBookError.taken("r1")) { try await registry.add(rule) }
        _ = try await registry.configure { _, sites in sites.put(rule) }
        #expect(try await registry.rule("r1")?.version == 3)
        #expect(try await registry.unreadableRules().isEmpty)
    }

    @Test func `of a unit whose id cannot be are told, too`() async throws {
        let registry = try await Sample.registry(file)
        _ = try await registry.add(Sample.rule("r1", at: .unit(.b)))
        try await registry.pool.write { db in
            try db.execute(sql: "UPDATE rule SET unit = 'no.name' WHERE id = 'r1'")
        }
        let said = try await registry.unreadableRules()
        #expect(said.count == 1 && said[0].hasPrefix(#"The rule "r1", version 1, cannot be"#))
        await #expect(throws: RuleBookError.taken("r1")) {
            try await registry.add(Sample.rule("r1"))
        }
        #expect(try await registry.delete(rule: "r1"))
        #expect(try await registry.unreadableRules().isEmpty)
    }

    @Test func `that cannot be read can be deleted`() async throws {
        let registry = try await Sample.registry(file)
        _ = try await registry.add(Sample.rule("r1"))
        try await registry.pool.write { db in
            try db.execute(sql: "UPDATE rule SET version = 2 WHERE id = 'r1'")
        }
        #expect(try await registry.unreadableRules().count == 1)
        #expect(try await registry.delete(rule: "r1"))
        #expect(try await registry.unreadableRules().isEmpty)
    }
}
