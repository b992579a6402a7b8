//  RuleWindowTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `A rule with a schedule` {
    static let evening = Schedule(startMinute: 12 * 60 + 1, endMinute: 12 * 60 + 2)

    // From 12:01 to 12:02, a token each 15 s from 12:00.
    @Test(arguments: [
        ("judges inside only", "71 71 71 71 71 60 60 60 71", ".  .  .  .  O  C  .  .  ."),
        ("closes at the end", "60 60 60 60 71 71 71 71 71 71", ".  .  .  .  O  .  .  .  C  ."),
        ("closes at the end across a hole", "60 60 60 60 71 . . . . . 71", ".  .  .  .  O  . . . C . ."),
    ])
    func `keeps to its window`(what: String, levels: String, expected: String) {
        let rule = RuleStrip.rule(gap: 60) { $0.schedule = Self.evening }
        #expect(marks(levels, rule, step: 15) == expected.packed, Comment(rawValue: what))
    }

    @Test func `ends at the boundary, decided when it is known`() throws {
        var strip = RuleStrip([RuleStrip.rule(gap: 60) { $0.schedule = Self.evening }], step: 15)
        strip.play("60 60 60 60 71 71 71 71")
        let end = strip.time(4).advanced(byMilliseconds: 60_000)
        #expect(strip.monitor.nextDeadline(after: strip.time(7)) == end.advanced(byMilliseconds: 20_000))
        strip.tick(19)
        #expect(strip.events.first?.isActive == true)
        strip.tick(20)
        let event = try #require(strip.events.first)
        #expect(event.clearReason == .windowEnd)
        #expect(event.clearedAt == end)
        #expect(event.closedAt == end.advanced(byMilliseconds: 20_000))
        #expect(strip.monitor.watermark == end)
    }

    @Test func `breaks a pending run at the end`() {
        let rule = RuleStrip.rule(duration: 45, gap: 60) {
            $0.schedule = Schedule(startMinute: 12 * 60, endMinute: 12 * 60 + 1)
            $0.schedule!.days = .all
        }
        #expect(marks("60 60 71 71 71 71 71 71", rule, step: 15) == "........")
    }

    @Test func `wraps past midnight on the day that it starts on`() {
        // Friday 22:00 to Saturday 06:00.
        let rule = RuleStrip.rule {
            $0.schedule = Schedule(
                startMinute: 22 * 60, endMinute: 6 * 60, days: Weekdays(names: ["fri"])!)
        }
        let friday = Timestamp(rfc3339: "2026-11-27T21:00:00Z")!
        var strip = RuleStrip([rule], from: friday, step: 3600)
        strip.play("71 71 71 71 71 71 71 71 71 71 71 71")
        // Hours apart, so each frame finds the one before without data.
        #expect(strip.events.first?.onsetAt == strip.time(1))
        #expect(strip.events.last?.onsetAt == strip.time(8))
        #expect(strip.events.count == 8)
    }

    @Test func `of 24 hours ends where the next one begins`() throws {
        let rule = RuleStrip.rule(gap: 60) {
            $0.schedule = Schedule(startMinute: 12 * 60 + 1, endMinute: 12 * 60 + 1)
        }
        var strip = RuleStrip([rule], step: 15)
        strip.play("71 71 71 71 71 71")
        #expect(strip.events.map(\.onsetAt) == [strip.time(0), strip.time(4)])
        #expect(strip.events.first?.clearReason == .windowEnd)
    }

    @Test func `lasts nine hours on the night when the clock goes back`() throws {
        // London, 25 October 2026: 22:00 BST is 21:00Z, 06:00 GMT is 06:00Z.
        let rule = RuleStrip.rule(gap: 7200) {
            $0.schedule = Schedule(startMinute: 22 * 60, endMinute: 6 * 60)
        }
        var strip = RuleStrip(
            [rule], from: Timestamp(rfc3339: "2026-10-24T20:00:00Z")!, step: 600,
            zone: "Europe/London")
        strip.play(String(repeating: "71 ", count: 70))
        let event = try #require(strip.events.first)
        #expect(event.onsetAt == Timestamp(rfc3339: "2026-10-24T21:00:00Z"))
        #expect(event.clearedAt == Timestamp(rfc3339: "2026-10-25T06:00:00Z"))
    }

    @Test func `lasts seven hours on the night when it goes forward`() throws {
        let rule = RuleStrip.rule(gap: 7200) {
            $0.schedule = Schedule(startMinute: 22 * 60, endMinute: 6 * 60)
        }
        var strip = RuleStrip(
            [rule], from: Timestamp(rfc3339: "2026-03-28T21:00:00Z")!, step: 600,
            zone: "Europe/London")
        strip.play(String(repeating: "71 ", count: 70))
        let event = try #require(strip.events.first)
        #expect(event.onsetAt == Timestamp(rfc3339: "2026-03-28T22:00:00Z"))
        #expect(event.clearedAt == Timestamp(rfc3339: "2026-03-29T05:00:00Z"))
    }
}
