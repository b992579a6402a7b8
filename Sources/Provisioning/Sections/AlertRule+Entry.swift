//  AlertRule+Entry.swift · Provisioning
//
//  A rule as people write it, in a file of `earshot provision` and in a request: the only place that
//  knows its keys. Ranges are the rule's own (`RuleBounds`).

import Monitoring

extension AlertRule {
    /// - Parameters:
    ///   - site: where the rule is; `nil`: the entry says it.
    ///   - known: what keys that are left out keep, also those of objects inside; `nil`: they have
    ///     their defaults. Null is the default always.
    init?(_ entry: Entry, id: String, site: Site? = nil, over known: AlertRule? = nil) {
        let reading = Reading(entry: entry, known: known)
        let faultsBefore = entry.notes.count
        let site = reading.site(site)
        let name = entry.required("name", .label, known?.name)
        let metric: RuleMetric = entry.value("metric", .word, known?.metric, .laeq)
        let threshold = entry.required(
            "threshold_db", .level(Bounds.thresholdTenths), known?.thresholdTenths)
        // Ours, and raised with each change; taken so that what was read can be given back, and so
        // that who changes a rule can say which one it is.
        let version = entry.optional("version", .whole(1...Int(Int32.max)))
        var rule = AlertRule(
            id: id, version: version ?? known?.version ?? 1, site: site ?? .location(""),
            name: name ?? "", metric: metric, averaging: reading.averaging(of: metric),
            comparison: entry.value("comparison", .word, known?.comparison, .above),
            thresholdTenths: threshold ?? 0,
            warningTenths: entry.optional(
                "warning_db", .level(Bounds.thresholdTenths), known?.warningTenths),
            durationSeconds: entry.value(
                "duration_s", .whole(Bounds.durationSeconds), known?.durationSeconds, 0),
            clearMarginTenths: entry.value(
                "clear_margin_db", .level(Bounds.clearMarginTenths), known?.clearMarginTenths, 20),
            cooldownSeconds: entry.value(
                "cooldown_s", .whole(Bounds.cooldownSeconds), known?.cooldownSeconds, 300),
            gapSeconds: entry.value("gap_s", .whole(Bounds.gapSeconds), known?.gapSeconds, 30))
        rule.schedule =
            entry.has("schedule")
            ? entry.entry("schedule").flatMap { Schedule($0, over: known?.schedule) }
            : known?.schedule
        rule.isEnabled = entry.value("enabled", .flag, known?.isEnabled, true)
        rule.severity = entry.optional("severity", .severity, known?.severity)
        rule.isVisibleToClient = entry.value(
            "visible_to_client", .flag, known?.isVisibleToClient, true)
        rule.recipients = entry.value(
            "recipients",
            .list(of: .identifier, limit: Bounds.recipients, isEmptyGood: true),
            known?.recipients, [])
        guard site != nil, name != nil, threshold != nil else { return nil }
        rule.noteContradictions(entry)
        // A rule that is stored or judged by is within its bounds, whatever it was read over.
        if !rule.isSound, entry.notes.count == faultsBefore {
            entry.notes.add(
                entry.place, "is a rule with values that are out of range or do not go together. "
                    + "Give all of its keys.")
        }
        self = rule
    }

    private func noteContradictions(_ entry: Entry) {
        if let warningTenths, !isWarningSooner {
            let side = comparison == .above ? "below" : "above"
            let (warning, threshold) = (Double(warningTenths) / 10, Double(thresholdTenths) / 10)
            entry.note(
                "warning_db",
                "is \(Node.number(warning)) and comes no sooner than threshold_db. "
                    + "Give one \(side) \(Node.number(threshold)).")
        }
        if !isComparisonMeant {
            entry.note(
                "comparison", "is below, and lmax is told only when it rises. Give above, or metric lp.")
        }
        if averaging?.mode == .window, schedule == nil, !entry.gives("schedule") {
            entry.note(
                "schedule", "is missing, and averaging.mode is window. Give the window's start and end.")
        }
    }
}

/// A rule's values that are more than one key.
private struct Reading {
    let entry: Entry
    let known: AlertRule?

    /// - Parameter site: where the rule is whatever the entry says; that must not contradict.
    func site(_ site: AlertRule.Site?) -> AlertRule.Site? {
        let location = entry.optional("location", .identifier)
        let unit = entry.optional("unit", .unitID)
        guard let site else {
            switch (location, unit) {
            case (let location?, nil): return .location(location)
            case (nil, let unit?): return UnitID(unit).map { .unit($0) }
            default:
                entry.note(
                    "location",
                    "and unit: give one of them, and the unit only while it is assigned nowhere.")
                return nil
            }
        }
        for (key, given, held) in [
            ("location", location, site.location), ("unit", unit, site.unit?.name),
        ] {
            guard let given, given != held else { continue }
            entry.note(key, "is \"\(given)\", and the rule is elsewhere. Leave it out.")
        }
        return site
    }

    func averaging(of metric: RuleMetric) -> Averaging? {
        guard let given = entry.entry("averaging") else {
            return metric == .laeq && !entry.has("averaging") ? known?.averaging : nil
        }
        if metric != .laeq {
            entry.note(
                "averaging", "is for laeq only, and metric is \(metric.rawValue). Leave it out.")
        }
        return Averaging(given, over: metric == .laeq ? known?.averaging : nil)
    }
}

extension Averaging {
    fileprivate init(_ entry: Entry, over known: Averaging?) {
        self.init(
            mode: entry.value("mode", .word, known?.mode, .clock),
            seconds: entry.value(
                "seconds", .whole(AlertRule.Bounds.averagingSeconds), known?.seconds, 900),
            consecutive: entry.value(
                "consecutive", .whole(AlertRule.Bounds.consecutive), known?.consecutive, 1))
        if self.mode == .clock, !dividesDay {
            entry.note(
                "seconds", "is \(self.seconds), into which a day cannot be divided. Give 900, say.")
        }
        entry.close()
    }
}

extension Schedule {
    /// - Parameter known: what keys that are left out keep; `nil`: they have their defaults.
    init?(_ entry: Entry, over known: Schedule? = nil) {
        let start = entry.required("start", .minute, known?.startMinute)
        let end = entry.required("end", .minute, known?.endMinute)
        let days = entry.value(
            "days", .list(of: .one(of: Weekdays.names), isEmptyGood: false), known?.days.names,
            Weekdays.names)
        let dates = entry.value(
            "except_dates",
            .list(of: .date, limit: AlertRule.Bounds.exceptDates, isEmptyGood: true),
            known?.exceptDates, [])
        entry.close()
        guard let start, let end else { return nil }
        self.init(
            startMinute: start, endMinute: end, days: Weekdays(names: days) ?? .all,
            exceptDates: dates.sorted())
    }
}

extension Form<Int> {
    /// A time of day, as minutes after midnight.
    fileprivate static let minute = Form(remedy: "a time of day like 22:00") { node in
        guard case .text(let text) = node, text.utf8.count == 5,
            let time = Timestamp(rfc3339: "1970-01-01T\(text):00Z")
        else { return nil }
        return Int(time.milliseconds / 60_000)
    }
}

extension Form<CalendarDay> {
    fileprivate static let date = Form(remedy: "a date like 2026-12-25") { node in
        guard case .text(let text) = node else { return nil }
        return CalendarDay(text)
    }
}

extension Form<String> {
    fileprivate static let severity = text("a word of 1 to 64 characters on one line") { text in
        text.count <= 64 && Form.label.read(.text(text)) != nil
    }
}
