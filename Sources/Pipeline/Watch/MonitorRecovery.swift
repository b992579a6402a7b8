//  MonitorRecovery.swift · Pipeline
//
//  Where monitors stood when the program ended: the last checkpoint, then the frames and the
//  journal after it, through the same machines.

package import Monitoring

/// What a restart goes on with.
package struct MonitorRecovery: Sendable {
    package private(set) var monitors: [MonitorSnapshot] = []
    /// Events that the ledger has to know of; recording them again changes nothing.
    package private(set) var events: [SoundEvent] = []
    /// Open events of upstreams, which no monitor knows.
    package private(set) var upstreamEvents: [SoundEvent] = []
    /// Stored frames that could not be read: what they would have moved was not.
    package private(set) var damage: [Damage] = []
    /// The highest number of any journal.
    package private(set) var lastNumber: Int64

    /// Brings all units up to what is on disk.
    ///
    /// A checkpoint of another version is not read: the unit's whole journal is played then, a year
    /// of it in about a second. An event that is recorded as open, and that no monitor knows (frames
    /// were deleted or lost), is closed as without data: nothing could ever end it.
    package init(ledger: any EventLedger, history: any LevelHistory, now: Timestamp) async throws {
        lastNumber = try await ledger.lastJournalNumber()
        for checkpoint in try await ledger.checkpoints() {
            try await resume(checkpoint, ledger, history)
        }
        let known = Set(events.map(\.key))
        for var event in try await ledger.openEvents() {
            if event.kind == .upstreamDown {
                upstreamEvents.append(event)
            } else if !known.contains(event.key) {
                event.end(.noData, at: event.lastExceededAt, decidedAt: now)
                events.append(event)
            }
        }
    }

    private mutating func resume(
        _ checkpoint: MonitorCheckpoint, _ ledger: any EventLedger, _ history: any LevelHistory
    ) async throws {
        var journal = try await ledger.journal(of: checkpoint.unit, after: checkpoint.journalNumber)
        var replay: RuleReplay
        if let monitor = UnitMonitor(checkpoint) {
            replay = RuleReplay(monitor, journal)
        } else {
            journal = try await ledger.journal(of: checkpoint.unit, after: 0)
            replay = RuleReplay(fromTheStartOf: journal, unit: checkpoint.unit)
        }
        try await replay.take(
            from: history, unit: checkpoint.unit, after: replay.monitor.watermark)
        replay.finish()
        damage += replay.damage
        events += replay.events
        monitors.append(
            MonitorSnapshot(
                monitor: replay.monitor,
                journalNumber: max(checkpoint.journalNumber, journal.last?.number ?? 0),
                offsetMilliseconds: checkpoint.offsetMilliseconds))
    }
}
