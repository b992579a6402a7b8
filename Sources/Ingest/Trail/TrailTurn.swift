//  TrailTurn.swift · Ingest
//
//  Whose trail an upstream is asked for next. What is old is in no hurry: trails are asked for while
//  no poll is due, and at most one a second.
//
//      offered ──no poll is due, or a minute has passed──▶ asked ──failed──▶ an hour's rest

import Monitoring

/// The turns of one upstream's units. Pure; times are durations on one monotonic clock.
struct TrailTurn: Sendable {
    /// After so long a trail goes before polls.
    static let patience: Duration = .seconds(60)
    /// After a failure: an upstream that cannot tell, or is slow to, must not be held up by it.
    static let rest: Duration = .seconds(3600)

    private var offer: (unit: UnitID, since: Duration)?
    private var restsUntil: Duration = .zero

    /// - Parameter waiting: units with holes, and since when they wait; the longest is offered.
    mutating func offer(_ waiting: [(unit: UnitID, since: Duration)]) {
        offer = waiting.min { ($0.since, $0.unit) < ($1.since, $1.unit) }
    }

    /// - Parameter isIdle: whether nothing else is to be asked.
    /// - Returns: whom to ask for now, once for each offer.
    mutating func next(at now: Duration, isIdle: Bool) -> UnitID? {
        guard now >= restsUntil, let (unit, since) = offer,
            isIdle || now - since >= TrailTurn.patience
        else { return nil }
        offer = nil
        return unit
    }

    mutating func fail(at now: Duration) { restsUntil = now + TrailTurn.rest }
}
