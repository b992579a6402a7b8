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
    /// By due time; of those that are due together, the one that was asked last is last.
    private var entries: [Entry] = []
    private var discoveryDue: Duration

    init(interval: Duration, discoveryInterval: Duration, start: Duration) {
        precondition(interval > .zero && discoveryInterval > .zero)
        self.interval = interval
        self.discoveryInterval = discoveryInterval
        discoveryDue = start
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Sets whom to ask. Units that stay keep their times; new ones are due at once.
    mutating func setUnits(_ units: [UnitID], at now: Duration) {
        var dues: [UnitID: Duration] = [:]
        for entry in entries { dues[entry.unit] = entry.due }
        entries = []
        for unit in units { insert(Entry(unit: unit, due: dues[unit] ?? now)) }
    }

    /// - Parameter isPaused: whether a unit needs no poll now, because its socket delivers. Its
    ///   turn passes; it is asked within one interval after the pause.
    /// - Complexity: O(log *n*) comparisons of *n* units, for each one that is due and paused.
    mutating func next(at now: Duration, isPaused: (UnitID) -> Bool) -> Step {
        if discoveryDue <= now {
            discoveryDue = following(discoveryDue, by: discoveryInterval, at: now)
            return .discover
        }
        while let first = entries.first, first.due <= now {
            entries.removeFirst()
            insert(Entry(unit: first.unit, due: following(first.due, by: interval, at: now)))
            if !isPaused(first.unit) { return .poll(first.unit) }
        }
        return .wait(until: min(entries.first?.due ?? discoveryDue, discoveryDue))
    }

    /// Asks for the list again at `time`, or before: what it gave could not be used.
    mutating func discover(at time: Duration) { discoveryDue = min(discoveryDue, time) }

    /// Leaves a unit alone until `time`.
    mutating func postpone(_ unit: UnitID, until time: Duration) {
        guard let index = entries.firstIndex(where: { $0.unit == unit }) else { return }
        entries.remove(at: index)
        insert(Entry(unit: unit, due: time))
    }

    private mutating func insert(_ entry: Entry) {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].due <= entry.due { low = middle + 1 } else { high = middle }
        }
        entries.insert(entry, at: low)
    }

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
