//  EventWords.swift · Serve
//
//  Rules, ends and watchdogs as people read them. `play.js` says the same of single steps.

import Monitoring

/// Events in words.
enum EventWords {
    /// `44 s`, `44 min 28 s`, `2 h 5 min`, `3 d 4 h`: the two largest parts, as in `words.js`.
    static func duration(milliseconds: Int64) -> String {
        var rest = max(0, (milliseconds + 500) / 1000)
        var parts: [String] = []
        for (name, size) in [("d", Int64(86_400)), ("h", 3600), ("min", 60), ("s", 1)] {
            let count = rest / size
            rest -= count * size
            if count > 0 { parts.append("\(count) \(name)") } else if !parts.isEmpty { break }
            if parts.count == 2 { break }
        }
        return parts.isEmpty ? "0 s" : parts.joined(separator: " ")
    }

    /// `67.1 dB`; an en dash for no value.
    static func decibels(_ tenths: Int16?) -> String {
        guard let tenths else { return PageText.none }
        return "\(PageText.level(Level(tenths: tenths))) dB"
    }

    /// The level that an event is about: a warning's stands before the limit.
    static func limit(of event: SoundEvent) -> Int16? {
        guard let rule = event.rule else { return nil }
        return event.level == .warning ? rule.warningTenths ?? rule.thresholdTenths
            : rule.thresholdTenths
    }

    /// `+4.3 over`, `2.0 under` for a rule that says below; `nil` without a value, or within.
    static func excess(of event: SoundEvent) -> String? {
        guard let rule = event.rule, let peak = event.peakTenths, let limit = limit(of: event) else {
            return nil
        }
        let beyond = rule.comparison == .above ? Int(peak) - Int(limit) : Int(limit) - Int(peak)
        guard beyond > 0 else { return nil }
        let text = "\(beyond / 10).\(beyond % 10)"
        return rule.comparison == .above ? "+\(text) over" : "\(text) under"
    }

    /// `average over 15 min above 65.0 dB`, `Lp above 70.0 dB for 60 s`.
    static func limit(_ rule: AlertRule, at level: SoundEvent.Level) -> String {
        let tenths =
            level == .warning ? rule.warningTenths ?? rule.thresholdTenths : rule.thresholdTenths
        var text = "\(quantity(of: rule)) \(rule.comparison.rawValue) \(decibels(tenths))"
        if rule.averaging?.mode == .sliding || rule.averaging == nil, rule.durationSeconds > 0 {
            text += " for \(duration(milliseconds: Int64(rule.durationSeconds) * 1000))"
        }
        if let averaging = rule.averaging, averaging.consecutive > 1, averaging.mode != .sliding {
            text += ", \(averaging.consecutive) times running"
        }
        return text
    }

    /// For a row of a list: `15 min average above 65.0 dB`, `Lp above 70.0 dB`.
    static func short(_ rule: AlertRule, at level: SoundEvent.Level) -> String {
        let tenths =
            level == .warning ? rule.warningTenths ?? rule.thresholdTenths : rule.thresholdTenths
        var text = quantity(of: rule)
        if let averaging = rule.averaging, averaging.mode != .window {
            text = "\(duration(milliseconds: Int64(averaging.seconds) * 1000)) average"
        }
        return "\(text) \(rule.comparison.rawValue) \(decibels(tenths))"
    }

    /// `8 s`, `44 min`, `2 h 5 min`: as ``duration(milliseconds:)``, without seconds that matter
    /// to nobody.
    static func span(milliseconds: Int64) -> String {
        let isLong = milliseconds >= 60_000
        return duration(milliseconds: isLong ? milliseconds / 60_000 * 60_000 : milliseconds)
    }

    /// What a rule looks at: `average over 15 min`.
    static func quantity(of rule: AlertRule) -> String {
        switch rule.metric {
        case .laeq:
            let span = duration(milliseconds: Int64(rule.averaging?.seconds ?? 0) * 1000)
            return switch rule.averaging?.mode {
            case .window: "average over its hours"
            case .sliding: "average over the last \(span)"
            default: "average over \(span)"
            }
        case .lp: return "Lp"
        case .lmax: return "Lmax"
        case .leq: return "Leq"
        case .lmin: return "Lmin"
        case .lpeak: return "Lpeak"
        case .ln1: return "LN1"
        case .ln2: return "LN2"
        }
    }

    /// `22:00–07:00, Mon Tue Wed`; `nil`: always.
    static func hours(of rule: AlertRule) -> String? {
        guard let schedule = rule.schedule else { return nil }
        func clock(_ minute: Int) -> String {
            "\(minute / 600)\(minute / 60 % 10):\(minute % 60 / 10)\(minute % 10)"
        }
        let days = schedule.days.names.map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: " ")
        let text = "\(clock(schedule.startMinute))–\(clock(schedule.endMinute))"
        return schedule.days == .all ? text : "\(text), \(days)"
    }

    /// Why it ended; empty while it is active.
    static func reason(of event: SoundEvent) -> String {
        switch event.clearReason {
        case nil: ""
        case .recovered: recovery(of: event)
        case .windowEnd: "the hours of the limit ended"
        case .noData: "no data came for too long"
        case .measurementStopped: "the measurement stopped"
        case .ruleChanged: "the limit was changed"
        case .ruleDeleted: "the limit was deleted"
        case .unitUnassigned: "the unit was moved"
        }
    }

    private static func recovery(of event: SoundEvent) -> String {
        guard let rule = event.rule else { return "it is as it should be again" }
        if let mode = rule.averaging?.mode, mode != .sliding { return "an average within the limit" }
        let isAbove = rule.comparison == .above
        let margin = isAbove ? -rule.clearMarginTenths : rule.clearMarginTenths
        let level = decibels((limit(of: event) ?? 0) + margin)
        return isAbove ? "back below \(level)" : "back above \(level)"
    }

    /// `Night noise`, `No readings`: what happened, in two words.
    static func title(of event: SoundEvent) -> String {
        switch event.kind {
        case .rule: event.rule?.name ?? "Limit"
        case .connectivity: "No readings"
        case .notMeasuring: "Not measuring"
        case .implausible: "Implausible levels"
        case .upstreamDown: "Meter service down"
        }
    }

    /// What a watchdog saw, and what ends it; `nil` for rules.
    static func sentence(of event: SoundEvent) -> String? {
        switch event.kind {
        case .rule: nil
        case .connectivity:
            "No readings came for three times as long as they should take, and three attempts "
                + "failed. The first new reading ends this."
        case .notMeasuring:
            "The meter did not measure for 5 min within the project’s monitoring hours, so no "
                + "limit was watched. A meter that measures again ends this."
        case .implausible:
            "The level did not change by as much as 0.1 dB for 10 min. Look at the microphone and "
                + "its cable. A level that changes ends this."
        case .upstreamDown:
            "The meter service did not answer. This one event stands for all units that are read "
                + "through it. Its first answer ends this."
        }
    }
}
