//  QuietHours.swift · Notify
//
//  Until when a recipient is to be left alone. Quiet hours are windows as those of rules are; ones
//  that follow each other without a break are one quiet.
//
//      London, 25 October 2026, quiet 22:00–01:30    22:00 ─────────── 01:30 · 01:00 ── 01:30
//      the clock goes back at 02:00                      quiet          told     quiet

import Monitoring

/// The quiet hours of a recipient.
enum QuietHours {
    /// The end of the quiet that holds at `now`; `nil` when none does.
    static func end(
        of schedule: Schedule, after now: Timestamp, on clock: any LocalClock
    ) -> Timestamp? {
        let windows = ScheduleWindows(schedule, on: clock)
        var time = now.milliseconds
        // Quiet on all days but one ends within seven.
        let limit = time + 8 * Dwell.dayMilliseconds
        while time < limit, windows.contains(time) { time = windows.span(at: time).end }
        return time > now.milliseconds ? Timestamp(milliseconds: time) : nil
    }
}
