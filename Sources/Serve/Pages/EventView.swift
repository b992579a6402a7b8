//  EventView.swift · Serve
//
//  An event as a page shows it: words and numbers as people read them.

import Monitoring

/// An event as a page shows it.
struct EventView {
    let event: SoundEvent
    let place: EventPlace
    let mayChange: Bool
    let now: Timestamp

    /// How an event looks: a shape, a word and a colour. Red is a level beyond a limit.
    enum Look: String {
        case alarm, warning, watchdog, cleared, done
    }

    var look: Look {
        guard event.isActive else { return event.acknowledgements.isEmpty ? .cleared : .done }
        guard event.kind == .rule else { return .watchdog }
        return event.level == .alarm ? .alarm : .warning
    }

    /// What templates name as elements of `events`, and in `detail` besides ``detail``:
    ///
    /// - `id`; `is_saved`: it has a page, and may be acknowledged.
    /// - `name`, `title`: `North gate`, `Night noise`; `around`: `Harbour · nl-12`;
    ///   `limit`: `15 min average above 65.0 dB`, or empty.
    /// - `look`; `state`: `Active, 6 min`, `Cleared, 44 min`.
    /// - `began`: `22:41 today`; `onset`: RFC 3339.
    /// - `peak`: `69.3 dB` or an en dash; `excess`: `+4.3 over`, or empty.
    /// - `to_acknowledge`: nobody did; `by`: who did, `✓ MB`.
    /// - `may_acknowledge`: it is saved, nobody did, and this reader may.
    var row: [String: Any] {
        let isNew = event.acknowledgements.isEmpty
        return [
            "id": "\(event.id)", "is_saved": event.isSaved, "name": place.name,
            "title": EventWords.title(of: event),
            "around": place.around.joined(separator: " · "),
            "limit": event.rule.map { EventWords.short($0, at: event.level) } ?? "",
            "look": look.rawValue,
            "state": (event.isActive ? "Active, " : "Cleared, ")
                + EventWords.span(milliseconds: length),
            "began": place.began(event.onsetAt, now: now), "onset": event.onsetAt.description,
            "peak": EventWords.decibels(event.peakTenths),
            "excess": EventWords.excess(of: event) ?? "", "to_acknowledge": isNew,
            "by": isNew ? "" : "✓ \(event.acknowledgements.last!.by)",
            "may_acknowledge": isNew && mayChange && event.isSaved,
        ]
    }

    /// From onset to clear, or to now.
    private var length: Int64 {
        (event.clearedAt ?? max(now, event.onsetAt)).milliseconds(since: event.onsetAt)
    }

    /// What templates name as `detail`, besides ``row``:
    ///
    /// - `zone`; `unit`, empty for none; `is_active`; `has_replay`; `may_say`.
    /// - `state_words`: `Cleared, not acknowledged`; `sentence`: of a watchdog, or empty.
    /// - `facts`: `name`, `value`, `sub`; `rest`: `name`, `value`; `notices`: sentences.
    /// - `acknowledgements`, `comments`: `by`, `at`, `time`, `note`; `has_notes`.
    var detail: [String: Any] {
        let notes = event.acknowledgements.count + event.comments.count
        return row.merging([
            "zone": place.zone, "unit": event.unit?.name ?? "", "is_active": event.isActive,
            "has_replay": event.unit != nil && event.isSaved,
            "may_say": mayChange && event.isSaved, "state_words": stateWords,
            "sentence": EventWords.sentence(of: event) ?? "",
            "facts": facts, "rest": rest, "notices": notices,
            "acknowledgements": event.acknowledgements.map(note),
            "comments": event.comments.map(note), "has_notes": notes > 0,
            "has_sentence": EventWords.sentence(of: event) != nil,
        ]) { $1 }
    }

    private var stateWords: String {
        let state =
            event.isActive
            ? event.kind == .rule && event.level == .warning ? "Active warning" : "Active" : "Cleared"
        return event.acknowledgements.isEmpty
            ? "\(state), not acknowledged" : "\(state), acknowledged"
    }

    private func fact(_ name: String, _ value: String, _ sub: String = "") -> [String: Any] {
        ["name": name, "value": value, "sub": sub]
    }

    private var facts: [[String: Any]] {
        var facts = [fact("Began", place.clock(event.onsetAt), place.date(event.onsetAt))]
        if let cleared = event.clearedAt {
            facts.append(fact("Cleared", place.clock(cleared), EventWords.reason(of: event)))
        } else {
            facts.append(fact("Cleared", PageText.none, "it is active"))
        }
        facts.append(fact("Lasted", EventWords.duration(milliseconds: length)))
        guard let rule = event.rule else { return facts }
        facts.append(
            fact("Peak", EventWords.decibels(event.peakTenths), EventWords.excess(of: event) ?? ""))
        facts.append(
            fact(
                event.level == .warning ? "Warning from" : "Limit",
                EventWords.decibels(EventWords.limit(of: event)),
                EventWords.quantity(of: rule)))
        return facts
    }

    /// What does not need to be seen at once.
    private var rest: [[String: Any]] {
        var rest: [[String: Any]] = []
        if let rule = event.rule {
            let side = rule.comparison == .above ? "Above" : "Below"
            let times =
                "\(place.clock(event.firstExceededAt))–\(place.clock(event.lastExceededAt))"
            let length = EventWords.duration(milliseconds: event.exceededMilliseconds)
            rest.append(fact("\(side) the limit", "\(times) (\(length))"))
            if let at = event.peakAt { rest.append(fact("Peak at", place.clock(at))) }
            rest.append(fact("Rule", EventWords.limit(rule, at: event.level)))
            rest.append(fact("In force", EventWords.hours(of: rule) ?? "always"))
            let isPeriods = rule.averaging.map { $0.mode != .sliding } ?? false
            rest.append(fact(isPeriods ? "Periods" : "Samples", "\(event.samples)"))
            if let coverage = event.coverage {
                rest.append(fact("Data", "\(Int((coverage * 100).rounded(.down))) %"))
            }
            if event.suppressed > 0 {
                rest.append(
                    fact("Held back by the cooldown", PageText.count(event.suppressed, "run", "runs")))
            }
        }
        if event.isReplayed { rest.append(fact("Found", "later, in imported readings")) }
        if let unit = event.unit { rest.append(fact("Unit", unit.name)) }
        if let upstream = event.upstream { rest.append(fact("Meter service", upstream)) }
        return rest
    }

    private var notices: [String] {
        var notices: [String] = []
        if event.isActive, event.hasNoData { notices.append("No data comes at present.") }
        if event.isOverloaded {
            notices.append("The meter was over range: its levels are at least what is said here.")
        }
        if !event.isSaved {
            notices.append("It could not be saved yet. It can be acknowledged once it is.")
        }
        return notices
    }

    private func note(_ note: SoundEvent.Note) -> [String: Any] {
        [
            "by": note.by, "time": note.at.description, "note": note.note,
            "at": "\(place.date(note.at)) \(place.clock(note.at).prefix(5))",
        ]
    }
}
