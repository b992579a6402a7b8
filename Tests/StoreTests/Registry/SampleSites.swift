//  SampleSites.swift · StoreTests
//
//  A client with a project in London, two locations and two units.

import Monitoring
import Support

@testable import Store

extension Timestamp: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(rfc3339: value)! }
}

extension UnitID {
    static let a = UnitID("a")!
    static let b = UnitID("b")!
    static let c = UnitID("c")!
}

enum Sample {
    static let project = Project(
        id: "p1", name: "Harbour", client: "alpha", timeZone: "Europe/London",
        monitoringHours: Schedule(startMinute: 480, endMinute: 1080))

    static func rule(
        _ id: String, at site: AlertRule.Site = .location("gate"), threshold: Int16 = 650
    ) -> AlertRule {
        AlertRule(id: id, site: site, name: "Rule \(id)", thresholdTenths: threshold)
    }

    static func event(
        _ onset: Timestamp, cleared: Timestamp? = nil, unit: UnitID = .a,
        location: String? = "gate", rule: AlertRule? = Sample.rule("r1")
    ) -> SoundEvent {
        var event = SoundEvent(
            kind: rule == nil ? .connectivity : .rule, unit: unit, location: location, rule: rule,
            firstExceededAt: onset, onsetAt: onset, tenths: rule == nil ? nil : 701)
        event.clearedAt = cleared
        event.closedAt = cleared
        event.clearReason = cleared == nil ? nil : .recovered
        return event
    }

    /// The sites, with `a` at the gate from the first of March.
    static func configure(_ registry: SQLiteRegistry) async throws {
        try await registry.configure { roster, sites in
            for id in [UnitID.a, .b] {
                roster.units[id] = Unit(id: id, upstream: "north", upstreamUnit: id.name)
            }
            sites.clients["alpha"] = Client(id: "alpha", name: "Alpha")
            sites.projects["p1"] = project
            sites.projects["p2"] = Project(
                id: "p2", name: "Other", client: "alpha", timeZone: "UTC")
            for (id, project) in [("gate", "p1"), ("yard", "p2")] {
                sites.locations[id] = Location(id: id, project: project, name: id)
            }
            sites.assignments = [
                Assignment(location: "gate", unit: .a, from: "2026-03-01T00:00:00Z")
            ]
        }
    }

    static func registry(_ file: RegistryFile) async throws -> SQLiteRegistry {
        let registry = try SQLiteRegistry(path: file.path)
        try await configure(registry)
        return registry
    }
}
