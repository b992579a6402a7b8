//  NightWords.swift · Serve
//
//  Was it loud last night? One line.

import Monitoring

/// The last night that is over, 22:00 to 07:00 on the clock of a place.
struct LastNight {
    let range: TimeRange
    /// Borders of the periods that its loudest is looked for among.
    let edges: [Int64]
    let periodSeconds: Int
    private let words: LocalWords

    /// - Parameter rule: the limit that its nights are judged by, if there is one.
    init(_ words: LocalWords, rule: AlertRule?) {
        let day = Int64(words.day(words.now).number) * Dwell.dayMilliseconds
        let hour: Int64 = 3_600_000
        let ended = words.instant(day + 7 * hour) <= words.now
        let end = ended ? day + 7 * hour : day + 7 * hour - Dwell.dayMilliseconds
        range = TimeRange(
            start: words.instant(end - 9 * hour), end: words.instant(end))!
        let averaging = rule?.averaging
        periodSeconds = averaging?.mode == .clock ? averaging!.seconds : 900
        edges = LocalEdges.edges(
            around: range, stepMilliseconds: Int64(periodSeconds) * 1000, on: words.clock)
        self.words = words
    }

    /// The limit that holds in it: an average if there is one, else the first by name.
    static func rule(of rules: [AlertRule], _ words: LocalWords) -> AlertRule? {
        let night = LastNight(words, rule: nil)
        let middle = (night.range.start.milliseconds + night.range.end.milliseconds) / 2
        let holding = rules.filter {
            $0.isEnabled && ScheduleWindows($0.schedule, on: words.clock).contains(middle)
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        return holding.first { $0.averaging != nil } ?? holding.first
    }

    /// `Last night, Mon 23 Nov`
    var title: String { "Last night, \(words.date(range.start))" }

    /// `22:00–07:00: 52.3 average, loudest 15 min 58.1 at 23:15, limit 65 kept, data 99 %`
    ///
    /// - Parameters:
    ///   - buckets: by ``edges``; `nil`: they cannot be had.
    ///   - breaches: those of `rule` that last in the night.
    func text(_ buckets: LevelBuckets?, rule: AlertRule?, breaches: [SoundEvent]) -> String {
        let hours = "\(words.minute(range.start))–\(words.minute(range.end))"
        guard let buckets, let mean = buckets.mean else { return "\(hours): no data" }
        var parts = ["\(LastNight.text(mean)) average"]
        let loudest = (0..<buckets.count).filter { isJudged(buckets, $0) }
            .max { buckets.mean($0)! < buckets.mean($1)! }
        if let loudest {
            let period = PageText.duration(milliseconds: Int64(periodSeconds) * 1000)
            let start = words.minute(Timestamp(milliseconds: buckets.edges[loudest]))
            let level = LastNight.text(buckets.mean(loudest)!)
            parts.append("loudest \(period) \(level) at \(start)")
        }
        if let rule { parts.append(verdict(rule, breaches, coverage: buckets.coverage)) }
        parts.append("data \(PageText.share(buckets.coverage))")
        return "\(hours): " + parts.joined(separator: ", ")
    }

    /// Whether a limit was broken: then the line is no quiet one.
    func isBroken(_ breaches: [SoundEvent]) -> Bool { !lasting(breaches).isEmpty }

    private func verdict(_ rule: AlertRule, _ breaches: [SoundEvent], coverage: Double) -> String {
        let limit = "limit \(PageText.limit(tenths: rule.thresholdTenths))"
        let lasting = lasting(breaches)
        if lasting.isEmpty { return "\(limit) \(coverage < 0.75 ? "not judged" : "kept")" }
        let milliseconds = lasting.reduce(0) { $0 + time(of: $1) }
        let side = rule.comparison == .above ? "above" : "below"
        return "\(side) the \(limit) for \(PageText.duration(milliseconds: milliseconds))"
    }

    private func lasting(_ breaches: [SoundEvent]) -> [SoundEvent] {
        breaches.filter { $0.breachedAt != nil && time(of: $0) > 0 }
    }

    /// The time beyond the limit inside the night.
    private func time(of event: SoundEvent) -> Int64 {
        let start = max(event.firstExceededAt, range.start)
        let end = min(event.lastExceededAt, range.end)
        guard start <= end, event.firstExceededAt < range.end else { return 0 }
        return max(1, min(event.exceededMilliseconds, end.milliseconds(since: start)))
    }

    /// Three quarters of the period are covered, as limits ask for.
    private func isJudged(_ buckets: LevelBuckets, _ index: Int) -> Bool {
        let length = buckets.edges[index + 1] - buckets.edges[index]
        return buckets.mean(index) != nil
            && buckets.coveredTicks[index] * Dwell.tickMilliseconds * 4 >= length * 3
    }

    private static func text(_ decibels: Double) -> String {
        let tenths = (decibels * 10).rounded(.toNearestOrAwayFromZero)
        return PageText.level(Level(tenths: Int16(tenths)))
    }
}
