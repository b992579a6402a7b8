//  MonitorSet.swift · Pipeline
//
//  The monitors of all units, fed as things happen, and what is to be recorded of that. Pure: the
//  shell says what it is, by our clock and by one that never goes back.
//
//      frame, feed, plan, time ─▶ the unit's monitor ─▶ events ─┐
//              └─ what frames alone do not tell ─▶ journal ─────┴─▶ batch ─▶ `EventKeeper`

package import Monitoring

/// All units' monitors.
package struct MonitorSet: Sendable {
    /// A moment, by both clocks.
    package struct Moment: Sendable {
        /// Our clock, which people set.
        package var now: Timestamp
        /// Milliseconds of a clock that never goes back, from anywhere on.
        package var uptime: Int64
        package init(now: Timestamp, uptime: Int64) {
            self.now = now
            self.uptime = uptime
        }
    }

    /// Each unit's state is written so often, a part of the units each second.
    static let checkpointSeconds = 300

    private struct Entry {
        var monitor: UnitMonitor
        /// The newest frame's time, and the uptime when it came.
        var came: (time: Timestamp, uptime: Int64)?
        /// How far our clock was ahead of the newest frame when it came.
        var offset: Int64?
        /// The last time, of frames, that a tick was told.
        var told: Timestamp?
        var deadline: Timestamp?
        var journalNumber: Int64
        var isOpen = false
        /// Something moved since the last checkpoint.
        var isMoved = true
    }

    private var entries: [Entry] = []
    private var places: [UnitID: Int] = [:]
    private var nextCheckpoint = 0
    private var lastNumber: Int64
    private var batch = Batch()
    private var output = RuleOutput()

    /// What is to be recorded. States are written as bytes by whoever takes it, without a lock.
    package struct Batch: Sendable {
        var entries: [JournalEntry] = []
        var events: [SoundEvent] = []
        var snapshots: [MonitorSnapshot] = []

        var isEmpty: Bool { entries.isEmpty && events.isEmpty && snapshots.isEmpty }

        var ledger: LedgerBatch {
            var batch = LedgerBatch()
            batch.entries = entries
            batch.events = events
            batch.checkpoints = snapshots.map(\.checkpoint)
            return batch
        }
    }

    /// - Parameters:
    ///   - resumed: monitors as they came out of recovery.
    ///   - lastNumber: the highest number of any journal.
    package init(resumed: [MonitorSnapshot] = [], lastNumber: Int64 = 0, at moment: Moment) {
        self.lastNumber = lastNumber
        for one in resumed {
            // The time that has passed since the newest frame came, by how far the clocks were apart.
            let came = one.monitor.watermark.map { newest in
                let passed = one.offsetMilliseconds.map { offset in
                    moment.now.milliseconds(since: newest) - offset
                }
                return (newest, moment.uptime - max(0, passed ?? 0))
            }
            insert(
                Entry(
                    monitor: one.monitor, came: came, offset: one.offsetMilliseconds,
                    journalNumber: one.journalNumber, isOpen: !one.monitor.openEvents.isEmpty))
            settle(entries.count - 1)
        }
    }

    private mutating func insert(_ entry: Entry) {
        places[entry.monitor.plan.unit] = entries.count
        entries.append(entry)
    }

    // MARK: - What happens

    /// Judges a frame that was accepted as live. O(rules).
    ///
    /// - Parameter isStep: it is the first since the upstream's clock went back.
    package mutating func take(_ frame: Frame, isStep: Bool, at moment: Moment) {
        guard let place = places[frame.unit] else { return }
        if isStep { apply(.clockStep, to: place, at: moment) }
        if entries[place].monitor.mustBeJournaled(frame.time) {
            apply(.frame(JournaledFrame(frame)), to: place, at: moment)
        } else {
            entries[place].monitor.take(frame, into: &output)
        }
        entries[place].came = (frame.time, moment.uptime)
        entries[place].offset = moment.now.milliseconds(since: frame.time)
        entries[place].told = frame.time
        settle(place)
    }

    /// Takes note of how a unit is being read. A change of the cadence alone says nothing that
    /// matters to anybody while readings come.
    package mutating func note(_ report: FeedReport, of unit: UnitID, at moment: Moment) {
        guard let place = places[unit], report.fault?.rawValue != entries[place].monitor.feedFault
        else { return }
        var feed = JournaledFeed(report)
        // On the clock of frames, as everything that monitors are told.
        feed.since = time(of: entries[place], at: moment).advanced(
            byMilliseconds: min(0, report.since.milliseconds(since: moment.now)))
        apply(.feed(feed), to: place, at: moment)
        settle(place)
    }

    /// Follows what is configured: `plans` of all units. A unit that is gone has no rules.
    ///
    /// - Parameter newest: the time of a unit's newest frame, from which on a new monitor judges.
    /// - Returns: whether anything is other than before. O(units).
    package mutating func follow(
        _ plans: [MonitoringPlan], at moment: Moment, newest: (UnitID) -> Timestamp?
    ) -> Bool {
        let before = lastNumber
        var gone = Set(places.keys)
        for plan in plans {
            gone.remove(plan.unit)
            if let place = places[plan.unit] {
                guard entries[place].monitor.plan != plan else { continue }
                apply(.plan(plan), to: place, at: moment)
                // What was due before may be due for another place now.
                entries[place].told = nil
                settle(place)
            } else {
                let watermark = newest(plan.unit)
                insert(
                    Entry(
                        monitor: UnitMonitor(plan: plan, watermark: watermark), came: nil,
                        journalNumber: 0))
                let place = entries.count - 1
                journal(.plan(plan), of: place, after: watermark, at: moment)
                settle(place)
                // From here on a restart goes on.
                addCheckpoint(of: place)
            }
        }
        for unit in gone {
            // What is open ends. The monitor stays, for a unit that comes back.
            let (place, empty) = (places[unit]!, MonitoringPlan(unit: unit))
            guard entries[place].monitor.plan != empty else { continue }
            apply(.plan(empty), to: place, at: moment)
            settle(place)
        }
        return lastNumber != before
    }

    /// It has become later: each second. O(units), and O(rules) for those whose deadline has come.
    ///
    /// - Parameter held: units with frames that are not judged yet: for them time stands still.
    /// - Returns: units whose watermark moved, and where to.
    package mutating func tick(
        at moment: Moment, except held: Set<UnitID> = []
    ) -> [(UnitID, Timestamp)] {
        var raised: [(UnitID, Timestamp)] = []
        for place in entries.indices {
            guard let deadline = entries[place].deadline,
                held.isEmpty || !held.contains(entries[place].monitor.plan.unit)
            else { continue }
            let time = time(of: entries[place], at: moment)
            guard deadline <= time else { continue }
            let before = entries[place].monitor.watermark
            apply(.tick(time), to: place, at: moment, onlyDecisions: true)
            entries[place].told = time
            settle(place)
            let monitor = entries[place].monitor
            if let watermark = monitor.watermark, watermark != before {
                raised.append((monitor.plan.unit, watermark))
            }
        }
        addCheckpoints()
        return raised
    }

    /// A part of the units each second.
    private mutating func addCheckpoints() {
        let seconds = MonitorSet.checkpointSeconds
        for _ in 0..<(entries.count + seconds - 1) / seconds {
            nextCheckpoint = (nextCheckpoint + 1) % max(entries.count, seconds)
            if nextCheckpoint < entries.count, entries[nextCheckpoint].isMoved {
                addCheckpoint(of: nextCheckpoint)
            }
        }
    }

    private mutating func addCheckpoint(of place: Int) {
        entries[place].isMoved = false
        batch.snapshots.append(
            MonitorSnapshot(
                monitor: entries[place].monitor, journalNumber: entries[place].journalNumber,
                offsetMilliseconds: entries[place].offset))
    }

    // MARK: - What comes of it

    /// What is to be recorded since it was last asked for; `nil` for nothing. Only when the frames
    /// that were taken are with the store.
    package mutating func takeBatch() -> Batch? {
        guard !batch.isEmpty else { return nil }
        defer { batch = Batch() }
        return batch
    }

    /// The open events as they are now. O(units).
    package var openEvents: [SoundEvent] {
        entries.flatMap { $0.isOpen ? $0.monitor.openEvents : [] }
    }

    /// The plans that hold.
    package var plans: [MonitoringPlan] { entries.map(\.monitor.plan) }

    /// Up to when each unit was judged, and the newest time before its clock went back if that is
    /// later: what the scrub goes on with after a start.
    package var watermarks: [(unit: UnitID, watermark: Timestamp, ceiling: Timestamp?)] {
        entries.compactMap { entry in
            entry.monitor.watermark.map { watermark in
                (entry.monitor.plan.unit, watermark, entry.monitor.stepCeiling)
            }
        }
    }

    // MARK: - Parts

    private mutating func apply(
        _ input: MonitorInput, to place: Int, at moment: Moment, onlyDecisions: Bool = false
    ) {
        let watermark = entries[place].monitor.watermark
        output.isDecided = false
        entries[place].monitor.apply(input, at: moment.now, into: &output)
        if !onlyDecisions || output.isDecided {
            journal(input, of: place, after: watermark, at: moment)
        }
    }

    private mutating func journal(
        _ input: MonitorInput, of place: Int, after watermark: Timestamp?, at moment: Moment
    ) {
        lastNumber += 1
        entries[place].journalNumber = lastNumber
        batch.entries.append(
            JournalEntry(
                number: lastNumber, unit: entries[place].monitor.plan.unit, watermark: watermark,
                at: moment.now, input: input))
    }

    /// After each input.
    private mutating func settle(_ place: Int) {
        if !output.events.isEmpty {
            batch.events += output.events
            output.events.removeAll(keepingCapacity: true)
            entries[place].isOpen = !entries[place].monitor.openEvents.isEmpty
        }
        entries[place].isMoved = true
        let told = entries[place].told ?? Timestamp(milliseconds: .min / 4)
        entries[place].deadline = entries[place].monitor.nextDeadline(after: told)
    }

    /// What the clock of a unit's frames shows: the newest frame's time, and what has passed since
    /// it came.
    private func time(of entry: Entry, at moment: Moment) -> Timestamp {
        guard let (time, uptime) = entry.came else { return moment.now }
        return time.advanced(byMilliseconds: max(0, moment.uptime - uptime))
    }
}

/// A monitor at one moment: what is kept of it, and what goes on after a restart.
package struct MonitorSnapshot: Sendable {
    package var monitor: UnitMonitor
    /// The last journal entry that has taken effect.
    package var journalNumber: Int64
    /// See ``MonitorCheckpoint/offsetMilliseconds``.
    package var offsetMilliseconds: Int64?

    /// As bytes. O(samples of sliding averages).
    package var checkpoint: MonitorCheckpoint {
        var checkpoint = monitor.checkpoint(journalNumber: journalNumber)
        checkpoint.offsetMilliseconds = offsetMilliseconds
        return checkpoint
    }
}
