//  SitePlanTests.swift · ProvisioningTests

import Monitoring
import Testing

@testable import Provisioning

private func plan(_ json: String, over sites: Sites = Sites()) throws -> ProvisionPlan {
    let north = Upstream(id: "north", url: "http://10.0.0.1:80")
    var roster = Roster(upstreams: ["north": north])
    for name in ["a", "b"] {
        let id = UnitID(name)!
        roster.units[id] = Unit(id: id, upstream: "north", upstreamUnit: name)
    }
    return try ProvisionPlan(try ProvisionFile(json: Array(json.utf8)), over: roster, sites, secrets: .some)
}

private func sentences(_ json: String, over sites: Sites) -> [String] {
    do {
        _ = try plan(json, over: sites)
        return []
    } catch {
        return (error as! ProvisionProblems).sentences
    }
}

@Suite struct `A plan for sites` {
    // Two locations of one project; a has been at the gate since March.
    private let present = try! plan(
        """
        {"clients": [{"id": "alpha", "name": "Alpha"}],
         "projects": [{"id": "p1", "name": "Harbour", "client": "alpha", "time_zone": "UTC",
                       "monitoring_hours": {"start": "08:00", "end": "18:00", "days": ["mon"]}}],
         "locations": [{"id": "gate", "project": "p1", "name": "Gate"},
                       {"id": "yard", "project": "p1", "name": "Yard"}],
         "assignments": [{"location": "gate", "unit": "a", "from": "2026-03-01T00:00:00Z"}],
         "rules": [{"id": "r1", "location": "gate", "name": "Day", "threshold_db": 65.5},
                   {"id": "r2", "unit": "b", "name": "Own", "metric": "lp", "threshold_db": 80}]}
        """
    ).sites

    @Test func `creates what is new, and changes nothing the second time`() throws {
        #expect(present.projects["p1"]?.monitoringHours?.days == Weekdays(names: ["mon"]))
        #expect(present.rules["r1"]?.thresholdTenths == 655 && present.rules["r1"]?.version == 1)
        #expect(present.rules["r2"]?.site == .unit(UnitID("b")!))
        #expect(present.rules["r2"]?.averaging == nil)
        let again = try plan(
            """
            {"clients": [{"id": "alpha", "name": "Alpha"}],
             "locations": [{"id": "gate", "project": "p1", "name": "Gate"}],
             "assignments": [{"location": "gate", "unit": "a", "from": "2026-03-01T00:00:00Z"}],
             "rules": [{"id": "r1", "location": "gate", "name": "Day", "threshold_db": 65.5}]}
            """, over: present)
        #expect(again.sites == present && again.changedCount == 0)
        #expect(again["assignments"] == .init(unchanged: 1) && again["rules"] == .init(unchanged: 1))
    }

    @Test func `changes what is other, rules as another version`() throws {
        let next = try plan(
            """
            {"clients": [{"id": "alpha", "name": "A"}, {"id": "beta", "name": "B"}],
             "assignments": [{"location": "gate", "unit": "a", "from": "2026-03-01T00:00:00Z",
                              "to": "2026-04-01T00:00:00Z"},
                             {"location": "yard", "unit": "a", "from": "2026-04-01T00:00:00Z"}],
             "rules": [{"id": "r1", "location": "gate", "name": "Day", "threshold_db": 66}]}
            """, over: present)
        #expect(next["clients"] == .init(created: 1, changed: 1))
        #expect(next["assignments"] == .init(created: 1, changed: 1))
        #expect(next["rules"] == .init(changed: 1) && next.changedCount == 5)
        #expect(next.sites.rules["r1"]?.version == 2 && next.sites.rules["r2"]?.version == 1)
        #expect(next.sites.assignments.map(\.location) == ["gate", "yard"])
    }

    @Test func `brings a deleted rule back as the version after its last`() throws {
        var sites = present
        let isDeleted = sites.delete(rule: "r1")
        #expect(isDeleted)
        let rule = #"{"id": "r1", "location": "gate", "name": "Day", "threshold_db": 65.5}"#
        let next = try plan("{\"rules\": [\(rule)]}", over: sites)
        #expect(next.sites.rules["r1"]?.version == 2 && next["rules"] == .init(created: 1))
        #expect(next.sites.deletedRules.isEmpty)
    }

    // Of the harbour p1, of alpha, with the gate, where a has been; beta has p2.
    @Test(arguments: [
        (
            #""locations": [{"id": "gate", "project": "p2", "name": "Gate"}]"#,
            #"locations[0].project is "p2", which is of the client "beta", and the location "gate""#
        ),
        (
            """
            "projects": [{"id": "p1", "name": "Harbour", "client": "beta", "time_zone": "UTC"}]
            """,
            #"projects[0].client is "beta", and the project's location "gate" was measured for "al"#
        ),
        // Both at once is the same move.
        (
            """
            "projects": [{"id": "p1", "name": "Harbour", "client": "beta", "time_zone": "UTC"}],
            "locations": [{"id": "gate", "project": "p1", "name": "Gate"}]
            """,
            #"projects[0].client is "beta""#
        ),
        (#""locations": [{"id": "yard", "project": "p2", "name": "Yard"}]"#, nil),
        (#""locations": [{"id": "gate", "project": "p3", "name": "Gate"}]"#, nil),
        (
            """
            "projects": [{"id": "p1", "name": "Harbour", "client": "beta", "time_zone": "UTC"}],
            "locations": [{"id": "gate", "project": "p3", "name": "Gate"}]
            """,
            nil
        ),
        (
            """
            "projects": [{"id": "p3", "name": "Own", "client": "beta", "time_zone": "UTC"}],
            "locations": [{"id": "gate", "project": "p3", "name": "Gate"}]
            """,
            #"locations[0].project is "p3", which is of the client "beta""#
        ),
    ] as [(String, String?)])
    func `leaves a location with the client for whom it was measured`(
        sections: String, sentence: String?
    ) throws {
        let sites = try plan(
            """
            {"clients": [{"id": "beta", "name": "Beta"}],
             "projects": [{"id": "p2", "name": "Other", "client": "beta", "time_zone": "UTC"},
                          {"id": "p3", "name": "Own", "client": "alpha", "time_zone": "UTC"}]}
            """, over: present
        ).sites
        let said = sentences("{\(sections)}", over: sites)
        if let sentence {
            #expect(said.count == 1 && said[0].hasPrefix(sentence), "\(said)")
        } else {
            #expect(said == [])
        }
    }

    @Test func `heals hours that could not be read`() throws {
        var sites = present
        sites.unreadableHours = ["p1", "p9"]
        let project = #"{"id": "p1", "name": "H", "client": "alpha", "time_zone": "UTC"}"#
        let next = try plan("{\"projects\": [\(project)]}", over: sites)
        #expect(next.sites.unreadableHours == ["p9"])
    }

    // Assignments, with `a` at the gate from March on.
    @Test(arguments: [
        (
            #"{"location": "yard", "unit": "a", "from": "2026-05-01T00:00:00Z"}"#,
            #"assignments[0] has the unit "a" at "yard" from 2026-05-01T00:00:00.000Z on, while "a""#
        ),
        (
            #"{"location": "gate", "unit": "b", "from": "2026-02-01T00:00:00Z"}"#,
            #"assignments[0] has the unit "b" at "gate" from 2026-02-01T00:00:00.000Z on, while "a""#
        ),
        (
            """
            {"location": "yard", "unit": "b", "from": "2026-02-01T00:00:00Z",
             "to": "2026-03-01T00:00:00.001Z"},
            {"location": "yard", "unit": "b", "from": "2026-02-02T00:00:00Z",
             "to": "2026-02-03T00:00:00Z"}
            """,
            #"assignments[1] has the unit "b" at "yard" from 2026-02-02T00:00:00.000Z to 2026-02-0"#
        ),
        (
            """
            {"location": "gate", "unit": "a", "from": "2026-02-28T00:00:00Z",
             "to": "2026-03-01T00:00:00Z"}
            """,
            nil
        ),
        (
            """
            {"location": "yard", "unit": "b", "from": "2026-01-01T00:00:00Z"},
            {"location": "yard", "unit": "b", "from": "2026-01-01T00:00:00Z"}
            """,
            "assignments[1] is that of assignments[0]. Give each assignment once."
        ),
    ] as [(String, String?)])
    func `has a unit at one place at a time`(assignments: String, sentence: String?) {
        let said = sentences("{\"assignments\": [\(assignments)]}", over: present)
        if let sentence {
            #expect(said.contains { $0.hasPrefix(sentence) }, "\(said)")
        } else {
            #expect(said == [])
        }
    }

    @Test(arguments: [
        (
            #"{"id": "r1", "location": "yard", "name": "Day", "threshold_db": 65}"#,
            #"rules[0] is "r1", which is a rule of the location "gate". A rule stays where it is"#
        ),
        (
            #"{"id": "r9", "location": "roof", "name": "Day", "threshold_db": 65}"#,
            #"rules[0].location is "roof", which is not known."#
        ),
        (
            #"{"id": "r9", "unit": "c", "name": "Day", "threshold_db": 65}"#,
            #"rules[0].unit is "c", which is not known."#
        ),
        (
            #"{"id": "r9", "unit": "b", "name": "Day", "threshold_db": 65, "averaging": {"mode": "window"}}"#,
            "rules[0].schedule is missing, and averaging.mode is window."
        ),
        (
            """
            {"id": "r9", "unit": "b", "name": "Day", "threshold_db": 65, "schedule": null,
             "averaging": {"mode": "window"}}
            """,
            "rules[0].schedule is missing, and averaging.mode is window."
        ),
        (
            """
            {"id": "r9", "unit": "b", "name": "Day", "threshold_db": 65, "metric": "lmax",
             "comparison": "below"}
            """,
            "rules[0].comparison is below, and lmax is told only when it rises."
        ),
        (
            (1...50).map {
                #"{"id": "n\#($0)", "location": "gate", "name": "N", "threshold_db": 65}"#
            }.joined(separator: ","),
            #"rules are 51 of the location "gate", where at most 50 may be."#
        ),
    ])
    func `refuses rules that cannot be`(rules: String, sentence: String) {
        let said = sentences("{\"rules\": [\(rules)]}", over: present)
        #expect(said.count == 1 && said[0].hasPrefix(sentence), "\(said)")
    }
}
