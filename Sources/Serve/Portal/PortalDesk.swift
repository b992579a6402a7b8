//  PortalDesk.swift · Serve
//
//  What clients may see, put together from what the stages know.

import Monitoring

/// Answers what clients ask. Whose a location is, is asked first, in one question.
final class PortalDesk: Sendable {
    let sources: PortalListener.Sources
    private let history: PlaceHistory
    private let verdicts = PlaceCache<Verdict>(milliseconds: 2000)
    private let lanes = PlaceCache<[Double?]>(milliseconds: 60_000)

    init(sources: PortalListener.Sources) {
        self.sources = sources
        history = PlaceHistory(sources.history)
    }

    /// A location that is in `scope`; `nil` for everything else alike.
    func place(_ id: String, in scope: ClientScope) async throws -> Place? {
        guard let owned = try await sources.portal.location(id, in: scope) else { return nil }
        return Place(
            owned, in: try await sources.sites.sites(), units: try await sources.directory.units(),
            at: sources.clock.now)
    }

    /// What a place is doing now.
    func present(at place: Place) -> PlaceState {
        PlaceState(place, place.stay.map { sources.live.state(of: $0.unit) }, at: sources.clock.now)
    }

    /// Events of a place that its client sees.
    func events(_ question: EventQuestion, at place: Place) async throws -> ClientEvents {
        try await ClientEvents(question, in: sources.events, without: place.hiddenRules)
    }

    /// All places of a session's client, at a glance.
    func overview(of session: PortalSession) async throws -> PortalOverview {
        let sites = try await sources.sites.sites()
        let units = try await sources.directory.units()
        let revision = try await sources.directory.revision()
        let now = sources.clock.now
        var places: [PlaceSummary] = []
        for owned in try await sources.portal.locations(in: session.scope) {
            let place = Place(owned, in: sites, units: units, at: now)
            places.append(try await summary(of: place, revision: revision))
        }
        let client = sites.clients[session.scope.client]
            ?? Client(id: session.scope.client, name: session.scope.client)
        return PortalOverview(now: now, client: client, session: session, places: places)
    }

    /// A place at a glance. What takes long is kept for a moment: many may look at the same one.
    func summary(of place: Place) async throws -> PlaceSummary {
        try await summary(of: place, revision: try await sources.directory.revision())
    }

    private func summary(of place: Place, revision: Int64) async throws -> PlaceSummary {
        let now = sources.clock.now
        let id = place.location.id
        let verdict = try await verdicts.value(of: id, revision: revision, at: now) {
            try await self.verdict(on: place, at: now)
        }
        let step = Lane.stepSeconds * 1000
        let end = (floorDivide(now.milliseconds, by: step) + 1) * step
        let from = Timestamp(milliseconds: end - Int64(Lane.count) * step)
        // The quarter of an hour goes into the key: a lane must not begin at another one's start.
        let means = try await lanes.value(
            of: id, revision: revision &* 1_000_003 &+ end / step, at: now
        ) { try await self.means(at: place, from: from, step: step) }
        return PlaceSummary(
            state: present(at: place), active: verdict.active, limit: verdict.limit,
            lane: Lane(
                from: from, means: means,
                above: verdict.day.reversed().compactMap { event in
                    (start: event.firstExceededAt, end: event.clearedAt)
                }))
    }

    /// What takes a question to history or to the events.
    private struct Verdict: Sendable {
        let active: [SoundEvent]
        /// Breaches of the last 24 h, newest first.
        let day: [SoundEvent]
        let limit: PlaceLimit?
    }

    private func verdict(on place: Place, at now: Timestamp) async throws -> Verdict {
        var question = EventQuestion()
        question.location = place.location.id
        question.range = TimeRange(start: now.advanced(byMilliseconds: -Dwell.dayMilliseconds), end: now)
        let events = try await events(question, at: place).events
        let active = events.filter(\.isActive)
        let judged = place.rules.map { rule in
            (
                rule: rule, since: active.last { $0.rule?.id == rule.id }?.firstExceededAt,
                isInForce: place.isInForce(rule, at: now)
            )
        }
        let leading =
            judged.first { $0.since != nil } ?? judged.first { $0.isInForce } ?? judged.first
        guard let leading else { return Verdict(active: active, day: events, limit: nil) }
        let limit = PlaceLimit(
            rule: leading.rule, isInForce: leading.isInForce,
            decibels: try await quantity(of: leading.rule, at: place, now: now),
            activeSince: leading.since)
        return Verdict(active: active, day: events, limit: limit)
    }

    /// What a rule judges, now: the average over its time, or the newest value.
    func quantity(
        of rule: AlertRule, at place: Place, now: Timestamp
    ) async throws -> Double? {
        guard let averaging = rule.averaging else {
            let newest = present(at: place).newest
            return Metric(name: rule.metric.rawValue).flatMap { newest?.levels[$0] }
                .map { Double($0.tenths) / 10 }
        }
        let start = now.advanced(byMilliseconds: -Int64(averaging.seconds) * 1000)
        let range = TimeRange(start: start, end: now)!
        return try await history.buckets(
            at: place, .init(range: range, edges: [start.milliseconds, now.milliseconds])
        ).buckets.mean
    }

    private func means(
        at place: Place, from: Timestamp, step: Int64
    ) async throws -> [Double?] {
        let edges = (0...Lane.count).map { from.milliseconds + Int64($0) * step }
        let range = TimeRange(start: from, end: Timestamp(milliseconds: edges[Lane.count]))!
        let buckets = try await history.buckets(at: place, .init(range: range, edges: edges)).buckets
        // Buckets that a stay cuts are put together again.
        var energies = Array(repeating: 0.0, count: Lane.count)
        var ticks = Array(repeating: Int64(0), count: Lane.count)
        for index in 0..<buckets.count {
            let cell = Int((buckets.edges[index] - from.milliseconds) / step)
            energies[cell] += buckets.energies[index]
            ticks[cell] += buckets.coveredTicks[index]
        }
        return zip(energies, ticks).map { energy, ticks in
            ticks == 0 ? nil : Level.decibels(ofEnergy: energy / Double(ticks))
        }
    }
}
