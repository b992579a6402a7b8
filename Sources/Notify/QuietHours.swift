//  QuietHours.swift · Notify
//
//  Whether a recipient is to be left alone, and until when. As with windows of rules, an instant is
//  inside exactly if its local clock time and the day on which its window started are.
//
//      London, 25 October 2026, quiet 22:00–01:30    22:00 ─────────── 01:30 · 01:00 ── 01:30
//      the clock goes back at 02:00                      quiet          told     quiet

import Monitoring

/// Local time minus UTC at an instant, in milliseconds.
typealias LocalOffset = (Timestamp) -> Int64

/// The quiet hours of a recipient.
enum QuietHours {
    static func hold(_ schedule: Schedule, at time: Timestamp, _ offset: LocalOffset) -> Bool {
        let local = time.milliseconds + offset(time)
        let day = floorDivide(local, by: Dwell.dayMilliseconds)
        let minute = Int((local - day * Dwell.dayMilliseconds) / 60_000)
        let starts = { (number: Int64) in
            let day = CalendarDay(number: Int(number))
            return schedule.days.contains(day) && !schedule.exceptDates.contains(day)
        }
        if schedule.startMinute < schedule.endMinute {
            return (schedule.startMinute..<schedule.endMinute).contains(minute) && starts(day)
        }
        return minute >= schedule.startMinute && starts(day)
            || minute < schedule.endMinute && starts(day - 1)
    }

    /// The end of the quiet that holds at `now`; `nil` when none does.
    ///
    /// - Complexity: O(quarters of an hour until then).
    static func end(
        of schedule: Schedule, after now: Timestamp, _ offset: LocalOffset
    ) -> Timestamp? {
        guard hold(schedule, at: now, offset) else { return nil }
        var time = now
        // Quiet on all days but one ends within six.
        let limit = now.advanced(byMilliseconds: 8 * Dwell.dayMilliseconds)
        repeat {
            let local = time.milliseconds + offset(time)
            let ofDay = local - floorDivide(local, by: Dwell.dayMilliseconds) * Dwell.dayMilliseconds
            let left = Int64(schedule.endMinute) * 60_000 - ofDay
            // Clocks change at quarters of an hour; between them local time runs as ours.
            let quarter = (floorDivide(time.milliseconds, by: 900_000) + 1) * 900_000
            time = Timestamp(
                milliseconds: left > 0 ? min(quarter, time.milliseconds + left) : quarter)
        } while time < limit && hold(schedule, at: time, offset)
        return time
    }
}
