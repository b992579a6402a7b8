//  BreachWords.swift · Serve
//
//  A breach as a row of a list.

import Monitoring

/// A breach in words.
struct BreachWords {
    let event: SoundEvent
    let labels: LevelLabels
    let words: LocalWords

    /// For templates:
    /// - `title`: `Mon 23 Nov 23:49`, or `Now, since 22:41`; `active`.
    /// - `span`: `above the limit 23:49–00:33 (44 min)`.
    /// - `detail`: `Night noise · highest 71.2 dB at 00:12`.
    /// - `from`, `to`: what to show on a chart, in Unix milliseconds.
    var context: [String: Any] {
        [
            "title": title, "active": event.isActive, "span": span, "detail": detail,
            "from": "\(event.firstExceededAt.milliseconds)", "to": "\(end.milliseconds)",
        ]
    }

    private var begin: Timestamp { event.firstExceededAt }
    private var end: Timestamp { event.isActive ? words.now : event.lastExceededAt }

    private var title: String {
        event.isActive
            ? "Now, since \(words.since(event.breachedAt ?? begin))"
            : "\(words.date(begin)) \(words.minute(begin))"
    }

    private var span: String {
        let side = event.rule?.comparison == .below ? "below" : "above"
        let length = PageText.duration(milliseconds: event.exceededMilliseconds)
        if event.isActive {
            let lost = event.hasNoData ? "; no data since \(words.since(event.lastExceededAt))" : ""
            return "\(side) the limit from \(words.minute(begin)) (\(length) so far)\(lost)"
        }
        let first = words.minute(begin)
        let last = words.minute(event.lastExceededAt)
        let times = first == last ? "at \(first)" : "\(first)–\(last)"
        return "\(side) the limit \(times) (\(length))"
    }

    private var detail: String {
        guard let rule = event.rule else { return "" }
        guard let peak = event.peakTenths else { return rule.name }
        let extreme = rule.comparison == .above ? "highest" : "lowest"
        let quantity = rule.averaging.map { _ in "\(extreme) average" } ?? extreme
        let at = event.peakAt.map { " at \(words.minute($0))" } ?? ""
        let least = event.isOverloaded ? "at least " : ""
        return "\(rule.name) · \(quantity) \(least)\(PageText.level(Level(tenths: peak))) dB\(at)"
    }
}
