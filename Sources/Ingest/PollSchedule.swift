//  PollSchedule.swift · Ingest
//
//  What to ask an upstream next. One request at a time: a slow upstream makes everybody's next
//  poll late, nobody's lost to a queue.
//
//      due times   a ──┬───────┬───────┬──▶   each on its own grid of `interval`
//                  b ────┬───────┬───────┬▶
//      asked             a b     a b          the one that waited longest first

import Monitoring

/// Which unit is asked when. Pure; times are durations on one monotonic clock.
struct PollSchedule: Sendable {
    enum Step: Hashable, Sendable {
        /// Ask for the list of units, and which feeds run.
        case discover
        case poll(UnitID)
        /// Nothing is due before this time.
        case wait(until: Duration)
    }

    private struct Entry {
        let unit: UnitID
        var due: Duration
    }

    let interval: Duration
    let discoveryInterval: Duration
    private var entries: [Entry] = []
    private var discoveryDue: Duration

    init(interval: Duration, discoveryInterval: Duration, start: Duration) {
        precondition(interval > .zero && discoveryInterval > .zero)
        self.interval = interval
        self.discoveryInterval = discoveryInterval
        discoveryDue = start
    }

    var units: [UnitID] { entries.map(\.unit) }

    /// Sets whom to ask. Units that stay keep their times; new ones are due at once.
    mutating func setUnits(_ units: [UnitID], at now: Duration) {
        var dues: [UnitID: Duration] = [:]
        for entry in entries { dues[entry.unit] = entry.due }
        entries = units.map { Entry(unit: $0, due: dues[$0] ?? now) }
    }

    /// - Parameter isPaused: whether a unit needs no poll now, because its socket delivers. Its
    ///   turn passes; it is asked within one interval after the pause.
    /// - Complexity: O(units).
    mutating func next(at now: Duration, isPaused: (UnitID) -> Bool) -> Step {
        if discoveryDue <= now {
            discoveryDue = following(discoveryDue, by: discoveryInterval, at: now)
            return .discover
        }
        var earliest: Int?
        for index in entries.indices {
            if entries[index].due <= now, isPaused(entries[index].unit) {
                entries[index].due = following(entries[index].due, by: interval, at: now)
            }
            if earliest.map({ entries[index].due < entries[$0].due }) ?? true { earliest = index }
        }
        guard let earliest else { return .wait(until: discoveryDue) }
        let entry = entries[earliest]
        guard entry.due <= now else { return .wait(until: min(entry.due, discoveryDue)) }
        entries[earliest].due = following(entry.due, by: interval, at: now)
        return .poll(entry.unit)
    }

    /// Asks for the list again at once: what it gave could not be used.
    mutating func discover(at now: Duration) { discoveryDue = min(discoveryDue, now) }

    /// The next time on the grid that `due` lies on, after `now`: polls missed are not made up.
    private func following(_ due: Duration, by step: Duration, at now: Duration) -> Duration {
        let next = due + step
        return next > now ? next : now + step - Duration.remainder(now - due, step)
    }
}

extension Duration {
    /// What is left of `dividend` after whole `divisor`s; both ≥ 0, to the nanosecond.
    fileprivate static func remainder(_ dividend: Duration, _ divisor: Duration) -> Duration {
        .nanoseconds(dividend.nanoseconds % max(1, divisor.nanoseconds))
    }

    private var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
