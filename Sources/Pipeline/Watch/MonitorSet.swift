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
        /// The last time, of frames, that a tick was told.
        var told: Timestamp?
        var deadline: Timestamp?
        var journalNumber: Int64
        var isOpen: Bool
        /// Something moved since the last checkpoint.
        var isMoved = true
    }

    private var entries: [Entry] = []
    private var places: [UnitID: Int] = [:]
    private var nextCheckpoint = 0
    private var lastNumber: Int64
    private var batch = LedgerBatch()
    private var output = RuleOutput()

    /// - Parameters:
    ///   - resumed: monitors as they came out of recovery.
    ///   - lastNumber: the highest number of any journal.
    package init(resumed: [ResumedMonitor] = [], lastNumber: Int64 = 0, at moment: Moment) {
        self.lastNumber = lastNumber
        for one in resumed {
            // As if the newest frame came now: how far the upstream's clock is from ours is not
            // known before the next one, and while nobody looked nothing was missed.
            insert(
                Entry(
                    monitor: one.monitor,
                    came: one.monitor.watermark.map { ($0, moment.uptime) },
                    journalNumber: one.journalNumber,
                    isOpen: !one.monitor.openEvents.isEmpty))
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
        entries[place].told = frame.time
        settle(place)
    }

    /// Takes note of how a unit is being read.
    package mutating func note(_ report: FeedReport, of unit: UnitID, at moment: Moment) {
        guard let place = places[unit] else { return }
        var feed = JournaledFeed(report)
        // On the clock of frames, as everything that monitors are told.
        feed.since = time(of: entries[place], at: moment).advanced(
            byMilliseconds: min(0, report.since.milliseconds(since: moment.now)))
        apply(.feed(feed), to: place, at: moment)
        settle(place)
    }

    /// Follows what is configured: `plans` of all units. A unit without a plan is watched no more.
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
                        journalNumber: 0, isOpen: false))
                let place = entries.count - 1
                journal(.plan(plan), of: place, after: watermark, at: moment)
                settle(place)
                // From here on a restart goes on.
                addCheckpoint(of: place)
            }
        }
        guard !gone.isEmpty else { return lastNumber != before }
        for unit in gone {
            // What is open ends; the journal goes on when the unit comes back.
            let place = places[unit]!
            apply(.plan(MonitoringPlan(unit: unit)), to: place, at: moment)
            settle(place)
            addCheckpoint(of: place)
        }
        entries.removeAll { gone.contains($0.monitor.plan.unit) }
        places = Dictionary(
            uniqueKeysWithValues: entries.enumerated().map { ($1.monitor.plan.unit, $0) })
        return true
    }

    /// It has become later: each second. O(units), and O(rules) for those whose deadline has come.
    ///
    /// - Returns: units whose watermark moved, and where to.
    package mutating func tick(at moment: Moment) -> [(UnitID, Timestamp)] {
        var raised: [(UnitID, Timestamp)] = []
        for place in entries.indices {
            guard let deadline = entries[place].deadline else { continue }
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
        batch.checkpoints.append(
            entries[place].monitor.checkpoint(journalNumber: entries[place].journalNumber))
    }

    // MARK: - What comes of it

    /// What is to be recorded since it was last asked for; `nil` for nothing. Only when the frames
    /// that were taken are with the store.
    package mutating func takeBatch() -> LedgerBatch? {
        guard !batch.entries.isEmpty || !batch.events.isEmpty || !batch.checkpoints.isEmpty else {
            return nil
        }
        defer { batch = LedgerBatch() }
        return batch
    }

    /// The open events as they are now. O(units).
    package var openEvents: [SoundEvent] {
        entries.flatMap { $0.isOpen ? $0.monitor.openEvents : [] }
    }

    /// The plans that hold.
    package var plans: [MonitoringPlan] { entries.map(\.monitor.plan) }

    /// Up to when each unit was judged, which frames alone do not tell after a start.
    package var watermarks: [(UnitID, Timestamp)] {
        entries.compactMap { entry in
            entry.monitor.watermark.map { (entry.monitor.plan.unit, $0) }
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

/// A monitor that goes on after a restart.
package struct ResumedMonitor: Sendable {
    package var monitor: UnitMonitor
    /// The last journal entry that has taken effect.
    package var journalNumber: Int64
}
