//  PageText.swift · Serve
//
//  Numbers and times as people read them. `words.js` and `zone.js` say the same in the browser.

import Monitoring

/// Numbers and times as people read them.
enum PageText {
    static let none = "–"

    /// `57.1`; an en dash for no value, never 0.
    static func level(_ level: Level?) -> String {
        guard let level else { return none }
        let tenths = abs(Int(level.tenths))
        return "\(level.tenths < 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }

    /// `1 s ago`, `4 min ago`, `3 h ago`: the largest part only.
    static func age(milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1000)
        if seconds < 1 { return "just now" }
        for (name, size) in [("d", Int64(86_400)), ("h", 3600), ("min", 60)] where seconds >= size {
            return "\(seconds / size) \(name) ago"
        }
        return "\(seconds) s ago"
    }

    /// `07:00`, `Mon 07:00` or `12 Nov 07:00`, in UTC: as short as it can be, seen from `now`.
    static func since(_ time: Timestamp, now: Timestamp) -> String {
        let day = floorDivide(time.milliseconds, by: 86_400_000)
        let days = floorDivide(now.milliseconds, by: 86_400_000) - day
        let minutes = (time.milliseconds - day * 86_400_000) / 60_000
        let clock = "\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))"
        if days == 0 { return clock }
        // 1970-01-01 was a Thursday.
        if (1..<7).contains(days) { return "\(weekdays[Int((day % 7 + 7) % 7)]) \(clock)" }
        let date = Timestamp.civil(fromDays: day)
        return "\(date.day) \(months[Int(date.month) - 1]) \(clock)"
    }

    /// `24 Nov 2026 22:40`, or with seconds, on `clock`, as `moment` of `zone.js` says it.
    static func moment(
        _ time: Timestamp, hasSeconds: Bool = false, on clock: some LocalClock = ZoneClock.utc
    ) -> String {
        let local = time.milliseconds + clock.offset(at: time.milliseconds)
        let day = floorDivide(local, by: 86_400_000)
        let seconds = (local - day * 86_400_000) / 1000
        let date = Timestamp.civil(fromDays: day)
        let text = "\(twoDigits(seconds / 3600)):\(twoDigits(seconds / 60 % 60))"
        return "\(date.day) \(months[Int(date.month) - 1]) \(date.year) \(text)"
            + (hasSeconds ? ":\(twoDigits(seconds % 60))" : "")
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec",
    ]

    private static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// `80 kB`, `4.2 MB`, `43 MB`, `1.2 GB`: two figures, of 1,000 each.
    static func bytes(_ count: Int64) -> String {
        var value = Double(max(0, count)) / 1000
        for unit in ["kB", "MB", "GB"] {
            // Two figures: 9.95 would be written as 10.0.
            if value < 9.95, unit != "kB" {
                let tenths = Int((value * 10).rounded())
                return "\(tenths / 10).\(tenths % 10) \(unit)"
            }
            if value < 999.5 || unit == "GB" { return "\(Int(value.rounded())) \(unit)" }
            value /= 1000
        }
        return none
    }

    /// `1 unit`, `12 units`
    static func count(_ count: Int, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }
}
