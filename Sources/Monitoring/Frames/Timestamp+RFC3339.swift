//  Timestamp+RFC3339.swift · Monitoring
//
//  The text form of instants. The calendar arithmetic is Howard Hinnant's, "chrono-Compatible
//  Low-Level Date Algorithms" (2021): exact for every day of the proleptic Gregorian calendar.

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with milliseconds: `2026-11-23T16:35:14.645Z`.
    package var description: String {
        let days = floorDivide(milliseconds, by: 86_400_000)
        let ofDay = milliseconds - days * 86_400_000
        let (year, month, day) = Timestamp.civil(fromDays: days)
        func pad(_ value: Int64, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T"
            + "\(pad(ofDay / 3_600_000, 2)):\(pad(ofDay / 60_000 % 60, 2)):"
            + "\(pad(ofDay / 1000 % 60, 2)).\(pad(ofDay % 1000, 3))Z"
    }

    /// RFC 3339 on a clock that is so much ahead of UTC: `2026-11-23T17:35:14.645+01:00`.
    ///
    /// - Parameter offset: cut to whole minutes; the instant stays the same.
    package func description(offsetMilliseconds offset: Int64) -> String {
        let minutes = abs(offset) / 60_000
        let local = advanced(byMilliseconds: offset < 0 ? -minutes * 60_000 : minutes * 60_000)
        func pad(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return local.description.dropLast() + (offset < 0 && minutes > 0 ? "-" : "+")
            + "\(pad(minutes / 60)):\(pad(minutes % 60))"
    }

    /// Reads RFC 3339 (`2026-11-23T16:35:14Z`, any fraction, `Z` or `±hh:mm`). Fractions beyond
    /// milliseconds are cut off. Years 1 … 9999; a second of 60 is refused.
    ///
    /// - Parameter zone: what a text without a zone designator means; `.none` refuses it, `.utc`
    ///   is what the upstream writes.
    package init?(rfc3339 text: some StringProtocol, withoutZone zone: MissingZone = .none) {
        var rest = Substring(text).utf8
        func digits(_ count: Int) -> Int64? {
            guard rest.count >= count else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(count) {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            rest = rest.dropFirst(count)
            return value
        }
        func take(_ accepted: String) -> Bool {
            guard let byte = rest.first, accepted.utf8.contains(byte) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = digits(4), take("-"), let month = digits(2), take("-"),
            let day = digits(2), take("Tt "), let hour = digits(2), take(":"),
            let minute = digits(2), take(":"), let second = digits(2),
            year > 0, (1...12).contains(month), hour < 24, minute < 60, second < 60,
            (1...Timestamp.daysInMonth(month, of: year)).contains(day)
        else { return nil }
        var millisecond: Int64 = 0
        if take(".") {
            let fraction = rest.prefix { (48...57).contains($0) }
            guard !fraction.isEmpty, fraction.count <= 12 else { return nil }
            var scale: Int64 = 100
            for byte in fraction.prefix(3) {
                millisecond += Int64(byte - 48) * scale
                scale /= 10
            }
            rest = rest.dropFirst(fraction.count)
        }
        var offsetMinutes: Int64 = 0
        if rest.isEmpty {
            guard zone == .utc else { return nil }
        } else if !take("Zz") {
            let west = rest.first == UInt8(ascii: "-")
            guard take("+-"), let hours = digits(2), take(":"), let minutes = digits(2),
                hours < 24, minutes < 60
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (west ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        let days = Timestamp.days(fromCivil: year, month, day)
        let minutes = (days * 24 + hour) * 60 + minute - offsetMinutes
        self.init(milliseconds: (minutes * 60 + second) * 1000 + millisecond)
    }

    package enum MissingZone { case none, utc }

    /// Days since 1970-01-01 of a date. Hinnant, `days_from_civil`.
    package static func days(fromCivil year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = floorDivide(y, by: 400)
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date of a day counted from 1970-01-01. Hinnant, `civil_from_days`.
    package static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let z = days + 719_468
        let era = floorDivide(z, by: 146_097)
        let dayOfEra = z - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1
        )
    }

    private static func daysInMonth(_ month: Int64, of year: Int64) -> Int64 {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Int(month - 1)]
    }
}
