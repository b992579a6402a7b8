//  LocationView.swift · Serve
//
//  A location as its client sees it: words and numbers as people read them.

import Monitoring

/// A location as its client sees it.
struct LocationView {
    let id: String
    let name: String
    let project: String
    let words: LocalWords
    let presence: PlaceState.Status
    /// The newest reading of the meter that is there now.
    let newest: Frame?
    var labels = LevelLabels()
    /// Of the rules that the client may see and that are applied.
    var limits: [LimitStanding] = []
    /// One page of them, newest first.
    var breaches: [SoundEvent] = []
    /// Where the next page begins, for `breaches=` in the address; `nil` at the end.
    var earlier: String?
    /// Whether the page of breaches is another one than the newest.
    var isEarlier = false
    /// The last night; `text` of ``LastNight``.
    var night: (title: String, text: String, isBroken: Bool)?
    /// The levels of the range that the page shows first.
    var sketch: LevelBuckets?

    /// For templates:
    ///
    /// - `location`: `id`, `name`, `project`, `zone_text`; `look`, `status_word`, `age_text` of its
    ///   state, `feed`; `timestamp`, `measurement_start`, `now`: RFC 3339, or empty.
    /// - `levels`: what the cards of units name too, see `UnitView.context`; `subject`:
    ///   `location`; `has_limits`; `history_summary`, `sketch` (of a path), `has_sketch`.
    /// - `sentence`: `look`, `text`, `detail`, `has_detail`; `night`: `title`, `text`, `is_broken`,
    ///   or absent.
    /// - `limits`: `id`, `name`, `words`, `time`, `in_force`; `has_limits`.
    /// - `breaches`: see `BreachWords.context`; `has_breaches`, `breach_count`: `0`, `5`, `20+`;
    ///   `earlier`, `has_earlier`, `is_earlier`.
    var context: [String: Any] {
        let sentence = LocationSentence(
            limits, presence, newest: newest?.time, labels: labels, words)
        let rows = breaches.map { BreachWords(event: $0, labels: labels, words: words).context }
        var context: [String: Any] = [
            "location": place, "levels": levels,
            "sentence": [
                "look": sentence.look.rawValue, "text": sentence.text, "detail": sentence.detail,
                "has_detail": !sentence.detail.isEmpty,
            ],
            "limits": limitRows, "has_limits": !limits.isEmpty,
            "breaches": rows, "has_breaches": !rows.isEmpty,
            "breach_count": "\(rows.count)\(earlier == nil && !isEarlier ? "" : "+")",
            "earlier": earlier ?? "", "has_earlier": earlier != nil, "is_earlier": isEarlier,
        ]
        if let night {
            context["night"] = [
                "title": night.title, "text": night.text, "is_broken": night.isBroken,
            ]
        }
        return context
    }

    private var place: [String: Any] {
        [
            "id": id, "name": name, "project": project, "zone_text": words.zoneText,
            "look": look, "status_word": statusWord, "age_text": ageText, "feed": feedWord,
            "timestamp": newest?.time.description ?? "",
            "measurement_start": newest?.measurementStart?.description ?? "",
            "now": words.now.description,
        ]
    }

    private var levels: [String: Any] {
        let drawn = sketch.map(LevelSketch.init)
        let path = drawn?.path
        return [
            "is_unit": false, "subject": "location", "live_empty": liveEmpty, "time_zone": words.zone,
            "ln1_label": labels.ln1, "ln2_label": labels.ln2, "db_label": labels.db,
            "lp": text(.lp), "leq": text(.leq), "lmax": text(.lmax), "ln1": text(.ln1),
            "ln2": text(.ln2), "has_limits": !limits.isEmpty, "sketch": path ?? "",
            "has_sketch": path != nil,
            "history_summary": drawn?.summary(labels, breaches: breachesInSketch, words)
                ?? "History chart",
        ]
    }

    private var limitRows: [[String: Any]] {
        limits.map {
            [
                "id": $0.rule.id, "name": $0.rule.name, "words": $0.rule.limitWords(labels),
                "time": $0.rule.timeWords, "in_force": $0.isInForce,
            ]
        }
    }

    private var breachesInSketch: Int {
        guard let range = sketch?.range else { return 0 }
        return breaches.count {
            $0.firstExceededAt < range.end && ($0.isActive || $0.lastExceededAt >= range.start)
        }
    }

    /// No value for a meter that is stopped: what it shows is no measurement.
    private func text(_ metric: Metric) -> String {
        let isMeasuring = newest?.state.contains(.measuring) ?? false
        return PageText.level(isMeasuring ? newest?.levels[metric] : nil)
    }

    private var liveEmpty: String {
        presence == .unassigned
            ? "No meter here at present" : "Waiting for the first reading from this location"
    }

    private var look: String {
        switch presence {
        case .live: "live"
        case .stopped, .waiting, .unassigned: "idle"
        case .delayed, .unreachable, .upstreamDown: "delayed"
        }
    }

    /// As the feed of a unit is called, for `feed.js`.
    private var feedWord: String {
        switch presence {
        case .live, .stopped: "ok"
        case .delayed: "stale"
        case .unassigned, .waiting, .unreachable, .upstreamDown: presence.rawValue
        }
    }

    private var age: Int64? { newest.map { words.now.milliseconds(since: $0.time) } }

    private var statusWord: String {
        switch presence {
        case .live: return "Measuring"
        case .stopped: return "Stopped"
        case .unassigned: return "No meter here at present; history stays"
        case .waiting: return "Waiting for the first reading"
        case .unreachable: return "Meter not reachable"
        case .delayed, .upstreamDown:
            guard let newest, age! > UnitSnapshot.delayMilliseconds else { return "Delayed" }
            return "No readings since \(words.since(newest.time))"
        }
    }

    private var ageText: String {
        guard let age, presence != .unassigned else { return "" }
        return PageText.age(milliseconds: age)
    }
}

extension LocalWords {
    /// `23 Nov 22:45`
    func moment(_ time: Timestamp) -> String {
        "\(date(time).drop { $0 != " " }.dropFirst()) \(minute(time))"
    }
}
