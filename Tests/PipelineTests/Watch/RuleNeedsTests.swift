//  RuleNeedsTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `What rules need` {
    @Test(arguments: [
        (.laeq, 0, true), (.laeq, 3600, true), (.lmax, 0, true), (.lmax, 600, true),
        (.lp, 0, true), (.lp, 29, true), (.lp, 30, false), (.lp, 600, false),
        (.leq, 0, false), (.lmin, 0, false), (.lpeak, 0, false), (.ln1, 0, false), (.ln2, 0, false),
    ] as [(RuleMetric, Int, Bool)])
    func `is the full rate for what the idle one cannot tell`(
        metric: RuleMetric, duration: Int, isNeeded: Bool
    ) {
        var rule = RuleStrip.rule(metric: metric, duration: duration)
        #expect(RuleNeeds.needsFullRate(rule) == isNeeded)
        rule.isEnabled = false
        #expect(!RuleNeeds.needsFullRate(rule))
    }

    @Test(arguments: [
        (.lp, 60, 30, false), (.lp, 60, 29, true), (.leq, 60, 10, true), (.leq, 0, 10, false),
        (.ln1, 600, 5, true), (.lpeak, 600, 30, false),
    ] as [(RuleMetric, Int, Int, Bool)])
    func `is the full rate, too, where the gap cuts what comes each ten seconds`(
        metric: RuleMetric, duration: Int, gap: Int, isNeeded: Bool
    ) {
        var rule = RuleStrip.rule(metric: metric, duration: duration)
        rule.gapSeconds = gap
        #expect(RuleNeeds.needsFullRate(rule) == isNeeded)
    }

    // From 22:00 to 06:00 in London, on the nights that begin on Monday to Friday.
    @Test(arguments: [
        ("a minute before the window", "2026-11-23T21:59:00Z", true),
        ("a little earlier", "2026-11-23T21:58:59.999Z", false),
        ("at its start", "2026-11-23T22:00:00Z", true),
        ("after midnight", "2026-11-24T03:00:00Z", true),
        ("just before its end", "2026-11-24T05:59:59.999Z", true),
        ("at its end", "2026-11-24T06:00:00Z", false),
        ("on Friday night, which is Saturday", "2026-11-28T03:00:00Z", true),
        ("on Saturday night", "2026-11-28T23:00:00Z", false),
        ("in summer an hour earlier by UTC", "2026-07-20T20:59:00Z", true),
        ("and not before", "2026-07-20T20:58:59Z", false),
        ("and over an hour earlier", "2026-07-21T05:00:00Z", false),
    ])
    func `is asked for a minute before a window, and until it ends`(
        when: String, now: String, isNeeded: Bool
    ) {
        let week = Weekdays(names: ["mon", "tue", "wed", "thu", "fri"])!
        var plan = plan("a", [RuleStrip.rule()])
        plan.timeZone = "Europe/London"
        plan.rules[0].schedule = Schedule(startMinute: 22 * 60, endMinute: 6 * 60, days: week)
        let units = RuleNeeds.units(of: [plan], at: Timestamp(rfc3339: now)!)
        #expect(units == (isNeeded ? [plan.unit] : []), Comment(rawValue: when))
    }

    @Test func `is of the units that have one such rule`() {
        let slow = RuleStrip.rule(duration: 60)
        var off = RuleStrip.rule()
        off.isEnabled = false
        let plans = [
            plan("a", [slow, RuleStrip.rule()]), plan("b", [slow, off]), plan("c", []),
            plan("d", [RuleStrip.average(65, .clock)]),
        ]
        #expect(RuleNeeds.units(of: plans, at: Samples.now) == [UnitID("a")!, UnitID("d")!])
        #expect(RuleNeeds.units(of: [], at: Samples.now) == [])
    }

    private func plan(_ unit: String, _ rules: [AlertRule]) -> MonitoringPlan {
        MonitoringPlan(unit: UnitID(unit)!, location: "gate", rules: rules)
    }
}
