//  SitesTests.swift · StoreTests

import GRDB
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `Sites in the registry` {
    private let file = RegistryFile()

    @Test func `come back as they were stored, to another process too`() async throws {
        let registry = try await Sample.registry(file)
        try await registry.configure { _, sites in
            sites.locations["gate"]!.latitude = 51.5
            sites.locations["gate"]!.longitude = -0.02
            sites.locations["yard"]!.status = .removed
            sites.locations["yard"]!.kind = .vibration
            sites.assignments.append(
                Assignment(
                    location: "yard", unit: .b, from: "2026-01-01T00:00:00Z",
                    to: "2026-01-02T00:00:00.001Z"))
            var rule = Sample.rule("r1")
            rule.schedule = Schedule(
                startMinute: 1320, endMinute: 420, days: Weekdays(names: ["fri", "sun"])!,
                exceptDates: [CalendarDay("2026-12-25")!])
            rule.averaging = Averaging(mode: .sliding, seconds: 300)
            rule.warningTenths = 600
            rule.severity = "high"
            sites.put(rule)
            sites.put(Sample.rule("r2", at: .unit(.b)))
        }
        let stored = try await registry.sites()
        #expect(stored.locations["gate"]?.latitude == 51.5)
        #expect(stored.locations["yard"]?.status == .removed)
        #expect(stored.projects["p1"] == Sample.project)
        #expect(stored.assignments.map(\.unit) == [.b, .a])
        #expect(stored.rules.count == 2 && stored.rules["r1"]?.version == 1)
        #expect(try await SQLiteRegistry(path: file.path).sites() == stored)
        let revision = try await registry.revision()
        _ = try await registry.configure { _, sites in sites.put(sites.rules["r1"]!) }
        #expect(try await registry.revision() == revision)
    }

    @Test func `are changed as a whole or not at all`() async throws {
        let registry = try await Sample.registry(file)
        let before = try await registry.sites()
        await #expect(throws: RuleBookError.tooMany) {
            try await registry.configure { roster, sites in
                sites.clients["beta"] = Client(id: "beta", name: "Beta")
                roster.units = [:]
                throw RuleBookError.tooMany
            }
        }
        // A project of nobody is refused by the database itself.
        await #expect(throws: DatabaseError.self) {
            try await registry.configure { _, sites in
                sites.clients["beta"] = Client(id: "beta", name: "Beta")
                sites.projects["p1"]!.client = "gamma"
            }
        }
        #expect(try await registry.sites() == before)
        #expect(try await registry.units().count == 2)
    }

    @Test(arguments: [
        "", "{}", #"{"days":127,"endMinute":1440,"exceptDates":[],"startMinute":0}"#,
    ])
    func `tell hours that cannot be read, until they are given anew`(hours: String) async throws {
        let registry = try await Sample.registry(file)
        try await registry.pool.write { db in
            try db.execute(
                sql: "UPDATE project SET monitoring_hours = ? WHERE id = 'p1'", arguments: [hours])
        }
        #expect(
            try await registry.unreadableRules() == [
                "The monitoring hours of the project \"p1\" cannot be read and are not applied. "
                    + "Provision it anew."
            ])
        #expect(try await registry.sites().projects["p1"]?.monitoringHours == nil)
        // Another change leaves them, for whoever wants to see them.
        _ = try await registry.add(Sample.rule("r1"))
        #expect(try await registry.unreadableRules().count == 1)
        try await registry.configure { _, sites in sites.unreadableHours = [] }
        #expect(try await registry.unreadableRules() == [])
    }

    @Test func `tell each change by the revision`() async throws {
        let registry = try await Sample.registry(file)
        var last = try await registry.revision()
        let changes: [@Sendable (inout Sites) -> Void] = [
            { $0.clients["alpha"]!.name = "A" }, { $0.projects["p1"]!.status = .archived },
            { $0.locations["gate"]!.name = "G" },
            { $0.assignments[0].to = "2026-04-01T00:00:00Z" }, { $0.put(Sample.rule("r1")) },
            { $0.put(Sample.rule("r1", threshold: 651)) }, { _ = $0.delete(rule: "r1") },
        ]
        for change in changes {
            try await registry.configure { _, sites in change(&sites) }
            let revision = try await registry.revision()
            #expect(revision > last)
            last = revision
        }
        #expect(try await registry.sites().assignments.count == 1)
    }
}

@Suite struct `A unit's plan` {
    private let file = RegistryFile()
    private let now: Timestamp = "2026-03-10T12:00:00Z"

    private func plan(
        of unit: UnitID, _ registry: SQLiteRegistry, at time: Timestamp? = nil
    ) async throws -> MonitoringPlan {
        let plans = try await registry.plans(at: time ?? now)
        #expect(plans.map(\.unit) == [.a, .b])
        return plans.first { $0.unit == unit }!
    }

    @Test func `has the rules, the zone and the hours of the location where it is`()
        async throws
    {
        let registry = try await Sample.registry(file)
        var disabled = Sample.rule("r3")
        disabled.isEnabled = false
        let (second, first) = (Sample.rule("r2"), Sample.rule("r1"))
        for rule in [second, first, disabled, Sample.rule("r4", at: .unit(.b))] {
            _ = try await registry.add(rule)
        }
        #expect(
            try await plan(of: .a, registry)
                == MonitoringPlan(
                    unit: .a, location: "gate", assignedAt: "2026-03-01T00:00:00Z",
                    timeZone: "Europe/London", monitoringHours: Sample.project.monitoringHours,
                    rules: [first, second, disabled]))
        #expect(
            try await plan(of: .b, registry)
                == MonitoringPlan(unit: .b, rules: [Sample.rule("r4", at: .unit(.b))]))
    }

    // Of unit a: at the gate from 1 March 00:00 to 11 March 08:00, at the yard from 08:00 on.
    @Test(arguments: [
        ("2026-02-28T23:59:59.999Z", nil), ("2026-03-01T00:00:00Z", "gate"),
        ("2026-03-11T07:59:59.999Z", "gate"), ("2026-03-11T08:00:00Z", "yard"),
        ("2027-01-01T00:00:00Z", "yard"),
    ] as [(Timestamp, String?)])
    func `follows assignments to the millisecond, asked in any order`(
        time: Timestamp, location: String?
    ) async throws {
        let registry = try await Sample.registry(file)
        try await registry.configure { _, sites in
            sites.assignments[0].to = "2026-03-11T08:00:00Z"
            sites.assignments.append(
                Assignment(location: "yard", unit: .a, from: "2026-03-11T08:00:00Z"))
        }
        for other in ["2026-03-11T07:59:59.999Z", "2026-03-11T08:00:00Z", time] as [Timestamp] {
            _ = try await registry.plans(at: other)
            #expect(try await plan(of: .a, registry, at: time).location == location)
        }
    }

    @Test(arguments: [
        (.removed, .active), (.active, .archived), (.active, .deleted),
    ] as [(Location.Status, Project.Status)])
    func `is that of a unit which is nowhere, where measuring has ended`(
        location: Location.Status, project: Project.Status
    ) async throws {
        let registry = try await Sample.registry(file)
        _ = try await registry.add(Sample.rule("r1"))
        _ = try await registry.add(Sample.rule("own", at: .unit(.a)))
        #expect(try await plan(of: .a, registry).rules.map(\.id) == ["r1"])
        try await registry.configure { _, sites in
            sites.locations["gate"]!.status = location
            sites.projects["p1"]!.status = project
        }
        #expect(
            try await plan(of: .a, registry)
                == MonitoringPlan(unit: .a, rules: [Sample.rule("own", at: .unit(.a))]))
    }

    @Test func `follows a change that another process makes`() async throws {
        let registry = try await Sample.registry(file)
        #expect(try await plan(of: .a, registry).rules.isEmpty)
        _ = try await SQLiteRegistry(path: file.path).add(Sample.rule("r1"))
        #expect(try await plan(of: .a, registry).rules.map(\.id) == ["r1"])
        _ = try await SQLiteRegistry(path: file.path).remove(.b)
        #expect(try await registry.plans(at: now).map(\.unit) == [.a])
    }
}
