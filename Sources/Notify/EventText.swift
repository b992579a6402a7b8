//  EventText.swift · Notify
//
//  What a person reads of an event.

import Monitoring

/// An event in words.
struct EventText {
    let kind: Notification.Kind
    let event: SoundEvent
    /// As ``DueDelivery/place``.
    let place: String?
    /// The recipient's zone, by name and by its clock.
    let timeZone: String
    let clock: any LocalClock

    /// `Alarm: Night noise, 67.3 dB, limit 65.0 dB`
    var subject: String {
        guard let rule = event.rule else { return "\(prefix)\(watchdogWords)" }
        var subject = "\(prefix)\(rule.name)"
        if let value = kind == .clear ? event.peakTenths : event.lastTenths {
            subject += kind == .clear ? ", peak \(decibels(value))" : ", \(decibels(value))"
        }
        return subject + ", limit \(decibels(limitTenths(rule)))"
    }

    /// One fact a line.
    var lines: [String] {
        var lines: [String] = []
        if let unit = event.unit { lines.append("Unit: \(unit)") }
        if let upstream = event.upstream { lines.append("Upstream: \(upstream)") }
        if let location = event.location {
            lines.append("Location: \(place.map { "\($0) (\(location))" } ?? location)")
        }
        if let rule = event.rule {
            lines.append("Rule: \(rule.name)")
            lines.append("Limit: \(limitWords(rule))")
        }
        if let severity = event.rule?.severity { lines.append("Severity: \(severity)") }
        lines.append("Since: \(local(event.firstExceededAt))")
        lines.append("Onset: \(local(event.onsetAt))\(event.onsetTenths.map { ", \(decibels($0))" } ?? "")")
        if let peak = event.peakTenths, let at = event.peakAt {
            let least = event.isOverloaded ? " at least, the meter was over range" : ""
            lines.append("Peak: \(local(at)), \(decibels(peak))\(least)")
        }
        if event.hasNoData, event.isActive { lines.append("No data comes at present.") }
        if let cleared = event.clearedAt {
            let reason = event.clearReason.map { ", \($0.words)" } ?? ""
            lines.append("Cleared: \(local(cleared))\(reason)")
        } else {
            lines.append("It is active.")
        }
        return lines
    }

    private var prefix: String {
        switch kind {
        case .clear: "Cleared: "
        case .stillActive: "Still active: "
        case .onset, .escalation, .test:
            event.rule == nil ? "" : event.level == .warning ? "Warning: " : "Alarm: "
        }
    }

    private var watchdogWords: String {
        let subject = event.unit?.name ?? event.upstream ?? ""
        return switch event.kind {
        case .connectivity: "No readings of \(subject)"
        case .notMeasuring: "\(subject) is not measuring"
        case .implausible: "Implausible levels of \(subject)"
        case .upstreamDown: "Upstream \(subject) is down"
        case .rule: subject
        }
    }

    private func limitTenths(_ rule: AlertRule) -> Int16 {
        event.level == .warning ? rule.warningTenths ?? rule.thresholdTenths : rule.thresholdTenths
    }

    /// `average over 15 min above 65.0 dB`
    private func limitWords(_ rule: AlertRule) -> String {
        let metric =
            switch (rule.metric, rule.averaging?.mode) {
            case (.laeq, .window): "average over the window"
            case (.laeq, _): "average over \(spanWords(rule.averaging?.seconds ?? 0))"
            default: rule.metric.rawValue
            }
        let duration = rule.durationSeconds > 0 ? " for \(spanWords(rule.durationSeconds))" : ""
        return "\(metric) \(rule.comparison) \(decibels(limitTenths(rule)))\(duration)"
    }

    private func spanWords(_ seconds: Int) -> String {
        if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600) h" }
        return seconds > 0 && seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }

    private func decibels(_ tenths: Int16) -> String {
        let size = abs(Int(tenths))
        return "\(tenths < 0 ? "−" : "")\(size / 10).\(size % 10) dB"
    }

    /// `2026-11-23 23:49:12 (Europe/London)`
    private func local(_ time: Timestamp) -> String {
        let text = time.advanced(byMilliseconds: clock.offset(at: time.milliseconds)).description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) (\(timeZone))"
    }
}

extension SoundEvent.ClearReason {
    fileprivate var words: String {
        switch self {
        case .recovered: "recovered"
        case .windowEnd: "its hours ended"
        case .noData: "no data came"
        case .measurementStopped: "the measurement stopped"
        case .ruleChanged: "the rule was changed"
        case .ruleDeleted: "the rule was deleted"
        case .unitUnassigned: "the unit was moved"
        }
    }
}
