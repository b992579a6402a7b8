//  Schedule.swift · Monitoring
//
//  When a rule holds, on the local clock of its project. `ScheduleWindows` turns it into instants.

/// A daily window on chosen days.
package struct Schedule: Hashable, Sendable, Codable {
    /// Minutes after local midnight, 0 … 1,439.
    package var startMinute: Int
    /// Minutes after local midnight, 0 … 1,439; at or before the start: on the day after.
    package var endMinute: Int
    /// The days on which windows start; not empty.
    package var days: Weekdays
    /// Days on which no window starts.
    package var exceptDates: [CalendarDay]

    package init(
        startMinute: Int, endMinute: Int, days: Weekdays = .all, exceptDates: [CalendarDay] = []
    ) {
        self.startMinute = startMinute
        self.endMinute = endMinute
        self.days = days
        self.exceptDates = exceptDates
    }
}

/// Days of the week; Monday is bit 0.
package struct Weekdays: OptionSet, Hashable, Sendable, Codable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let all = Weekdays(rawValue: 0x7F)
    /// Monday first.
    package static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// - Returns: `nil` for a name that is not among ``names``, or no name at all.
    package init?(names: some Sequence<String>) {
        var bits: UInt8 = 0
        for name in names {
            guard let index = Weekdays.names.firstIndex(of: name) else { return nil }
            bits |= 1 << index
        }
        guard bits != 0 else { return nil }
        rawValue = bits
    }

    /// Their names, Monday first.
    package var names: [String] {
        Weekdays.names.indices.filter { rawValue >> $0 & 1 == 1 }.map { Weekdays.names[$0] }
    }

    package func contains(_ day: CalendarDay) -> Bool { rawValue >> day.weekday & 1 == 1 }
}

/// A day of the calendar, in no zone.
package struct CalendarDay: Hashable, Comparable, Sendable, Codable {
    /// Days since 1970-01-01.
    package var number: Int

    package init(number: Int) { self.number = number }

    /// - Parameter text: `2026-12-25`.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 10, let time = Timestamp(rfc3339: "\(text)T00:00:00Z") else {
            return nil
        }
        number = Int(floorDivide(time.milliseconds, by: Dwell.dayMilliseconds))
    }

    /// 0 is Monday.
    package var weekday: Int {
        // 1970-01-01 was a Thursday.
        let index = (number + 3) % 7
        return index < 0 ? index + 7 : index
    }

    package static func < (a: CalendarDay, b: CalendarDay) -> Bool { a.number < b.number }
}

extension CalendarDay: CustomStringConvertible {
    package var description: String {
        let midnight = Timestamp(milliseconds: Int64(number) * Dwell.dayMilliseconds)
        return String(midnight.description.prefix(10))
    }
}
