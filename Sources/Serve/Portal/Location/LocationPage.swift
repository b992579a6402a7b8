//  LocationPage.swift · Serve
//
//  What the page of a location shows, asked of those who know it.

import Hummingbird
import Monitoring

/// Puts the page of a location together.
struct LocationPage {
    let desk: PortalDesk
    let place: Place
    /// What the address asks for; what it says wrongly counts as not said.
    let query: LocationQuery
    private let words: LocalWords

    /// Breaches on a page of their list.
    static let breachCount = 6
    /// About as many values has the line that stands where the chart will be.
    private static let sketchPoints: Int64 = 160

    init(_ place: Place, _ desk: PortalDesk, _ request: Request) {
        let now = desk.sources.clock.now
        self.desk = desk
        self.place = place
        query = LocationQuery(QueryText(request), now: now)
        words = LocalWords(zone: place.project.timeZone, now: now)
    }

    /// What the page shows now. Without history it goes on: levels that cannot be read are no
    /// reason to say nothing.
    func view() async throws -> LocationView {
        let state = desk.present(at: place)
        let newest = try await events(before: nil)
        let shown = query.breaches == nil ? newest : try await events(before: query.breaches)
        var view = LocationView(
            id: place.location.id, name: place.location.name, project: place.project.name,
            words: words, presence: state.status, newest: state.newest)
        view.labels = place.unit.map(LevelLabels.init) ?? LevelLabels()
        view.limits = try await standings(newest.events.filter(\.isActive))
        view.breaches = shown.events
        view.earlier = shown.next?.text
        view.isEarlier = query.breaches != nil
        view.night = try? await night()
        view.sketch = try? await sketch()
        return view
    }

    private func events(before cursor: EventQuestion.Cursor?) async throws -> ClientEvents {
        var question = EventQuestion()
        question.location = place.location.id
        question.limit = LocationPage.breachCount
        question.cursor = cursor
        return try await desk.events(question, at: place)
    }

    private func standings(_ active: [SoundEvent]) async throws -> [LimitStanding] {
        var standings: [LimitStanding] = []
        for rule in place.rules {
            let event = active.last { $0.rule?.id == rule.id }
            let isInForce = place.isInForce(rule, at: words.now)
            var value: Double?
            if isInForce || event != nil {
                value = try? await desk.quantity(of: rule, at: place, now: words.now)
            }
            standings.append(
                LimitStanding(
                    rule: rule, isInForce: isInForce,
                    value: value.map { Level(tenths: Int16(($0 * 10).rounded(.toNearestOrAwayFromZero))) },
                    event: event))
        }
        return standings
    }

    private func night() async throws -> (title: String, text: String, isBroken: Bool) {
        let rule = LastNight.rule(of: place.rules, words)
        let night = LastNight(words, rule: rule)
        let stored = try await PlaceHistory(desk.sources.history).buckets(
            at: place, .init(range: night.range, edges: night.edges))
        var question = EventQuestion()
        question.location = place.location.id
        question.range = night.range
        question.limit = 1000
        let breaches = try await desk.events(question, at: place).events
            .filter { $0.rule?.id == rule?.id }
        return (
            night.title, night.text(stored.buckets, rule: rule, breaches: breaches),
            night.isBroken(breaches)
        )
    }

    private func sketch() async throws -> LevelBuckets {
        let step = BucketWidth.cutting(
            milliseconds: query.range.milliseconds, into: LocationPage.sketchPoints)
        let edges = LocalEdges.edges(
            around: query.range, stepMilliseconds: step * 1000, on: place.clock)
        return try await PlaceHistory(desk.sources.history).buckets(
            at: place, .init(range: query.range, edges: edges)
        ).buckets
    }
}

/// What the address of a location's page asks for. `range.js` reads it likewise.
struct LocationQuery: Equatable {
    /// What the history shows; by default the last 24 h.
    let range: TimeRange
    /// Where the shown breaches begin; `nil`: with the newest.
    let breaches: EventQuestion.Cursor?

    private static let lengths: [Substring: Int64] = [
        "1h": 3_600_000, "6h": 21_600_000, "24h": 86_400_000, "7d": 604_800_000,
        "30d": 2_592_000_000, "1y": 31_536_000_000,
    ]
    private static let longest = 10 * 366 * Dwell.dayMilliseconds

    init(_ query: QueryText, now: Timestamp) {
        breaches = (try? query.text("breaches")).flatMap { $0 }.flatMap { EventQuestion.Cursor($0) }
        let name = (try? query.text("range")).flatMap { $0 }
        let from = (try? query.time("from")).flatMap { $0 }
        let to = (try? query.time("to")).flatMap { $0 }
        if name.flatMap({ LocationQuery.lengths[$0] }) == nil, let from, let to, from < to,
            to.milliseconds(since: from) <= LocationQuery.longest, from < now
        {
            range = TimeRange(start: from, end: min(to, now))!
            return
        }
        let length = name.flatMap { LocationQuery.lengths[$0] } ?? Dwell.dayMilliseconds
        range = TimeRange(start: now.advanced(byMilliseconds: -length), end: now)!
    }
}

extension LevelLabels {
    /// As `unit` is set.
    init(_ unit: Unit) {
        ln1 = UnitView.label(unit.ln1Percent, "LN1")
        ln2 = UnitView.label(unit.ln2Percent, "LN2")
        db = unit.frequencyWeighting.map { "dB(\($0))" } ?? "dB"
    }
}
