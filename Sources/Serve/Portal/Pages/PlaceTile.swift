//  PlaceTile.swift · Serve
//
//  A place at a glance, in words. `place.js` says the same in the browser.

import Monitoring

/// A place at a glance, as tiles and the rows of the table show it.
struct PlaceTile {
    /// Shape and colour of a state.
    enum Look: String {
        /// A fresh level beyond a limit.
        case above
        case live, delayed, idle
    }

    let summary: PlaceSummary
    let words: LocalWords
    let drawing: LaneDrawing

    init(_ summary: PlaceSummary, now: Timestamp) {
        self.summary = summary
        words = LocalWords(zone: summary.place.project.timeZone, now: now)
        drawing = LaneDrawing(summary.lane, now: now)
    }

    private var state: PlaceState { summary.state }
    private var status: PlaceState.Status { state.status }
    private var limit: PlaceLimit? { summary.limit }
    private var newest: Frame? { status == .stopped ? nil : state.newest }
    private var isFresh: Bool { status == .live }
    private var side: String { limit?.rule.comparison == .below ? "Below" : "Above" }

    /// After so long without a reading the last one is told by its time, not by its age.
    private static let silenceMilliseconds: Int64 = 900_000

    /// Smaller comes first: what is above a limit, what is late, what runs, what does not.
    var rank: Int {
        if limit?.activeSince != nil { return 0 }
        switch status {
        case .delayed, .unreachable, .upstreamDown: return 1
        case .live: return 2
        case .stopped: return 3
        case .waiting: return 4
        case .unassigned: return 5
        }
    }

    var look: Look {
        switch status {
        case .live: limit?.activeSince == nil ? .live : .above
        case .delayed, .unreachable, .upstreamDown: .delayed
        case .stopped, .waiting, .unassigned: .idle
        }
    }

    /// The word of its state, in the list of all states above the tiles.
    var group: String {
        switch status {
        case .live where limit?.activeSince != nil: "above limit"
        case .live: "measuring"
        case .delayed, .unreachable, .upstreamDown: "delayed"
        case .stopped: "stopped"
        case .waiting: "waiting"
        case .unassigned: "without a meter"
        }
    }

    private var isSilent: Bool { (state.ageMilliseconds ?? 0) > PlaceTile.silenceMilliseconds }

    var word: String {
        switch status {
        case .live: return limit?.activeSince == nil ? "Measuring" : "\(side) limit"
        case .stopped: return "Stopped"
        case .waiting: return "Waiting"
        case .unassigned: return "No meter"
        case .unreachable where state.newest == nil: return "Meter not reachable"
        case .delayed, .unreachable, .upstreamDown:
            guard isSilent, let newest = state.newest else { return "Delayed" }
            return "No readings since \(words.since(newest.time))"
        }
    }

    /// Empty where the word says all.
    var age: String {
        guard let age = state.ageMilliseconds else { return "" }
        switch status {
        case .live: return PageText.age(milliseconds: age)
        case .delayed, .unreachable, .upstreamDown:
            return isSilent ? "" : PageText.age(milliseconds: age)
        case .stopped, .waiting, .unassigned: return ""
        }
    }

    // MARK: - Numbers

    /// The limit's own quantity; without a limit, the level now.
    var value: String {
        guard newest != nil else { return PageText.none }
        guard let limit else { return PageText.level(newest?.levels[.lp]) }
        return limit.decibels.map { PageText.level(PlaceTile.level($0)) } ?? PageText.none
    }

    /// What the number is: `average 15 min · limit 65`.
    var caption: String {
        guard let limit else { return "level" }
        let quantity: String =
            switch limit.rule.averaging?.mode {
            case .clock?, .sliding?: "average \(limit.rule.averagingText)"
            case .window?: "average since the limit holds"
            case nil: limit.rule.metric.words(LevelLabels())
            }
        return "\(quantity) · limit \(PageText.limit(tenths: limit.rule.thresholdTenths))"
    }

    /// `now 64.8`; empty where the number says it.
    var level: String {
        guard let limit, limit.rule.metric != .lp, let newest else { return "" }
        return "\(isFresh ? "now" : "last") \(PageText.level(newest.levels[.lp]))"
    }

    /// How it stands, in a sentence.
    var note: String {
        switch status {
        case .unassigned: return "No meter here at present; history stays"
        case .waiting: return "Waiting for the first reading"
        default: break
        }
        if let since = limit?.activeSince {
            if isFresh { return "\(side) the limit since \(words.since(since))\(over)" }
            let lost = state.newest.map { words.since($0.time) } ?? ""
            return "\(side) the limit at \(words.since(since)); no data since \(lost)"
        }
        switch status {
        case .stopped:
            return drawing.lastMeasured.map { "Last measured before \(words.since($0))" }
                ?? "Not measured in the last 24 h"
        case .live:
            guard let limit else { return "No limits set" }
            return limit.isInForce ? "Within the limit" : "The limit does not hold now"
        default:
            return state.newest.map { "No data since \(words.since($0.time))" } ?? "No data yet"
        }
    }

    /// `, +1.9 over`
    private var over: String {
        guard let limit, let decibels = limit.decibels, limit.rule.comparison == .above else { return "" }
        let over = PlaceTile.level(decibels).tenths - limit.rule.thresholdTenths
        return over > 0 ? ", +\(PageText.level(Level(tenths: over))) over" : ""
    }

    private static func level(_ decibels: Double) -> Level {
        let hundredths = (decibels * 100).rounded(.toNearestOrAwayFromZero)
        return Level(tenths: Int16((hundredths / 10).rounded(.toNearestOrAwayFromZero)))
    }

    /// How long a limit was broken in the lane: `44 min`, `0`; an en dash where none is judged.
    var above: String {
        let time = drawing.aboveMilliseconds
        if time == 0 { return limit == nil && summary.lane.above.isEmpty ? PageText.none : "0" }
        return PageText.duration(milliseconds: time)
    }

    /// The lane for those who do not see it.
    var laneWords: String {
        let time = drawing.aboveMilliseconds
        let missing = drawing.missingMilliseconds
        let parts = [
            limit == nil ? "no limit" : time == 0 ? "within the limit"
                : "\(PageText.duration(milliseconds: time)) \(side.lowercased()) the limit",
            missing == 0 ? "no gaps" : "\(PageText.duration(milliseconds: missing)) without data",
        ]
        return "\(summary.place.location.name), last 24 hours: \(parts.joined(separator: ", "))"
    }

    /// The level of a limit that judges what the sparkline shows: averages of a quarter of an hour.
    var drawnLimit: Double? {
        guard let rule = limit?.rule, let averaging = rule.averaging, averaging.mode != .window,
            Int64(averaging.seconds) == Lane.stepSeconds
        else { return nil }
        return Double(rule.thresholdTenths) / 10
    }

    /// For templates:
    ///
    /// - `id`, `name`, `href`; `look`, `word`, `age`; `value`, `caption`, `level`, `note`, `above`.
    /// - `spark`: of an SVG path; `limit_y`, `has_limit_line`; `lane_words`; `parts`, `breaches`,
    ///   `nights`: see `LaneDrawing.Part.context`.
    func context(_ scale: LevelScale) -> [String: Any] {
        let location = summary.place.location
        return [
            "id": location.id, "name": location.name, "href": "/portal/location/\(location.id)",
            "look": look.rawValue, "word": word, "age": age, "value": value, "caption": caption,
            "level": level, "note": note, "above": above, "spark": drawing.spark(scale),
            "limit_y": drawnLimit.map { Shape.text(scale.y($0)) } ?? "0",
            "has_limit_line": drawnLimit != nil, "lane_words": laneWords,
            "parts": drawing.parts.map(\.context), "breaches": drawing.breaches.map(\.context),
            "nights": drawing.nights(words).map(\.context),
        ]
    }
}
