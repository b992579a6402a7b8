//  ScheduleWindows.swift · Monitoring
//
//  A schedule on a zone's clock, as instants. A time is inside exactly if its local time of day and
//  the day on which its window starts are; all else follows from that.
//
//      London, 29 March 2026, window 01:30–03:00      the clock jumps from 01:00 to 02:00
//      local      00:30   ┃02:00   02:30   03:00
//      inside             ┗━━━━━━━━━━━━━━━━━         a start that is skipped begins at the jump
//
//      London, 25 October 2026, window 01:30–01:45    the hour from 01:00 comes twice
//      local      01:30 01:45   02:00┃01:00   01:30 01:45
//      inside     ━━━━━━                      ━━━━━━ so does the window

/// Windows of a schedule in one zone. A window belongs to the day on which it starts, and is over
/// at its end even where the next one begins there.
package struct ScheduleWindows: Sendable {
    /// The longest stretch around an instant through which windows do not change.
    package struct Span: Hashable, Sendable, Codable {
        /// In Unix milliseconds; `.min` when it began more than 26 h before.
        package let start: Int64
        /// The first instant after it; `.max`: never. Of a stretch without windows that is longer
        /// than 400 days, some instant in it at which to look again.
        package let end: Int64
        package let isInside: Bool

        package static let always = Span(start: .min, end: .max, isInside: true)
    }

    private let schedule: Schedule?
    private let clock: any LocalClock
    private let exceptDays: Set<Int>

    /// - Parameter schedule: `nil`: always.
    package init(_ schedule: Schedule?, on clock: any LocalClock) {
        self.schedule = schedule
        self.clock = clock
        exceptDays = Set((schedule?.exceptDates ?? []).map(\.number))
    }

    /// Whether `time` (Unix milliseconds) is in a window.
    package func contains(_ time: Int64) -> Bool {
        schedule.map { startDay(at: time, of: $0) != nil } ?? true
    }

    /// The stretch that holds `time`. Some tens of looks at the clock: to be kept, not asked anew
    /// for each frame.
    package func span(at time: Int64) -> Span {
        guard let schedule else { return .always }
        // No window is longer, and what is outside needs no start.
        var from = time - 26 * 3_600_000
        var start = Int64.min
        while true {
            let next = change(after: from, of: schedule)
            if next > time {
                let isInside = startDay(at: time, of: schedule) != nil
                return Span(start: start, end: next, isInside: isInside)
            }
            (from, start) = (next, next)
        }
    }

    /// The number of the day on which the window around `time` starts; `nil` outside.
    private func startDay(at time: Int64, of schedule: Schedule) -> Int? {
        let local = time + clock.offset(at: time)
        let day = Int(floorDivide(local, by: Dwell.dayMilliseconds))
        let ofDay = local - Int64(day) * Dwell.dayMilliseconds
        let (start, end) = (schedule.startMilliseconds, schedule.endMilliseconds)
        if start < end {
            return ofDay >= start && ofDay < end && starts(on: day, of: schedule) ? day : nil
        }
        if ofDay >= start { return starts(on: day, of: schedule) ? day : nil }
        return ofDay < end && starts(on: day - 1, of: schedule) ? day - 1 : nil
    }

    private func starts(on day: Int, of schedule: Schedule) -> Bool {
        schedule.days.contains(CalendarDay(number: day)) && !exceptDays.contains(day)
    }

    /// The first instant after `time` of another window, or of none.
    private func change(after time: Int64, of schedule: Schedule) -> Int64 {
        let current = startDay(at: time, of: schedule)
        let limit = time + 400 * Dwell.dayMilliseconds
        var time = time
        while time < limit {
            let offset = clock.offset(at: time)
            var next = schedule.edge(after: time + offset) - offset
            if let step = clock.step(after: time, upTo: next) { next = step }
            if startDay(at: next, of: schedule) != current { return next }
            time = next
        }
        return time
    }
}

extension Schedule {
    fileprivate var startMilliseconds: Int64 { Int64(startMinute) * 60_000 }
    fileprivate var endMilliseconds: Int64 { Int64(endMinute) * 60_000 }

    /// The first local time after `local` at which a window may start or end.
    fileprivate func edge(after local: Int64) -> Int64 {
        let midnight = Dwell.midnight(before: local)
        let tomorrow = midnight + Dwell.dayMilliseconds
        var edge = tomorrow + min(startMilliseconds, endMilliseconds)
        for time in [midnight + startMilliseconds, midnight + endMilliseconds] where time > local {
            edge = min(edge, time)
        }
        return edge
    }
}

extension LocalClock {
    /// The instant in (`low`, `high`] at which the offset that holds at `high` began; `nil` when it
    /// holds at `low` too. There is at most one change of the clock in between.
    func step(after low: Int64, upTo high: Int64) -> Int64? {
        let target = offset(at: high)
        guard !isFixed, offset(at: low) != target else { return nil }
        var low = low
        var high = high
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(at: middle) == target { high = middle } else { low = middle }
        }
        return high
    }
}
