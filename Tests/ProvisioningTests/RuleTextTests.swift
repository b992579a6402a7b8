//  RuleTextTests.swift · ProvisioningTests

import Monitoring
import Testing

@testable import Provisioning

private func rule(
    _ json: String, id: String? = nil, over known: AlertRule? = nil
) throws(FieldFaults) -> AlertRule {
    try AlertRule(
        json: json.utf8, id: id, makeID: { "made" }, site: .location("gate"), over: known)
}

@Suite struct `A rule that a program sends` {
    private let least = #"{"name": "Night", "threshold_db": 65}"#

    @Test func `has the defaults, a made id or its own, and its site`() throws {
        let made = AlertRule(
            id: "made", site: .location("gate"), name: "Night", thresholdTenths: 650)
        #expect(try rule(least) == made)
        let own = try rule(
            #"{"id": "r.1:x", "location": "gate", "unit": null, "name": "N", "threshold_db": -0.5}"#)
        #expect(own.id == "r.1:x" && own.thresholdTenths == -5)
    }

    @Test func `keeps what it leaves out of a known one, and null is the default`() throws {
        var known = try rule(
            """
            {"name": "Night", "metric": "laeq", "averaging": {"mode": "sliding", "seconds": 300},
             "comparison": "below", "threshold_db": 65, "warning_db": 70, "duration_s": 5,
             "clear_margin_db": 1.5, "cooldown_s": 7, "gap_s": 9, "enabled": false,
             "schedule": {"start": "22:00", "end": "07:30", "days": ["fri"],
                          "except_dates": ["2026-12-25", "2026-12-24"]},
             "severity": "high", "visible_to_client": false}
            """)
        known.version = 4
        #expect(known.schedule?.endMinute == 450 && known.schedule?.days.names == ["fri"])
        #expect(known.schedule?.exceptDates.map(\.description) == ["2026-12-24", "2026-12-25"])
        let same = try rule("{}", id: "made", over: known)
        #expect(same.meansTheSame(as: known) && same.name == "Night" && same.severity == "high")
        let next = try rule(
            """
            {"schedule": null, "warning_db": null, "duration_s": null, "enabled": null,
             "averaging": null, "severity": null, "comparison": null, "visible_to_client": null,
             "clear_margin_db": null, "cooldown_s": null, "gap_s": null, "recipients": null}
            """, id: "made", over: known)
        #expect(
            next
                == AlertRule(
                    id: "made", site: .location("gate"), name: "Night", thresholdTenths: 650))
        #expect(try rule(#"{"metric": "lp"}"#, id: "made", over: known).averaging == nil)
    }

    @Test(arguments: [
        ("{}", ["name", "threshold_db"]),
        (#"{"name": null, "threshold_db": null}"#, ["name", "threshold_db"]),
        (#"{"name": "", "threshold_db": "65"}"#, ["name", "threshold_db"]),
        (#"{"name": "N", "threshold_db": -50.1}"#, ["threshold_db"]),
        (#"{"name": "N", "threshold_db": 200.1}"#, ["threshold_db"]),
        (#"{"name": "N", "threshold_db": 65.05}"#, ["threshold_db"]),
        (#"{"name": "N", "threshold_db": 65, "location": "yard"}"#, ["location"]),
        (#"{"name": "N", "threshold_db": 65, "unit": "a"}"#, ["unit"]),
        (#"{"name": "N", "threshold_db": 65, "id": "a b"}"#, ["id"]),
        (#"{"name": "N", "threshold_db": 65, "severity": "\#(String(repeating: "x", count: 65))"}"#,
            ["severity"]),
        (
            #"{"name": "N", "threshold_db": 65, "averaging": {"mode": "x", "seconds": 1, "a": 1}}"#,
            ["averaging.mode", "averaging.seconds", "averaging.a"]
        ),
        (
            #"{"name": "N", "threshold_db": 65, "schedule": {"start": "7:00", "days": []}}"#,
            ["schedule.start", "schedule.end", "schedule.days"]
        ),
        (#"{"name": "N", "threshold_db": 65, "schedule": "always"}"#, ["schedule"]),
        (#"{"name": "N", "threshold_db": 65, "comparison": "below", "warning_db": 65}"#, ["warning_db"]),
        ("[]", ["body"]), ("x", ["body"]),
    ])
    func `is refused field by field`(json: String, fields: [String]) {
        do {
            let read = try rule(json)
            Issue.record("it was taken: \(read)")
        } catch {
            #expect(error.faults.map(\.field) == fields, "\(error.faults)")
            #expect(error.faults.allSatisfy { $0.message.hasSuffix(".") || $0.message.hasSuffix("?") })
        }
    }

    @Test func `keeps its id`() throws {
        let known = try rule(least)
        do {
            _ = try rule(#"{"id": "other"}"#, id: "made", over: known)
            Issue.record("it was taken")
        } catch {
            #expect(error.faults.map(\.field) == ["id"])
        }
        #expect(try rule(#"{"id": "made", "version": 3}"#, id: "made", over: known) == known)
    }
}
