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
                    id: "made", version: 4, site: .location("gate"), name: "Night",
                    thresholdTenths: 650))
        #expect(try rule(#"{"metric": "lp"}"#, id: "made", over: known).averaging == nil)
    }

    // Over an average of 5 minutes, twice, on Fridays from 22:00 to 07:30 but at Christmas.
    @Test(arguments: [
        (#"{"averaging": {"consecutive": 3}}"#, "sliding 300 3", "1320-450 fri 1"),
        (#"{"averaging": {"mode": "clock"}}"#, "clock 300 2", "1320-450 fri 1"),
        (#"{"averaging": {"seconds": null}}"#, "sliding 900 2", "1320-450 fri 1"),
        (#"{"averaging": {}}"#, "sliding 300 2", "1320-450 fri 1"),
        (#"{"averaging": null}"#, "clock 900 1", "1320-450 fri 1"),
        (#"{"schedule": {"end": "06:00"}}"#, "sliding 300 2", "1320-360 fri 1"),
        (#"{"schedule": {"start": "21:00", "days": ["sat"]}}"#, "sliding 300 2", "1260-450 sat 1"),
        (#"{"schedule": {"except_dates": null}}"#, "sliding 300 2", "1320-450 fri 0"),
        (
            #"{"schedule": {"days": null}}"#, "sliding 300 2",
            "1320-450 mon tue wed thu fri sat sun 1"
        ),
    ])
    func `keeps what objects inside leave out, too`(
        json: String, averaging: String, schedule: String
    ) throws {
        let known = try rule(
            """
            {"name": "N", "threshold_db": 65,
             "averaging": {"mode": "sliding", "seconds": 300, "consecutive": 2},
             "schedule": {"start": "22:00", "end": "07:30", "days": ["fri"],
                          "except_dates": ["2026-12-25"]}}
            """)
        let next = try rule(json, id: "made", over: known)
        let average = try #require(next.averaging)
        #expect("\(average.mode) \(average.seconds) \(average.consecutive)" == averaging)
        let window = try #require(next.schedule)
        let days = window.days.names.joined(separator: " ")
        #expect(
            "\(window.startMinute)-\(window.endMinute) \(days) \(window.exceptDates.count)"
                == schedule)
    }

    // What there is already, what is sent, and what is wrong.
    @Test(arguments: [
        ("", #""averaging": {"mode": "window"}"#, ["schedule"]),
        ("", #""averaging": {"mode": "window"}, "schedule": null"#, ["schedule"]),
        ("", #""averaging": {"mode": "window"}, "schedule": {"start": "22:00"}"#, ["schedule.end"]),
        ("", #""schedule": {"end": "07:00"}"#, ["schedule.start"]),
        (#""averaging": {"mode": "window"}, "#, #""schedule": null"#, ["schedule"]),
        (#""averaging": {"mode": "window"}, "#, #""name": "N""#, []),
        (#""metric": "lmax", "#, #""comparison": "below""#, ["comparison"]),
        (#""comparison": "below", "#, #""metric": "lmax""#, ["comparison"]),
        (#""comparison": "below", "#, #""metric": "lp""#, []),
    ])
    func `is refused over what it does not go with`(
        before: String, change: String, fields: [String]
    ) throws {
        let known =
            before.isEmpty
            ? try rule(least)
            : try rule(
                "{\(before)\"name\": \"N\", \"threshold_db\": 65, "
                    + #""schedule": {"start": "22:00", "end": "07:00"}}"#)
        var found: [String] = []
        do {
            _ = try rule("{\(change)}", id: "made", over: known)
        } catch {
            found = error.faults.map(\.field)
        }
        #expect(found == fields)
    }

    @Test func `over one that is out of range is refused as a whole`() throws {
        var known = try rule(least)
        known.recipients = (0..<51).map { "p\($0)" }
        do {
            _ = try rule("{}", id: "made", over: known)
            Issue.record("it was taken")
        } catch {
            #expect(error.faults.map(\.field) == ["body"])
        }
        #expect(try rule(#"{"recipients": []}"#, id: "made", over: known).isSound)
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

    @Test func `keeps its id, and tells which version it changes`() throws {
        var known = try rule(least)
        known.version = 4
        do {
            _ = try rule(#"{"id": "other"}"#, id: "made", over: known)
            Issue.record("it was taken")
        } catch {
            #expect(error.faults.map(\.field) == ["id"])
        }
        #expect(try rule(#"{"id": "made"}"#, id: "made", over: known) == known)
        #expect(try rule(#"{"version": 3}"#, id: "made", over: known).version == 3)
    }
}
