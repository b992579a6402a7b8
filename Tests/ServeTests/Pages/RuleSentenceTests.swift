//  RuleSentenceTests.swift · ServeTests

import Monitoring
import Testing

@testable import Serve

@Suite struct `A rule as a sentence` {
    private static func rule(
        _ metric: RuleMetric = .laeq, _ averaging: Averaging? = nil,
        _ comparison: AlertRule.Comparison = .above, _ tenths: Int16 = 650, for seconds: Int = 0
    ) -> AlertRule {
        AlertRule(
            id: "r", site: .location("gate"), name: "N", metric: metric, averaging: averaging,
            comparison: comparison, thresholdTenths: tenths, durationSeconds: seconds)
    }

    @Test(arguments: [
        (rule(), "average over 15 min is above 65 dB"),
        (rule(.laeq, Averaging(seconds: 3600)), "average over 1 h is above 65 dB"),
        (rule(.laeq, Averaging(seconds: 90)), "average over 1 min 30 s is above 65 dB"),
        (
            rule(.laeq, Averaging(consecutive: 3), .below, 405),
            "average over 15 min is below 40.5 dB, 3 times running"
        ),
        (
            rule(.laeq, Averaging(mode: .window), .above, -5, for: 60),
            "average over the whole window is above -0.5 dB"
        ),
        (
            rule(.laeq, Averaging(mode: .sliding, seconds: 5400), for: 60),
            "average over the last 1 h 30 min is above 65 dB for 1 min"
        ),
        (rule(.lp), "Lp is above 65 dB"),
        (rule(.lp, for: 60), "Lp is above 65 dB for 1 min"),
        (rule(.lmax, nil, .above, 900, for: 60), "Lmax rises above 90 dB"),
        (rule(.leq), "the meter’s Leq is above 65 dB"),
        (rule(.ln1, nil, .below), "the meter’s LN1 is below 65 dB"),
    ])
    func `says what is judged, and by which level`(rule: AlertRule, limit: String) {
        #expect(RuleSentence(rule).limit == limit)
        #expect(RuleSentence(rule).description == "Alert when \(limit) · at all times")
    }

    @Test(arguments: [
        (1320, 420, "mon tue wed thu fri sat sun", 0, "22:00–07:00 every day"),
        (1320, 420, "mon tue wed thu fri", 0, "22:00–07:00 Mon–Fri"),
        (485, 1080, "sat sun", 0, "08:05–18:00 Sat, Sun"),
        (485, 1080, "mon tue wed fri", 0, "08:05–18:00 Mon–Wed, Fri"),
        (420, 420, "mon wed sun", 0, "24 h from 07:00 Mon, Wed, Sun"),
        (0, 60, "tue", 1, "00:00–01:00 Tue, but for 1 date"),
        (0, 60, "tue", 2, "00:00–01:00 Tue, but for 2 dates"),
    ])
    func `says when it holds`(start: Int, end: Int, days: String, dates: Int, hours: String) {
        var rule = Self.rule()
        rule.schedule = Schedule(
            startMinute: start, endMinute: end,
            days: Weekdays(names: days.split(separator: " ").map(String.init))!,
            exceptDates: (0..<dates).map { CalendarDay(number: 20_000 + $0) })
        #expect(
            RuleSentence(rule).description
                == "Alert when average over 15 min is above 65 dB · \(hours)")
    }
}
