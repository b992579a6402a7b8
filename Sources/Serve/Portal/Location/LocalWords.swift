//  LocalWords.swift · Serve
//
//  Times as people at a location read them. `zone.js` says the same in the browser.

import Monitoring

/// Times on the clock of a place, seen from a moment.
struct LocalWords {
    let zone: String
    let clock: any LocalClock
    let now: Timestamp

    /// - Parameter zone: an IANA name; one that is not known is read as UTC.
    init(zone: String, now: Timestamp) {
        let clock = ZoneClock(name: zone)
        self.zone = clock == nil ? "UTC" : zone
        self.clock = clock ?? .utc
        self.now = now
    }

    /// Local time as if it were UTC, in milliseconds.
    func local(_ time: Timestamp) -> Int64 {
        time.milliseconds + clock.offset(at: time.milliseconds)
    }

    /// The instant at which the clock shows `local`.
    func instant(_ local: Int64) -> Timestamp {
        Timestamp(milliseconds: local - clock.offset(at: local - clock.offset(at: local)))
    }

    /// The local day of `time`.
    func day(_ time: Timestamp) -> CalendarDay {
        CalendarDay(number: Int(floorDivide(local(time), by: Dwell.dayMilliseconds)))
    }

    /// `22:41`
    func minute(_ time: Timestamp) -> String {
        let ofDay = local(time) - Dwell.midnight(before: local(time))
        return LocalWords.clockText(minutes: Int(ofDay / 60_000))
    }

    /// `22:41`, `Mon 22:41` or `12 Nov 22:41`: as short as it can be, seen from now.
    func since(_ time: Timestamp) -> String {
        PageText.since(
            Timestamp(milliseconds: local(time)), now: Timestamp(milliseconds: local(now)))
    }

    /// `Mon 23 Nov`
    func date(_ time: Timestamp) -> String { LocalWords.text(day(time)) }

    /// `London (UTC+1)`
    var zoneText: String {
        let place = zone.split(separator: "/").last.map(String.init) ?? zone
        let minutes = clock.offset(at: now.milliseconds) / 60_000
        if zone == "UTC" { return "UTC" }
        let size = abs(minutes)
        let rest = size % 60 == 0 ? "" : ":\(LocalWords.twoDigits(Int(size % 60)))"
        let offset = minutes == 0 ? "" : "\(minutes < 0 ? "−" : "+")\(size / 60)\(rest)"
        return "\(place.replacing("_", with: " ")) (UTC\(offset))"
    }

    static func clockText(minutes: Int) -> String {
        "\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))"
    }

    private static func text(_ day: CalendarDay) -> String {
        let date = Timestamp.civil(fromDays: Int64(day.number))
        let month = PageText.months[Int(date.month) - 1]
        return "\(weekdays[day.weekday]) \(date.day) \(month)"
    }

    /// Monday first.
    static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension PageText {
    /// `44 s`, `44 min`, `2 h 5 min`, `3 d 4 h`: rounded to what matters.
    static func duration(milliseconds: Int64) -> String {
        let seconds = max(0, (milliseconds + 500) / 1000)
        if seconds < 60 { return "\(seconds) s" }
        let minutes = (seconds + 30) / 60
        if minutes < 60 { return "\(minutes) min" }
        let (large, small, names) =
            minutes < 1440
            ? (minutes / 60, minutes % 60, ("h", "min"))
            : (minutes / 1440, minutes % 1440 / 60, ("d", "h"))
        return small == 0 ? "\(large) \(names.0)" : "\(large) \(names.0) \(small) \(names.1)"
    }

    /// `65` or `65.5`: a limit.
    static func limit(tenths: Int16) -> String {
        let text = level(Level(tenths: tenths))
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// `99 %`: `100 %` and `0 %` only when it is all or nothing.
    static func share(_ part: Double) -> String {
        if part >= 1 { return "100 %" }
        if part > 0, part < 0.01 { return "< 1 %" }
        return "\(Int(part * 100)) %"
    }
}
