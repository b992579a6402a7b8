//  QuietHoursTests.swift · NotifyTests

import Monitoring
import Testing

@testable import Notify

@Suite struct `Quiet hours` {
    @Test(arguments: [
        ("within a night", "22:00-07:00", "2026-11-23T23:30:00Z", "2026-11-24T07:00:00Z"),
        ("begin with their minute", "22:00-07:00", "2026-11-23T22:00:00Z", "2026-11-24T07:00:00Z"),
        ("not before it", "22:00-07:00", "2026-11-23T21:59:59.999Z", nil),
        ("are over with their end", "22:00-07:00", "2026-11-24T07:00:00Z", nil),
        ("may lie within a day", "12:00-13:10", "2026-11-23T12:05:30Z", "2026-11-23T13:10:00Z"),
        // London, 25 October 2026: 02:00 BST is 01:00 GMT.
        (
            "a night is an hour longer in autumn", "22:00-07:00", "2026-10-24T21:30:00Z",
            "2026-10-25T07:00:00Z"
        ),
        (
            "that end in the hour that comes twice end at its first coming", "22:00-01:30",
            "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"
        ),
        ("and begin again with its second", "22:00-01:30", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"),
        // London, 28 March 2027: 01:00 GMT is 02:00 BST.
        (
            "a night is an hour shorter in spring", "22:00-07:00", "2027-03-27T22:30:00Z",
            "2027-03-28T06:00:00Z"
        ),
        (
            "that end in the hour that is left out end at the jump", "22:00-01:30",
            "2027-03-28T00:10:00Z", "2027-03-28T01:00:00Z"
        ),
    ] as [(String, String, Timestamp, Timestamp?)])
    func `on the clock of London`(
        behaviour: String, hours: String, now: Timestamp, end: Timestamp?
    ) {
        let clock = ZoneClock(name: "Europe/London")!
        #expect(
            QuietHours.end(of: Schedule(hours), after: now, on: clock) == end,
            Comment(rawValue: behaviour))
    }

    @Test func `belong with their day to the day on which they start`() {
        // Fridays only; 27 November 2026 is one.
        let friday = Schedule("22:00-07:00", Weekdays(names: ["fri"])!)
        let clock = ZoneClock.utc
        #expect(
            QuietHours.end(of: friday, after: "2026-11-28T03:00:00Z", on: clock) == "2026-11-28T07:00:00Z")
        #expect(QuietHours.end(of: friday, after: "2026-11-27T03:00:00Z", on: clock) == nil)
        #expect(QuietHours.end(of: friday, after: "2026-11-28T23:00:00Z", on: clock) == nil)
    }

    @Test func `of whole days follow one another without a break`() {
        let weekend = Schedule("00:00-00:00", Weekdays(names: ["sat", "sun"])!)
        let end = QuietHours.end(
            of: weekend, after: "2026-11-28T10:00:00Z", on: ZoneClock(name: "Europe/Berlin")!)
        #expect(end == "2026-11-29T23:00:00Z")
        #expect(Recipient.leavesTime(weekend) && !Recipient.leavesTime(Schedule("00:00-00:00")))
    }

    @Test(arguments: ["Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
    func `end where a minute by minute walk finds the end`(zone: String) {
        let clock = ZoneClock(name: zone)!
        var random = SplitMix64(seed: 5)
        for _ in 0..<40 {
            let start = Int.random(in: 0..<1440, using: &random)
            let length = Int.random(in: 1..<1440, using: &random)
            let schedule = Schedule(startMinute: start, endMinute: (start + length) % 1440)
            // Around a change of the clock somewhere: April and October 2026.
            let days = Int64.random(in: 0..<10, using: &random) + (Bool.random(using: &random) ? 0 : 182)
            let minute = Int64.random(in: 0..<1440, using: &random)
            let base: Timestamp = "2026-04-01T00:00:00Z"
            let now = base.advanced(byMilliseconds: (days * 1440 + minute) * 60_000)
            let windows = ScheduleWindows(schedule, on: clock)
            var walk = now
            while windows.contains(walk.milliseconds),
                walk.milliseconds(since: now) < 8 * Dwell.dayMilliseconds
            {
                walk = walk.advanced(byMilliseconds: 60_000)
            }
            #expect(QuietHours.end(of: schedule, after: now, on: clock) == (walk == now ? nil : walk))
        }
    }
}
