//  UpstreamWeaknessTests.swift · PipelineTests
//
//  What the upstream's own alert engine was seen to do wrong: none of it here.

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `Unlike the upstream's alerts` {
    @Test func `an active event is closed after a restart`() throws {
        var strip = RuleStrip([RuleStrip.rule()])
        strip.play("71 71")
        let checkpoint = strip.monitor.checkpoint(journalNumber: 0)
        strip.monitor = try #require(UnitMonitor(checkpoint))
        strip.play("60")
        #expect(strip.events.map(\.clearReason) == [.recovered])
        #expect(strip.events.first?.samples == 3)
    }

    @Test func `an event that is active at the end of its window clears`() {
        let rule = RuleStrip.rule {
            $0.schedule = Schedule(startMinute: 12 * 60, endMinute: 12 * 60 + 1)
        }
        var strip = RuleStrip([rule])
        strip.play(String(repeating: "71 ", count: 61))
        #expect(strip.events.map(\.clearReason) == [.windowEnd])
    }

    @Test func `missing data and outages are not sustained noise`() {
        let rule = RuleStrip.rule(duration: 60)
        #expect(marks("71 " + String(repeating: ". ", count: 90) + "71", rule).contains("O") == false)
        #expect(marks("71 " + String(repeating: "- ", count: 90) + "71", rule).contains("O") == false)
    }

    @Test func `renaming a rule neither closes nor raises`() {
        var strip = RuleStrip([RuleStrip.rule()])
        strip.play("71")
        strip.replan {
            $0.rules[0].name = "Other"
            $0.rules[0].version = 2
        }
        strip.play("71 71")
        #expect(strip.events.count == 1)
        #expect(strip.events.first?.isActive == true)
    }

    @Test func `one rule that means nothing silences no other`() {
        var broken = RuleStrip.rule()
        broken.id = "broken"
        broken.metric = .laeq
        broken.averaging = nil
        broken.schedule = Schedule(startMinute: 0, endMinute: 0, days: [])
        var strip = RuleStrip([broken, RuleStrip.rule()], zone: "Not/AZone")
        strip.play("71 60")
        #expect(strip.events.map { $0.rule?.id } == ["r"])
    }

    @Test func `the peak is seen while it lasts`() {
        var strip = RuleStrip([RuleStrip.rule()])
        strip.play("71 75 72")
        #expect(strip.monitor.openEvents.map(\.peakTenths) == [750])
        #expect(strip.monitor.openEvents.map(\.lastTenths) == [720])
    }

    @Test func `a short burst does not latch a rule on momentary values for hours`() {
        // The running Leq stays up, the maximum too; a rule on it is over with the level.
        var strip = RuleStrip([RuleStrip.rule(90, metric: .lmax)], column: .lmax)
        strip.play("80 95 95 95 95")
        #expect(strip.events.map(\.isActive) == [false])
    }

    @Test func `bursts of three seconds are seen without a viewer, each of them`() {
        // Read each 10 s, a burst is missed by the level and proved by the maximum.
        var strip = RuleStrip([RuleStrip.rule(70, metric: .lmax)], step: 10, column: .lmax)
        strip.play("60 71 71 72 72 73 73 74 74 75 75 76 76")
        #expect(strip.events.count == 6)
    }

    @Test func `daylight saving moves a window with the wall clock`() {
        let rule = RuleStrip.rule(gap: 7200) {
            $0.schedule = Schedule(startMinute: 8 * 60, endMinute: 18 * 60)
        }
        for (day, hour) in [("2026-07-01", "07"), ("2026-12-01", "08")] {
            var strip = RuleStrip(
                [rule], from: Timestamp(rfc3339: "\(day)T00:00:00Z")!, step: 600,
                zone: "Europe/London")
            strip.play(String(repeating: "71 ", count: 60))
            #expect(strip.events.first?.onsetAt == Timestamp(rfc3339: "\(day)T\(hour):00:00Z"))
        }
    }

    @Test func `Friday night does not stop at midnight`() {
        let rule = RuleStrip.rule(gap: 7200) {
            $0.schedule = Schedule(
                startMinute: 22 * 60, endMinute: 6 * 60, days: Weekdays(names: ["fri"])!)
        }
        var strip = RuleStrip([rule], from: Timestamp(rfc3339: "2026-11-27T21:00:00Z")!, step: 600)
        strip.play(String(repeating: "71 ", count: 80))
        #expect(strip.events.map(\.clearedAt) == [Timestamp(rfc3339: "2026-11-28T06:00:00Z")])
    }

    @Test func `a breach that the cooldown swallows leaves a trace`() {
        var strip = RuleStrip([RuleStrip.rule(cooldown: 300)])
        strip.play("71 60 71 60")
        #expect(strip.events.map(\.suppressed) == [1])
    }
}
