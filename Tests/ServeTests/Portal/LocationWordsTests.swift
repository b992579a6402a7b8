//  LocationWordsTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

private let now = Timestamp("2026-11-24T22:47:00Z")
private let london = LocalWords(zone: "Europe/London", now: now)

/// A limit of 65 dB on averages over 15 min, from 22:00 to 07:00.
private let night = AlertRule(
    id: "night", site: .location("gate"), name: "Night noise", thresholdTenths: 650,
    schedule: Schedule(startMinute: 1320, endMinute: 420))

/// A breach of `rule` from `start` on; it ends at `end`, or lasts.
private func breach(
    _ rule: AlertRule = night, from start: Timestamp, to end: Timestamp, peak: Int16 = 693,
    exceeded: Int64? = nil, isActive: Bool = false, hasNoData: Bool = false
) -> SoundEvent {
    var event = SoundEvent(
        kind: .rule, unit: nil, location: "gate", rule: rule, firstExceededAt: start,
        onsetAt: start, tenths: 672)
    event.peakTenths = peak
    event.peakAt = start.advanced(byMilliseconds: 180_000)
    event.lastExceededAt = end
    event.exceededMilliseconds = exceeded ?? end.milliseconds(since: start)
    event.clearedAt = isActive ? nil : end
    event.hasNoData = hasNoData
    return event
}

@Suite struct `A limit in words` {
    @Test(arguments: [
        (night, "average over 15 min above 65 dB"),
        (rule { $0.averaging = Averaging(mode: .sliding, seconds: 3600, consecutive: 1) },
            "average over the last 1 h above 65 dB"),
        (rule { $0.averaging = Averaging(mode: .window) }, "average over the whole time above 65 dB"),
        (rule { $0.averaging = Averaging(consecutive: 3) },
            "average over 15 min above 65 dB, 3 times in a row"),
        (rule(.lp) { $0.durationSeconds = 60 }, "level above 65 dB for 1 min"),
        (rule(.lmax) { $0.thresholdTenths = 905 }, "maximum above 90.5 dB"),
        (rule(.leq) { $0.comparison = .below; $0.thresholdTenths = 350 }, "Leq below 35 dB"),
        (rule(.ln2) { _ in }, "L90 above 65 dB"),
    ] as [(AlertRule, String)])
    func `says what breaks it`(rule: AlertRule, text: String) {
        #expect(rule.limitWords(LevelLabels(ln1: "L10", ln2: "L90")) == text)
    }

    @Test(arguments: [
        (nil, "at any time"),
        (Schedule(startMinute: 1320, endMinute: 420), "22:00–07:00"),
        (
            Schedule(startMinute: 420, endMinute: 1140, days: Weekdays(names: ["mon", "tue", "wed"])!),
            "07:00–19:00 · Mon–Wed"
        ),
        (
            Schedule(
                startMinute: 0, endMinute: 0, days: Weekdays(names: ["sat", "sun", "tue"])!,
                exceptDates: [CalendarDay("2026-12-25")!]),
            "24 h from 00:00 · Tue, Sat, Sun · except 1 date"
        ),
    ] as [(Schedule?, String)])
    func `says when it holds`(schedule: Schedule?, text: String) {
        var rule = night
        rule.schedule = schedule
        #expect(rule.timeWords == text)
    }
}

private func rule(
    _ metric: RuleMetric = .laeq, _ change: (inout AlertRule) -> Void
) -> AlertRule {
    var rule = AlertRule(
        id: "r", site: .location("gate"), name: "Rule", metric: metric, thresholdTenths: 650)
    change(&rule)
    return rule
}

@Suite struct `The sentence of a location` {
    private static let since = Timestamp("2026-11-24T22:41:00Z")
    private static let active = breach(from: since, to: now, isActive: true)

    private static func standing(
        _ value: Int16?, inForce: Bool = true, _ event: SoundEvent? = nil
    ) -> [LimitStanding] {
        [LimitStanding(
            rule: night, isInForce: inForce, value: value.map(Level.init), event: event)]
    }

    @Test(arguments: [
        ([], .live, "idle", "No limit is set here"),
        (standing(523), .live, "kept", "Within the limit: average 52.3, limit 65"),
        // At the limit is not above it.
        (standing(650), .live, "kept", "Within the limit: average 65.0, limit 65"),
        (standing(651), .live, "near", "No breach yet: average 65.1, limit 65"),
        (standing(nil), .live, "kept", "Within the limit"),
        (standing(672, active), .live, "breach", "Above the limit since 22:41: average 67.2, limit 65"),
        (standing(nil, active), .live, "breach", "Above the limit since 22:41: average 67.2, limit 65"),
        (standing(672, active), .delayed, "lost", "Above at 22:47; no data since"),
        (standing(672, active), .unassigned, "lost", "Above at 22:47; no data since"),
        (standing(523, inForce: false), .live, "idle", "No limit holds at this time"),
        (standing(523), .delayed, "idle", "Not judged: no data since 22:30"),
        (standing(523), .upstreamDown, "idle", "Not judged: no data since 22:30"),
        (standing(523), .stopped, "idle", "Not judged: the meter is stopped"),
        (standing(nil), .unassigned, "idle", "Not judged: no meter is here at present"),
        (standing(nil), .waiting, "idle", "Not judged: there was no reading yet"),
    ] as [([LimitStanding], PlaceState.Status, String, String)])
    func `says whether it is too loud`(
        limits: [LimitStanding], presence: PlaceState.Status, look: String, text: String
    ) {
        let sentence = LocationSentence(
            limits, presence, newest: "2026-11-24T22:30:00Z", labels: LevelLabels(), london)
        #expect(sentence.text == text)
        #expect(sentence.look.rawValue == look)
    }

    @Test func `names the limit that was broken first, and tells how many are`() {
        let other = breach(
            rule { $0.id = "other" }, from: "2026-11-24T22:30:00Z", to: now, isActive: true)
        let limits = Self.standing(672, Self.active) + [
            LimitStanding(rule: other.rule!, isInForce: true, value: nil, event: other)
        ]
        let sentence = LocationSentence(
            limits, .live, newest: now, labels: LevelLabels(), london)
        #expect(sentence.text.hasPrefix("Above the limit since 22:30"))
        #expect(
            sentence.detail == "Rule: average over 15 min above 65 dB. "
                + "Highest so far 69.3 at 22:33. 2 limits are broken")
    }

    @Test func `is about no data when the event says so, whatever the feed says`() {
        let event = breach(from: Self.since, to: Self.since, isActive: true, hasNoData: true)
        let sentence = LocationSentence(
            Self.standing(nil, event), .live, newest: now, labels: LevelLabels(), london)
        #expect(sentence.text == "Above at 22:41; no data since")
    }
}

@Suite struct `The line of last night` {
    @Test(arguments: [
        ("2026-11-24T22:47:00Z", "2026-11-23T22:00:00Z", "2026-11-24T07:00:00Z"),
        ("2026-11-24T06:59:00Z", "2026-11-22T22:00:00Z", "2026-11-23T07:00:00Z"),
        ("2026-11-24T07:00:00Z", "2026-11-23T22:00:00Z", "2026-11-24T07:00:00Z"),
        // The clocks go back at 01:00 UTC: ten hours.
        ("2026-10-25T12:00:00Z", "2026-10-24T21:00:00Z", "2026-10-25T07:00:00Z"),
        ("2026-03-29T12:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z"),
    ] as [(Timestamp, Timestamp, Timestamp)])
    func `is about the last one that is over`(now: Timestamp, start: Timestamp, end: Timestamp) {
        let night = LastNight(LocalWords(zone: "Europe/London", now: now), rule: nil)
        #expect(night.range.start == start)
        #expect(night.range.end == end)
    }

    /// The last night with a reading of 52.3 dB each 10 s, but 58.1 dB from 23:15 to 23:30, and
    /// none in the minutes of `hole`.
    private func text(hole: Range<Int> = 0..<0, breaches: [SoundEvent] = []) -> String {
        let last = LastNight(london, rule: night)
        var buckets = LevelBuckets(edges: last.edges, range: last.range)
        let start = last.range.start.milliseconds
        // A reading stands for the time before it.
        var frames: [Frame] = []
        for index in 0...3240 where !hole.contains((index - 1) / 6) {
            let time = Timestamp(milliseconds: start + Int64(index) * 10_000)
            let lp: Int16 = (75..<90).contains((index - 1) / 6) ? 581 : 523
            frames.append(.sample(at: time, lp: lp))
        }
        buckets.add(FrameColumns(frames))
        return last.text(buckets, rule: night, breaches: breaches)
    }

    @Test func `gives average, loudest period, verdict and coverage`() {
        #expect(
            text() == "22:00–07:00: 52.6 average, loudest 15 min 58.1 at 23:15, limit 65 kept, "
                + "data 99 %")
    }

    @Test func `does not judge a night of which too little is known`() {
        #expect(text(hole: 200..<540).contains("limit 65 not judged, data 37 %"))
    }

    @Test func `adds up what was above the limit`() {
        let events = [
            breach(from: "2026-11-23T23:49:00Z", to: "2026-11-24T00:33:00Z"),
            breach(from: "2026-11-24T03:00:00Z", to: "2026-11-24T03:20:00Z", exceeded: 60_000),
            breach(from: "2026-11-24T12:00:00Z", to: "2026-11-24T13:00:00Z"),
        ]
        #expect(text(breaches: events).contains("above the limit 65 for 45 min"))
    }

    @Test func `says so when there is nothing`() {
        let last = LastNight(london, rule: nil)
        #expect(last.text(nil, rule: nil, breaches: []) == "22:00–07:00: no data")
        #expect(last.title == "Last night, Mon 23 Nov")
    }

    @Test func `is judged by a limit that holds at night`() {
        let day = rule {
            $0.schedule = Schedule(startMinute: 420, endMinute: 1140)
            $0.name = "A day"
        }
        let single = rule(.lp) { $0.name = "B single" }
        #expect(LastNight.rule(of: [day, single, night], london) == night)
        #expect(LastNight.rule(of: [day, single], london) == single)
        #expect(LastNight.rule(of: [day], london) == nil)
    }
}

@Suite struct `A row of a breach` {
    private func row(_ event: SoundEvent) -> [String] {
        let context = BreachWords(event: event, labels: LevelLabels(), words: london).context
        return ["title", "span", "detail"].map { context[$0] as? String ?? "" }
    }

    @Test func `tells when, how long and how loud`() {
        let event = breach(
            from: "2026-11-23T23:49:00Z", to: "2026-11-24T00:33:00Z", peak: 712)
        #expect(
            row(event) == [
                "Mon 23 Nov 23:49", "above the limit 23:49–00:33 (44 min)",
                "Night noise · highest average 71.2 dB at 23:52",
            ])
    }

    @Test func `says that it lasts, or that nothing is known of it any more`() {
        var event = breach(from: "2026-11-24T22:41:00Z", to: now, isActive: true)
        #expect(row(event)[0...1] == ["Now, since 22:41", "above the limit from 22:41 (6 min so far)"])
        event.hasNoData = true
        #expect(row(event)[1].hasSuffix("; no data since 22:47"))
    }

    @Test func `of a single moment has one time`() {
        let event = breach(
            rule(.lp) { _ in }, from: "2026-11-23T23:49:10Z", to: "2026-11-23T23:49:40Z",
            exceeded: 4000)
        #expect(row(event)[1] == "above the limit at 23:49 (4 s)")
        #expect(row(event)[2] == "Rule · highest 69.3 dB at 23:52")
    }
}

@Suite struct `Words of a place` {
    @Test(arguments: [
        ("Europe/London", "2026-11-24T22:00:00Z", "London (UTC)"),
        ("Europe/London", "2026-07-01T12:00:00Z", "London (UTC+1)"),
        ("Asia/Kolkata", "2026-07-01T12:00:00Z", "Kolkata (UTC+5:30)"),
        ("America/New_York", "2026-07-01T12:00:00Z", "New York (UTC−4)"),
        ("UTC", "2026-07-01T12:00:00Z", "UTC"), ("No/Where", "2026-07-01T12:00:00Z", "UTC"),
    ] as [(String, Timestamp, String)])
    func `name its clock`(zone: String, now: Timestamp, text: String) {
        #expect(LocalWords(zone: zone, now: now).zoneText == text)
    }

    @Test(arguments: [
        (0, "0 s"), (44_000, "44 s"), (59_600, "1 min"), (2_668_000, "44 min"),
        (3_600_000, "1 h"), (7_500_000, "2 h 5 min"), (86_400_000, "1 d"),
        (273_600_000, "3 d 4 h"), (-5, "0 s"),
    ] as [(Int64, String)])
    func `give lengths of time as they matter`(milliseconds: Int64, text: String) {
        #expect(PageText.duration(milliseconds: milliseconds) == text)
    }

    @Test(arguments: [
        (1, "100 %"), (0.9999, "99 %"), (0.374, "37 %"), (0.001, "< 1 %"), (0, "0 %"),
    ] as [(Double, String)])
    func `give shares that are all only when they are`(part: Double, text: String) {
        #expect(PageText.share(part) == text)
    }
}

@Suite struct `The address of a location's page` {
    @Test(arguments: [
        ("", 86_400), ("range=6h", 21_600), ("range=1y", 31_536_000), ("range=nonsense", 86_400),
        ("from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z", 86_400),
        ("from=1795392000000&to=1795395600000", 3600),
        // What is wrong is not said: a page is no API.
        ("from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", 86_400), ("from=x&to=y", 86_400),
        ("range=6h&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z", 21_600),
        ("from=2026-11-24T22:00:00Z&to=2027-11-24T22:00:00Z", 2820),
        ("from=0001-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 86_400),
    ] as [(String, Int64)])
    func `says the range, or a day`(text: String, seconds: Int64) {
        let query = LocationQuery(asked(text), now: now)
        #expect(query.range.milliseconds == seconds * 1000)
        #expect(query.range.end <= now)
    }

    @Test func `says where breaches begin`() {
        let cursor = EventQuestion.Cursor(onset: now, id: 7)
        #expect(LocationQuery(asked("breaches=\(cursor.text)"), now: now).breaches == cursor)
        #expect(LocationQuery(asked("breaches=nonsense"), now: now).breaches == nil)
    }

    private func asked(_ text: String) -> QueryText {
        QueryText(target: "/portal/location/a?\(text)")
    }
}
