//  RuleMachineTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `A rule on samples` {
    // Threshold 70, clear below 68.
    @Test(arguments: [
        ("is passed strictly", "60 70 70.1 60", ".  .  O    C"),
        ("lets nothing change inside the margin", "71 69 68 69 71 67.9 60", "O  .  .  .  .  C    ."),
        ("is over only below the margin", "71 68 68 67.9", "O  .  .  C"),
        ("begins again after it was over", "71 60 71 60", "O  C  O  C"),
        ("takes a missing value for no sample", "71 - 60 -", "O  . C  ."),
        ("does not run while the meter is stopped", "x 60 x 60", ".  .  .  ."),
        ("ends when the meter is stopped", "71 71 x 71", "O  .  C  O"),
    ])
    func `without a duration`(what: String, levels: String, expected: String) {
        #expect(marks(levels, RuleStrip.rule()) == expected.packed, Comment(rawValue: what))
    }

    // Threshold 70, duration 3 s, gap 5 s; one token a second.
    @Test(arguments: [
        ("must last", "71 71 71 71 60", ".  .  .  O  ."),
        ("is broken by one sample", "71 71 70 71 71 71", ".  .  .  .  .  ."),
        ("must be over as long", "71 71 71 71 60 60 60 60", ".  .  .  O  .  .  .  C"),
        ("relapses", "71 71 71 71 60 60 71 60 60 60 60", ".  .  .  O  .  .  .  .  .  .  C"),
        ("does not count the margin as over", "71 71 71 71 60 69 60 60 60 60",
            ".  .  .  O  .  .  .  .  .  C"),
        ("goes across a missing value", "71 - 71 71", ".  .  .  O"),
        ("goes across a hole as long as the gap", "71 . . . . 71", ".  .  .  .  .  O"),
        ("is broken by a longer one", "71 . . . . . 71 71 71 71", ".  .  .  .  .  .  .  .  .  O"),
        ("clearing is broken too", "71 71 71 71 60 . . . . . 60 60 60 60",
            ".  .  .  O  .  . . . . . .  .  .  C"),
        ("is broken by a stop", "71 71 x 71 71 71", ".  .  .  .  .  ."),
    ])
    func `with a duration`(what: String, levels: String, expected: String) {
        let rule = RuleStrip.rule(duration: 3, gap: 5)
        #expect(marks(levels, rule) == expected.packed, Comment(rawValue: what))
    }

    // Cooldown 5 s, from onset to onset.
    @Test(arguments: [
        ("holds back, and counts what ended", 0, "71 60 71 60 60 71 60", "O  C  .  S  .  O  C"),
        ("fires when it lapses, if it lasts until then", 0, "71 60 71 71 71 71 60",
            "O  C  .  .  .  O  C"),
        ("counts no run that did not last", 1, "71 71 60 60 71 60 71 71 60",
            ".  O  .  C  .  .  .  O  ."),
        ("counts a run that a gap ended", 0, "71 60 71 . . . 60", "O  C  .  .  .  .  S"),
    ])
    func `with a cooldown`(what: String, duration: Int, levels: String, expected: String) {
        let rule = RuleStrip.rule(duration: duration, cooldown: 5, gap: 3)
        #expect(marks(levels, rule) == expected.packed, Comment(rawValue: what))
    }

    @Test func `counts suppressed runs on the last event`() {
        var strip = RuleStrip([RuleStrip.rule(cooldown: 100)])
        strip.play("71 60 72 60 73 60")
        #expect(strip.events.map(\.suppressed) == [2])
        #expect(strip.output.events.map(\.suppressed) == [0, 0, 1, 2])
    }

    @Test func `below looks the other way`() {
        let rule = RuleStrip.rule(30) { $0.comparison = .below }
        #expect(marks("40 30 29.9 31 32 32.1", rule) == ".  .  O    .  .  C".packed)
        #expect(marks("40 - 40", rule) == "...")
    }

    // The peak counts from the onset, first time reached.
    @Test func `knows its peak, its samples and its time`() throws {
        var strip = RuleStrip([RuleStrip.rule(duration: 2)])
        strip.play("60 75 71 72 74 74 !71 67 66 65 60")
        let event = try #require(strip.events.first)
        #expect(event.firstExceededAt == strip.time(1))
        #expect(event.onsetAt == strip.time(3))
        #expect(event.onsetTenths == 720)
        #expect(event.peakTenths == 740)
        #expect(event.peakAt == strip.time(4))
        #expect(event.lastExceededAt == strip.time(6))
        #expect(event.exceededMilliseconds == 6000)
        #expect(event.lastTenths == 650)
        #expect(event.clearedAt == strip.time(9))
        #expect(event.closedAt == strip.time(9))
        #expect(event.clearReason == .recovered)
        #expect(event.samples == 7)
        #expect(event.coverage == 1)
        #expect(event.isOverloaded)
        #expect(event.location == "gate")
        #expect(event.rule?.id == "r")
    }

    @Test func `tells the part of its time that is covered`() throws {
        var strip = RuleStrip([RuleStrip.rule()])
        // A hole of 19 s of which 1 s counts.
        strip.play("71 " + String(repeating: ". ", count: 19) + "71")
        #expect(try #require(strip.events.first).coverage == 2.0 / 21)
    }

    @Test func `mixes cadences of 1 s and 10 s on event time`() {
        var strip = RuleStrip([RuleStrip.rule(duration: 30)])
        strip.play("71 71 71 . . . . . . . . . 71 . . . . . . . . . 71 . . . . . . . . 71 71")
        #expect(strip.events.map(\.onsetAt) == [strip.time(31)])
    }

    @Test func `holds across the 2 s hole that comes each 30 s`() {
        let minute = String(repeating: "71 ", count: 28) + ". 71 "
        var strip = RuleStrip([RuleStrip.rule(duration: 120, gap: 5)])
        strip.play(String(repeating: minute, count: 5))
        #expect(strip.events.map(\.onsetAt) == [strip.time(120)])
    }

    // Warning 65, limit 70, margin 2.
    @Test(arguments: [
        ("warns before", "60 66 60", ".  W  C"),
        ("becomes an alarm as the same event", "66 71 69 67.9", "W  E  .  C"),
        ("goes past the warning", "71 60", "O  C"),
        ("warns still when the alarm is over", "71 66 60", "O  W  C"),
    ])
    func `with a warning level`(what: String, levels: String, expected: String) {
        var strip = RuleStrip([RuleStrip.rule { $0.warningTenths = 650 }])
        strip.play(levels)
        // Where one ends and the next begins, the onset is written over the clear.
        let found = what.contains("becomes") ? strip.marks.dropLast() + "C" : strip.marks[...]
        #expect(String(found) == expected.packed, Comment(rawValue: what))
    }

    @Test func `escalates with the breach's own times`() throws {
        var strip = RuleStrip([RuleStrip.rule(duration: 1) { $0.warningTenths = 650 }])
        strip.play("66 66 71 71 60 60")
        let event = try #require(strip.events.first)
        #expect(strip.events.count == 1)
        #expect(event.level == .alarm)
        #expect(event.onsetAt == strip.time(1))
        #expect(event.firstExceededAt == strip.time(2))
        #expect(event.escalatedAt == strip.time(3))
        #expect(event.breachedAt == strip.time(3))
        #expect(event.exceededMilliseconds == 2000)
        #expect(strip.output.events.map(\.level) == [.warning, .alarm, .alarm])
    }

    @Test func `no warning holds back an alarm`() {
        let rule = RuleStrip.rule(cooldown: 100) { $0.warningTenths = 650 }
        #expect(marks("66 60 71 60 66 60", rule) == "W  C  O  C  .  S".packed)
    }

    @Test func `one burst beyond both levels is suppressed once`() {
        var strip = RuleStrip([RuleStrip.rule(cooldown: 100) { $0.warningTenths = 650 }])
        strip.play("71 60 66 71 66 60")
        #expect(strip.events.map(\.suppressed) == [1])
    }

    // lmax 90; `lp` stays at 40.
    @Test(arguments: [
        ("fires when the maximum rises beyond", "80 91 91 91", ".  O  C  ."),
        ("fires at each rise", "80 91 91 92", ".  O  C  O"),
        ("not for what it finds", "95 95 95", ".  .  ."),
        ("for what a new measurement brings", "95 95 n 92 92", ".  .  O  C"),
        ("not for a rise below", "80 81 90", ".  .  ."),
    ])
    func `on the meter's maximum`(what: String, levels: String, expected: String) {
        let rule = RuleStrip.rule(90, metric: .lmax)
        #expect(
            marks(levels, rule, column: .lmax) == expected.packed, Comment(rawValue: what))
    }

    @Test func `on the maximum clears by the level, for the duration`() {
        var strip = RuleStrip([RuleStrip.rule(90, metric: .lmax, duration: 3)], column: .lmax)
        strip.play("80 91 91 91 91 91")
        #expect(strip.marks == ".  O  .  .  .  C".packed)
        #expect(strip.events.first?.firstExceededAt == strip.time(1))
    }

    @Test func `ends with the measurement where values count from its start`() {
        let leq = RuleStrip.rule(metric: .leq, cooldown: 4)
        var strip = RuleStrip([leq], column: .leq)
        strip.play("71 71 n 71 71 71 71")
        #expect(strip.marks == "O  . C  .  O  .".packed)
        #expect(strip.events.first?.clearReason == .measurementStopped)
        #expect(marks("71 71 n 71 60", RuleStrip.rule()) == "O  .  .  C".packed)
    }

    @Test func `stays active without data, is marked, and is closed after a while`() throws {
        var strip = RuleStrip([RuleStrip.rule()])
        strip.play("71 71")
        strip.tick(48)
        #expect(strip.events.first?.hasNoData == false)
        #expect(strip.output.events.map(\.hasNoData) == [false])
        strip.tick(49)
        #expect(strip.events.first?.hasNoData == true)
        #expect(strip.monitor.watermark == strip.time(1))
        strip.tick(898)
        #expect(strip.events.first?.isActive == true)
        strip.tick(899)
        let event = try #require(strip.events.first)
        #expect(event.clearReason == .noData)
        #expect(event.clearedAt == strip.time(1))
        #expect(event.closedAt == strip.time(1).advanced(byMilliseconds: 900_000))
        #expect(event.hasNoData == false)
        #expect(strip.monitor.watermark == strip.time(1).advanced(byMilliseconds: 900_000))
    }

    @Test func `goes on when data is back in time`() {
        var strip = RuleStrip([RuleStrip.rule()])
        strip.play("71")
        strip.tick(60)
        strip.skip(600)
        strip.play("71 60")
        #expect(strip.events.count == 1)
        #expect(strip.output.events.map(\.hasNoData) == [false, true, false, false])
    }

    @Test func `names each deadline at which a tick decides, and no other`() {
        var strip = RuleStrip([RuleStrip.rule()])
        strip.play("60")
        #expect(strip.monitor.nextDeadline(after: strip.time(0)) == nil)
        strip.play("71")
        let last = strip.time(1)
        let mark = last.advanced(byMilliseconds: 50_000)
        #expect(strip.monitor.nextDeadline(after: last) == mark)
        strip.tick(49)
        #expect(strip.monitor.nextDeadline(after: mark) == last.advanced(byMilliseconds: 900_000))
    }
}
