//  ScheduleWindowsTests.swift · MonitoringTests

import Monitoring
import Testing

private func time(_ text: String) -> Int64 { Timestamp(rfc3339: text)!.milliseconds }

private let london = ZoneClock(name: "Europe/London")!

private func schedule(
    _ start: String, _ end: String, _ days: [String] = Weekdays.names, except: [String] = []
) -> Schedule {
    func minute(_ text: String) -> Int {
        let parts = text.split(separator: ":")
        return Int(parts[0])! * 60 + Int(parts[1])!
    }
    return Schedule(
        startMinute: minute(start), endMinute: minute(end), days: Weekdays(names: days)!,
        exceptDates: except.map { CalendarDay($0)! })
}

/// The windows that begin from `from` up to `to`, as texts.
private func windows(_ schedule: Schedule, from: String, to: String) -> [String] {
    let windows = ScheduleWindows(schedule, on: london)
    var list: [String] = []
    var instant = time(from)
    while instant < time(to) {
        let span = windows.span(at: instant)
        if span.isInside {
            let texts = [span.start, span.end].map { Timestamp(milliseconds: $0).description }
            list.append(texts.map { String($0.dropFirst(8).prefix(8)) }.joined(separator: "–"))
        }
        instant = span.end
    }
    return list
}

@Suite struct `Windows of a schedule` {
    @Test func `without a schedule are always`() {
        #expect(ScheduleWindows(nil, on: london).span(at: 0) == .always)
        #expect(ScheduleWindows(nil, on: london).contains(0))
    }

    // Instants in UTC, as day, hour and minute.
    @Test(arguments: [
        ("by day", schedule("08:00", "18:00"), "2026-11-23T00:00:00Z", "2026-11-25T00:00:00Z",
            ["23T08:00–23T18:00", "24T08:00–24T18:00"]),
        ("on summer time", schedule("08:00", "18:00"), "2026-07-01T00:00:00Z",
            "2026-07-02T00:00:00Z", ["01T07:00–01T17:00"]),
        ("across midnight, by the day of the start", schedule("22:00", "06:00", ["fri"]),
            "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", ["27T22:00–28T06:00"]),
        ("of 24 hours", schedule("07:00", "07:00", ["mon", "tue"]), "2026-11-23T00:00:00Z",
            "2026-11-30T00:00:00Z", ["23T07:00–24T07:00", "24T07:00–25T07:00"]),
        ("but not on those days", schedule("22:00", "06:00", except: ["2026-11-24"]),
            "2026-11-23T12:00:00Z", "2026-11-26T12:00:00Z", ["23T22:00–24T06:00", "25T22:00–26T06:00"]),
        ("a start that is skipped begins at the jump", schedule("01:30", "03:00"),
            "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", ["29T01:00–29T02:00"]),
        ("an end that is skipped is the jump", schedule("00:30", "01:30"), "2026-03-29T00:00:00Z",
            "2026-03-29T12:00:00Z", ["29T00:30–29T01:00"]),
        ("one that is skipped is none", schedule("01:15", "01:45"), "2026-03-29T00:00:00Z",
            "2026-03-29T12:00:00Z", []),
        ("one in the hour that comes twice comes twice", schedule("01:15", "01:45"),
            "2026-10-24T22:00:00Z", "2026-10-25T12:00:00Z", ["25T00:15–25T00:45", "25T01:15–25T01:45"]),
        ("an end in that hour is passed twice", schedule("00:00", "01:30"), "2026-10-24T22:00:00Z",
            "2026-10-25T12:00:00Z", ["24T23:00–25T00:30", "25T01:00–25T01:30"]),
        ("a night is longer then", schedule("22:00", "06:00"), "2026-10-24T12:00:00Z",
            "2026-10-25T12:00:00Z", ["24T21:00–25T06:00"]),
        ("and a day has 25 hours", schedule("00:00", "00:00", ["sun"]), "2026-10-24T12:00:00Z",
            "2026-10-26T12:00:00Z", ["24T23:00–26T00:00"]),
    ])
    func `are instants`(
        what: String, schedule: Schedule, from: String, to: String, expected: [String]
    ) {
        #expect(windows(schedule, from: from, to: to) == expected, Comment(rawValue: what))
    }

    // Every minute of the days around both changes, and of a plain week.
    @Test(arguments: ["2026-03-28", "2026-10-24", "2026-11-23"])
    func `hold a time exactly if its local time and start day are inside`(day: String) {
        for schedule in [
            schedule("01:30", "01:15", ["sat", "sun"]), schedule("00:10", "01:20"),
            schedule("23:00", "01:45", ["sat", "mon"]), schedule("01:00", "01:00", ["sun"]),
        ] {
            let windows = ScheduleWindows(schedule, on: london)
            var span = windows.span(at: time("\(day)T00:00:00Z"))
            for minute in 0..<(3 * 1440) {
                let instant = time("\(day)T00:00:00Z") + Int64(minute) * 60_000
                if instant >= span.end { span = windows.span(at: instant) }
                let local = instant + london.offset(at: instant)
                let number = Int(local / 86_400_000)
                let ofDay = Int(local / 60_000 % 1440)
                func isChosen(_ day: Int) -> Bool { schedule.days.contains(CalendarDay(number: day)) }
                let expected =
                    schedule.startMinute < schedule.endMinute
                    ? ofDay >= schedule.startMinute && ofDay < schedule.endMinute && isChosen(number)
                    : ofDay >= schedule.startMinute
                        ? isChosen(number) : ofDay < schedule.endMinute && isChosen(number - 1)
                #expect(span.isInside == expected)
                #expect(windows.contains(instant) == expected)
            }
        }
    }

    @Test func `that never are are looked for no farther than 400 days`() {
        let never = schedule("08:00", "09:00", ["mon"])
        var excepted = never
        excepted.exceptDates = (0..<100).map { CalendarDay(number: 20_780 + $0 * 7) }
        let span = ScheduleWindows(excepted, on: london).span(at: 20_780 * 86_400_000)
        #expect(!span.isInside)
        #expect(span.end < .max)
    }
}

@Suite struct `Clock periods` {
    // London; the borders around a time, in UTC.
    @Test(arguments: [
        (900, "2026-11-23T12:07:00Z", "12:00:00", "12:15:00"),
        (900, "2026-11-23T12:15:00Z", "12:15:00", "12:30:00"),
        (86_400, "2026-07-01T12:00:00Z", "23:00:00", "23:00:00"),
        // The hour from 01:00 local is skipped.
        (7200, "2026-03-29T00:30:00Z", "00:00:00", "01:00:00"),
        (7200, "2026-03-29T01:30:00Z", "01:00:00", "03:00:00"),
        (86_400, "2026-03-29T12:00:00Z", "00:00:00", "23:00:00"),
        // The hour from 01:00 local comes twice.
        (7200, "2026-10-25T00:30:00Z", "23:00:00", "02:00:00"),
        (7200, "2026-10-25T01:30:00Z", "23:00:00", "02:00:00"),
        (900, "2026-10-25T00:50:00Z", "00:45:00", "01:00:00"),
        (900, "2026-10-25T01:05:00Z", "01:00:00", "01:15:00"),
    ])
    func `are aligned to the local clock`(
        seconds: Int64, at: String, start: String, end: String
    ) {
        var periods = ClockPeriods(lengthMilliseconds: seconds * 1000, on: london)
        let period = periods.period(at: time(at))
        let texts = [period.start, period.end].map {
            String(Timestamp(milliseconds: $0).description.dropFirst(11).prefix(8))
        }
        #expect(texts == [start, end])
    }

    @Test(arguments: [900, 3600, 5400, 7200, 28_800, 86_400] as [Int64])
    func `leave no time out, in whatever order they are asked for`(seconds: Int64) {
        for day in ["2026-03-27", "2026-10-23"] {
            let from = time("\(day)T00:00:00Z")
            var inOrder = ClockPeriods(lengthMilliseconds: seconds * 1000, on: london)
            var instant = inOrder.period(at: from).start
            while instant < from + 4 * 86_400_000 {
                let period = inOrder.period(at: instant)
                #expect(period.start == instant)
                #expect(period.end > instant)
                var afresh = ClockPeriods(lengthMilliseconds: seconds * 1000, on: london)
                #expect(afresh.period(at: period.end - 1) == period)
                instant = period.end
            }
        }
    }
}
