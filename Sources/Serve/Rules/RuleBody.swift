//  RuleBody.swift · Serve
//
//  Rules in answers, with the keys that requests and `provision` take.

import Monitoring
import NIOCore

/// The answers about rules.
enum RuleBody {
    /// - Parameter unreadable: ids of rules of the site that are stored and cannot be read.
    static func list(
        _ rules: [AlertRule], of site: AlertRule.Site, unreadable: [String]
    ) -> ByteBuffer {
        var text = JSONText(capacity: 128 + rules.count * 640)
        text.beginObject()
        write(site, into: &text)
        text.key("rules")
        text.beginArray()
        for rule in rules { write(rule, into: &text) }
        text.endArray()
        text.key("unreadable")
        text.beginArray()
        for id in unreadable { text.string(id) }
        text.endArray()
        text.endObject()
        return text.buffer
    }

    static func rule(_ rule: AlertRule) -> ByteBuffer {
        var text = JSONText(capacity: 1024)
        write(rule, into: &text)
        return text.buffer
    }

    /// `nil` is `null`.
    static func write(_ rule: AlertRule?, into text: inout JSONText) {
        guard let rule else { return text.null() }
        text.beginObject()
        text.key("id")
        text.string(rule.id)
        text.key("version")
        text.integer(Int64(rule.version))
        write(rule.site, into: &text)
        text.key("name")
        text.string(rule.name)
        text.key("metric")
        text.string(rule.metric.rawValue)
        text.key("averaging")
        write(rule.averaging, into: &text)
        text.key("comparison")
        text.string(rule.comparison.rawValue)
        text.key("threshold_db")
        text.tenths(rule.thresholdTenths)
        text.key("warning_db")
        text.tenths(rule.warningTenths)
        text.key("duration_s")
        text.integer(Int64(rule.durationSeconds))
        text.key("clear_margin_db")
        text.tenths(rule.clearMarginTenths)
        text.key("cooldown_s")
        text.integer(Int64(rule.cooldownSeconds))
        text.key("gap_s")
        text.integer(Int64(rule.gapSeconds))
        text.key("schedule")
        write(rule.schedule, into: &text)
        text.key("enabled")
        text.bool(rule.isEnabled)
        text.key("severity")
        text.string(rule.severity)
        text.key("visible_to_client")
        text.bool(rule.isVisibleToClient)
        text.key("recipients")
        text.beginArray()
        for recipient in rule.recipients { text.string(recipient) }
        text.endArray()
        text.endObject()
    }

    private static func write(_ site: AlertRule.Site, into text: inout JSONText) {
        text.key("location")
        text.string(site.location)
        text.key("unit")
        text.string(site.unit?.name)
    }

    /// `nil` is `null`.
    static func write(_ averaging: Averaging?, into text: inout JSONText) {
        guard let averaging else { return text.null() }
        text.beginObject()
        text.key("mode")
        text.string(averaging.mode.rawValue)
        text.key("seconds")
        text.integer(Int64(averaging.seconds))
        text.key("consecutive")
        text.integer(Int64(averaging.consecutive))
        text.endObject()
    }

    /// `nil` is `null`.
    static func write(_ schedule: Schedule?, into text: inout JSONText) {
        guard let schedule else { return text.null() }
        text.beginObject()
        text.key("start")
        text.string(timeOfDay(schedule.startMinute))
        text.key("end")
        text.string(timeOfDay(schedule.endMinute))
        text.key("days")
        text.beginArray()
        for name in schedule.days.names { text.string(name) }
        text.endArray()
        text.key("except_dates")
        text.beginArray()
        for date in schedule.exceptDates { text.string(date.description) }
        text.endArray()
        text.endObject()
    }

    /// `07:05`
    static func timeOfDay(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }
}
