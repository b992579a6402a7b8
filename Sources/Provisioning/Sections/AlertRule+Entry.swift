//  AlertRule+Entry.swift · Provisioning
//
//  A rule as people write it, in a file of `earshot provision` and in a request: the only place that
//  knows its keys. Ranges are the rule's own (`RuleBounds`).

import Monitoring

extension AlertRule {
    /// - Parameters:
    ///   - site: where the rule is; `nil`: the entry says it.
    ///   - known: what keys that are left out keep; `nil`: they have their defaults. Null is the
    ///     default always.
    init?(_ entry: Entry, id: String, site: Site? = nil, over known: AlertRule? = nil) {
        let reading = Reading(entry: entry, known: known)
        let site = reading.site(site)
        let name = reading.required("name", .label, known?.name)
        let metric: RuleMetric = reading.value("metric", .word, known?.metric, .laeq)
        let threshold = reading.required(
            "threshold_db", .level(Bounds.thresholdTenths), known?.thresholdTenths)
        // Ours, and raised with each change; taken so that what was read can be given back.
        _ = entry.optional("version", .whole(1...Int(Int32.max)))
        var rule = AlertRule(
            id: id, site: site ?? .location(""), name: name ?? "", metric: metric,
            averaging: reading.averaging(of: metric),
            comparison: reading.value("comparison", .word, known?.comparison, .above),
            thresholdTenths: threshold ?? 0,
            warningTenths: reading.optional(
                "warning_db", .level(Bounds.thresholdTenths), known?.warningTenths),
            durationSeconds: reading.value(
                "duration_s", .whole(Bounds.durationSeconds), known?.durationSeconds, 0),
            clearMarginTenths: reading.value(
                "clear_margin_db", .level(Bounds.clearMarginTenths), known?.clearMarginTenths, 20),
            cooldownSeconds: reading.value(
                "cooldown_s", .whole(Bounds.cooldownSeconds), known?.cooldownSeconds, 300),
            gapSeconds: reading.value("gap_s", .whole(Bounds.gapSeconds), known?.gapSeconds, 30))
        rule.schedule =
            entry.has("schedule")
            ? entry.entry("schedule").flatMap(Schedule.init) : known?.schedule
        rule.isEnabled = reading.value("enabled", .flag, known?.isEnabled, true)
        rule.severity = reading.optional("severity", .severity, known?.severity)
        rule.isVisibleToClient = reading.value(
            "visible_to_client", .flag, known?.isVisibleToClient, true)
        rule.recipients = reading.value(
            "recipients",
            .list(of: .identifier, limit: Bounds.recipients, isEmptyGood: true),
            known?.recipients, [])
        guard site != nil, name != nil, threshold != nil else { return nil }
        rule.noteContradictions(entry)
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
        if averaging?.mode == .window, schedule == nil, !entry.has("schedule") {
            entry.note(
                "schedule", "is missing, and averaging.mode is window. Give the window's start and end.")
        }
    }
}

/// Values of an entry over what is known.
private struct Reading {
    let entry: Entry
    let known: AlertRule?

    func required<Value>(_ key: String, _ form: Form<Value>, _ known: Value?) -> Value? {
        if let known, !entry.has(key) { return known }
        return entry.required(key, form)
    }

    func value<Value>(
        _ key: String, _ form: Form<Value>, _ known: Value?, _ fallback: Value
    ) -> Value {
        guard let change = entry.change(key, form) else { return known ?? fallback }
        return change ?? fallback
    }

    func optional<Value>(_ key: String, _ form: Form<Value>, _ known: Value?) -> Value? {
        guard let change = entry.change(key, form) else { return known }
        return change
    }

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
        var (place, meter): (String?, String?)
        switch site {
        case .location(let id): place = id
        case .unit(let id): meter = id.name
        }
        for (key, given, held) in [("location", location, place), ("unit", unit, meter)] {
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
        return Averaging(given)
    }
}

extension Averaging {
    fileprivate init?(_ entry: Entry) {
        let mode: Mode? = entry.optional("mode", .word)
        let seconds = entry.optional("seconds", .whole(AlertRule.Bounds.averagingSeconds))
        let consecutive = entry.optional("consecutive", .whole(AlertRule.Bounds.consecutive))
        self.init(mode: mode ?? .clock, seconds: seconds ?? 900, consecutive: consecutive ?? 1)
        if self.mode == .clock, !dividesDay {
            entry.note(
                "seconds", "is \(self.seconds), into which a day cannot be divided. Give 900, say.")
        }
        entry.close()
    }
}

extension Schedule {
    init?(_ entry: Entry) {
        let start = entry.required("start", .minute)
        let end = entry.required("end", .minute)
        let days = entry.optional("days", .list(of: .one(of: Weekdays.names), isEmptyGood: false))
        let dates = entry.optional(
            "except_dates",
            .list(of: .date, limit: AlertRule.Bounds.exceptDates, isEmptyGood: true))
        entry.close()
        guard let start, let end else { return nil }
        self.init(
            startMinute: start, endMinute: end, days: days.flatMap(Weekdays.init(names:)) ?? .all,
            exceptDates: (dates ?? []).sorted())
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
