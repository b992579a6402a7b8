//  RuleEntry.swift · Provisioning
//
//  A limit and what becomes of it, in the keys and ranges of rules.

import Monitoring

package struct RuleEntry: Sendable {
    enum Comparison: String, CaseIterable { case above, below }

    let id: String
    /// One of these two.
    let location: String?
    let unit: String?
    let name: String
    let metric: String
    let averaging: Averaging?
    let comparison: Comparison
    let thresholdDecibels: Double
    let warningDecibels: Double?
    let durationSeconds: Int
    let clearMarginDecibels: Double
    let cooldownSeconds: Int
    let gapSeconds: Int
    /// `nil`: always.
    let schedule: Schedule?
    let isEnabled: Bool
    let severity: String?
    let isVisibleToClient: Bool

    static let metrics = ["laeq", "lp", "lmax", "leq", "lmin", "lpeak", "ln1", "ln2"]

    init?(_ entry: Entry, id: String) {
        location = entry.optional("location", .identifier)
        unit = entry.optional("unit", .unitID)
        if (location == nil) == (unit == nil) {
            entry.note(
                "location",
                "and unit: give one of them, and the unit only while it is assigned nowhere.")
        }
        let name = entry.required("name", .label)
        metric = entry.optional("metric", .one(of: Self.metrics)) ?? "laeq"
        averaging = entry.entry("averaging").flatMap(Averaging.init)
        if averaging != nil, metric != "laeq" {
            entry.note("averaging", "is for laeq only, and metric is \(metric). Leave it out.")
        }
        comparison = entry.optional("comparison", .word) ?? .above
        let threshold = entry.required("threshold_db", .tenths(-50...200))
        warningDecibels = entry.optional("warning_db", .tenths(-50...200))
        durationSeconds = entry.optional("duration_s", .whole(0...86_400)) ?? 0
        clearMarginDecibels = entry.optional("clear_margin_db", .tenths(0...50)) ?? 2
        cooldownSeconds = entry.optional("cooldown_s", .whole(0...604_800)) ?? 300
        gapSeconds = entry.optional("gap_s", .whole(0...86_400)) ?? 30
        schedule = entry.entry("schedule").flatMap(Schedule.init)
        isEnabled = entry.optional("enabled", .flag) ?? true
        severity = entry.optional("severity", .label)
        isVisibleToClient = entry.optional("visible_to_client", .flag) ?? true
        // Ours, and raised with each change; taken so that what was read can be given back.
        _ = entry.optional("version", .whole(1...Int(Int32.max)))
        if let threshold, let warningDecibels {
            let isNearer =
                comparison == .above ? warningDecibels < threshold : warningDecibels > threshold
            if !isNearer {
                let side = comparison == .above ? "below" : "above"
                entry.note(
                    "warning_db",
                    "is \(Node.number(warningDecibels)) and comes no sooner than threshold_db. "
                        + "Give one \(side) \(Node.number(threshold)).")
            }
        }
        guard let name, let threshold else { return nil }
        self.id = id
        self.name = name
        thresholdDecibels = threshold
    }
}

extension RuleEntry {
    /// What a level is averaged over.
    struct Averaging: Sendable {
        enum Mode: String, CaseIterable { case clock, window, sliding }
        let mode: Mode
        let seconds: Int
        /// How many averages in a row must exceed.
        let consecutive: Int

        init?(_ entry: Entry) {
            mode = entry.optional("mode", .word) ?? .clock
            seconds = entry.optional("seconds", .whole(60...86_400)) ?? 900
            consecutive = entry.optional("consecutive", .whole(1...1000)) ?? 1
            if mode == .clock, 86_400 % seconds != 0 {
                entry.note(
                    "seconds", "is \(seconds), into which a day cannot be divided. Give 900, say.")
            }
            entry.close()
        }
    }

    /// When a rule holds, in its project's time zone.
    struct Schedule: Sendable {
        let start: String
        let end: String
        let days: [String]
        let exceptDates: [String]

        static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

        init?(_ entry: Entry) {
            let start = entry.required("start", .timeOfDay)
            let end = entry.required("end", .timeOfDay)
            days =
                entry.optional("days", .texts(.one(of: Self.days), isEmptyGood: false))
                ?? Self.days
            exceptDates = entry.optional("except_dates", .texts(.date, isEmptyGood: true)) ?? []
            entry.close()
            guard let start, let end else { return nil }
            self.start = start
            self.end = end
        }
    }
}

extension Form<String> {
    fileprivate static let timeOfDay = text("a time of day like 22:00") { text in
        text.utf8.count == 5 && Timestamp(rfc3339: "2000-01-01T\(text):00Z") != nil
    }

    fileprivate static let date = text("a date like 2026-12-25") { text in
        text.utf8.count == 10 && Timestamp(rfc3339: "\(text)T00:00:00Z") != nil
    }
}

extension Form<[String]> {
    fileprivate static func texts(_ form: Form<String>, isEmptyGood: Bool) -> Form {
        Form(remedy: "a list, each \(form.remedy) and once\(isEmptyGood ? "" : ", at least one")") {
            guard case .list(let nodes) = $0 else { return nil }
            let texts = nodes.compactMap(form.read)
            guard texts.count == nodes.count, Set(texts).count == texts.count,
                isEmptyGood || !texts.isEmpty
            else { return nil }
            return texts
        }
    }
}
