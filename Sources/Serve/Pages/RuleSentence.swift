//  RuleSentence.swift · Serve
//
//  A rule as people read it: one sentence. The only place that words it; pages ask the server.

import Monitoring

/// A rule as one sentence.
struct RuleSentence: CustomStringConvertible {
    let rule: AlertRule

    init(_ rule: AlertRule) { self.rule = rule }

    /// `Alert when average over 15 min is above 65 dB · 22:00–07:00 every day`
    var description: String { "Alert when \(limit) · \(RuleSentence.hours(rule.schedule))" }

    /// `average over 15 min is above 65 dB`
    var limit: String {
        let level = RuleSentence.level(rule.thresholdTenths)
        let verb = rule.metric == .lmax ? "rises" : "is"
        return "\(subject) \(verb) \(rule.comparison.rawValue) \(level) dB\(lasting)"
    }

    /// `average over 15 min`, `Lp`, `the meter’s Leq`
    private var subject: String {
        switch rule.metric {
        case .laeq:
            let averaging = rule.averaging ?? Averaging()
            let length = RuleSentence.duration(averaging.seconds)
            return switch averaging.mode {
            case .clock: "average over \(length)"
            case .sliding: "average over the last \(length)"
            case .window: "average over the whole window"
            }
        case .lp, .lmax: return rule.metric.symbol
        case .leq, .lmin, .lpeak, .ln1, .ln2: return "the meter’s \(rule.metric.symbol)"
        }
    }

    /// What stands behind the level; empty when the first of its kind is enough.
    private var lasting: String {
        if let averaging = rule.averaging, averaging.mode != .sliding {
            return averaging.consecutive > 1 ? ", \(averaging.consecutive) times running" : ""
        }
        // A rise is a moment: its duration is that of the end only.
        guard rule.durationSeconds > 0, rule.metric != .lmax else { return "" }
        return " for \(RuleSentence.duration(rule.durationSeconds))"
    }

    /// `65`, `65.5`: a level in the words of whoever sets it.
    static func level(_ tenths: Int16) -> String {
        tenths % 10 == 0 ? "\(tenths / 10)" : PageText.level(Level(tenths: tenths))
    }

    /// `15 min`, `1 h 30 min`: all that is not zero.
    static func duration(_ seconds: Int) -> String {
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? "0 s" : parts.joined(separator: " ")
    }

    /// `22:00–07:00 every day`, `24 h from 07:00 Mon–Fri`, `at all times`
    static func hours(_ schedule: Schedule?) -> String {
        guard let schedule else { return "at all times" }
        let start = time(schedule.startMinute)
        let hours =
            schedule.startMinute == schedule.endMinute
            ? "24 h from \(start)" : "\(start)–\(time(schedule.endMinute))"
        let exceptions = schedule.exceptDates.count
        let except =
            exceptions == 0 ? "" : ", but for \(PageText.count(exceptions, "date", "dates"))"
        return "\(hours) \(days(schedule.days))\(except)"
    }

    /// `every day`, `Mon–Fri`, `Sat, Sun`, `Mon–Wed, Fri`: three in a row are a range.
    static func days(_ days: Weekdays) -> String {
        if days == .all { return "every day" }
        var runs: [[String]] = []
        for (index, name) in Weekdays.names.enumerated() {
            guard days.rawValue >> index & 1 == 1 else { continue }
            let word = "\(name.prefix(1).uppercased())\(name.dropFirst())"
            if index > 0, days.rawValue >> (index - 1) & 1 == 1 {
                runs[runs.count - 1].append(word)
            } else {
                runs.append([word])
            }
        }
        return runs.map { $0.count > 2 ? "\($0[0])–\($0[$0.count - 1])" : $0.joined(separator: ", ") }
            .joined(separator: ", ")
    }

    private static func time(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }
}

extension RuleMetric {
    /// `Leq`, `LN1`: what pages call it.
    var symbol: String {
        switch self {
        case .laeq: "LAeq"
        case .lp: "Lp"
        case .lmax: "Lmax"
        case .leq: "Leq"
        case .lmin: "Lmin"
        case .lpeak: "Lpeak"
        case .ln1: "LN1"
        case .ln2: "LN2"
        }
    }
}
