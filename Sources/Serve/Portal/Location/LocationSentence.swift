//  LocationSentence.swift · Serve
//
//  Is it too loud? One sentence, and what stands behind it.

import Monitoring

/// A limit as it stands now.
struct LimitStanding: Sendable {
    let rule: AlertRule
    let isInForce: Bool
    /// Its own quantity now; `nil` when nothing is known.
    var value: Level?
    /// Its breach that lasts.
    var event: SoundEvent?

    /// When its breach began; `nil` when there is none.
    var breachedAt: Timestamp? { event?.isActive == true ? event?.breachedAt : nil }
}

extension PlaceState.Status {
    /// Whether what is known is about now.
    var isJudged: Bool { self == .live }
}

/// Where a location stands against its limits.
struct LocationSentence: Equatable {
    /// `breach`, `lost`, `near`, `kept` or `idle`: how it looks.
    enum Look: String { case breach, lost, near, kept, idle }

    let look: Look
    /// `Above the limit since 22:41: average 67.2, limit 65`
    let text: String
    /// What else is to be said: which limit, how far it went; may be empty.
    let detail: String

    /// - Parameter newest: the time of the newest reading.
    init(
        _ limits: [LimitStanding], _ presence: PlaceState.Status, newest: Timestamp?, labels: LevelLabels,
        _ words: LocalWords
    ) {
        let active = limits.filter { $0.breachedAt != nil }
            .sorted { ($0.breachedAt!, $0.rule.id) < ($1.breachedAt!, $1.rule.id) }
        let inForce = limits.filter(\.isInForce).sorted { $0.rule.name < $1.rule.name }
        if let first = active.first {
            self.init(breach: first, of: active.count, presence, newest, labels, words)
        } else if limits.isEmpty {
            self.init(look: .idle, text: "No limit is set here", detail: "")
        } else if !presence.isJudged {
            let reason = LocationSentence.reason(presence, newest, words)
            self.init(look: .idle, text: "Not judged: \(reason)", detail: "")
        } else if let leading = LocationSentence.leading(inForce) {
            self.init(judged: leading, labels, others: inForce.count - 1)
        } else {
            let next = limits.map { "\($0.rule.name) holds \($0.rule.timeWords)" }
            self.init(
                look: .idle, text: "No limit holds at this time",
                detail: next.prefix(2).joined(separator: "; "))
        }
    }

    private init(look: Look, text: String, detail: String) {
        self.look = look
        self.text = text
        self.detail = detail
    }

    private init(
        breach limit: LimitStanding, of count: Int, _ presence: PlaceState.Status, _ newest: Timestamp?,
        _ labels: LevelLabels, _ words: LocalWords
    ) {
        let rule = limit.rule
        let event = limit.event!
        let side = rule.comparison == .above ? "Above" : "Below"
        let bound = PageText.limit(tenths: rule.thresholdTenths)
        var details = ["\(rule.name): \(rule.limitWords(labels))"]
        if let peak = event.peakTenths, let at = event.peakAt {
            let extreme = rule.comparison == .above ? "Highest" : "Lowest"
            let level = PageText.level(Level(tenths: peak))
            details.append("\(extreme) so far \(level) at \(words.since(at))")
        }
        if count > 1 { details.append("\(count) limits are broken") }
        detail = details.joined(separator: ". ")
        if event.hasNoData || !presence.isJudged {
            look = .lost
            text = "\(side) at \(words.since(event.lastExceededAt)); no data since"
            return
        }
        look = .breach
        let begin = words.since(limit.breachedAt!)
        let value = limit.value ?? event.lastTenths.map(Level.init)
        let now = value.map { "\(rule.metric.words(labels)) \(PageText.level($0)), " } ?? ""
        text = "\(side) the limit since \(begin): \(now)limit \(bound)"
    }

    /// Within a limit, or beyond it for less than makes a breach.
    private init(judged limit: LimitStanding, _ labels: LevelLabels, others: Int) {
        let rule = limit.rule
        let bound = PageText.limit(tenths: rule.thresholdTenths)
        let more = others > 0 ? " and \(PageText.count(others, "other", "others"))" : ""
        detail = "\(rule.name): \(rule.limitWords(labels))\(more)"
        guard let value = limit.value else {
            (look, text) = (.kept, others > 0 ? "Within all limits" : "Within the limit")
            return
        }
        let numbers = "\(rule.metric.words(labels)) \(PageText.level(value)), limit \(bound)"
        if limit.isBeyond {
            (look, text) = (.near, "No breach yet: \(numbers)")
        } else {
            (look, text) = (.kept, "Within the limit: \(numbers)")
        }
    }

    /// The one that is nearest to a breach, else the first.
    private static func leading(_ limits: [LimitStanding]) -> LimitStanding? {
        limits.first(where: \.isBeyond) ?? limits.first { $0.value != nil } ?? limits.first
    }

    private static func reason(
        _ presence: PlaceState.Status, _ newest: Timestamp?, _ words: LocalWords
    ) -> String {
        switch presence {
        case .unassigned: "no meter is here at present"
        case .stopped: "the meter is stopped"
        case .waiting: "there was no reading yet"
        case .live, .delayed, .unreachable, .upstreamDown:
            newest.map { "no data since \(words.since($0))" } ?? "there is no data"
        }
    }
}

extension LimitStanding {
    /// Whether its value is beyond the limit, breach or not: strictly, as rules judge.
    fileprivate var isBeyond: Bool {
        guard let value else { return false }
        return rule.comparison == .above
            ? value.tenths > rule.thresholdTenths : value.tenths < rule.thresholdTenths
    }
}
