//  MonitorRecovery.swift · Pipeline
//
//  Where monitors stood when the program ended: the last checkpoint, then the frames and the
//  journal after it, through the same machines.

package import Monitoring

/// Makes monitors what they were.
package enum MonitorRecovery {
    /// Frames read at once, at most.
    static let chunk = 100_000

    /// Brings all units up to what is on disk.
    ///
    /// A checkpoint of another version is not read: the unit's whole journal is played then, a year
    /// of it in about a second.
    /// - Returns: the monitors, and events that the ledger has to know of; recording them again
    ///   changes nothing.
    package static func resume(
        ledger: any EventLedger, history: any LevelHistory
    ) async throws -> (monitors: [ResumedMonitor], events: [SoundEvent]) {
        var monitors: [ResumedMonitor] = []
        var events: [SoundEvent] = []
        for checkpoint in try await ledger.checkpoints() {
            let journal: [JournalEntry]
            var replay: RuleReplay
            if let monitor = UnitMonitor(checkpoint) {
                journal = try await ledger.journal(
                    of: checkpoint.unit, after: checkpoint.journalNumber)
                replay = RuleReplay(monitor, journal)
            } else {
                journal = try await ledger.journal(of: checkpoint.unit, after: 0)
                replay = RuleReplay(
                    UnitMonitor(
                        plan: MonitoringPlan(unit: checkpoint.unit),
                        watermark: journal.first?.watermark), journal)
            }
            try await feed(
                &replay, from: history, unit: checkpoint.unit, after: replay.monitor.watermark)
            replay.finish()
            events += replay.events
            monitors.append(
                ResumedMonitor(
                    monitor: replay.monitor,
                    journalNumber: max(checkpoint.journalNumber, journal.last?.number ?? 0)))
        }
        return (monitors, events)
    }

    /// Plays stored frames of a unit after `time`, or all.
    static func feed(
        _ replay: inout RuleReplay, from history: any LevelHistory, unit: UnitID,
        after time: Timestamp?, to end: Timestamp = Timestamp(milliseconds: .max / 4)
    ) async throws {
        var start = time?.advanced(byMilliseconds: 1) ?? Timestamp(milliseconds: 0)
        while let range = TimeRange(start: start, end: end) {
            let frames = try await history.frames(of: unit, in: range, limit: chunk)
            replay.take(frames.columns)
            guard frames.hasMore, let last = frames.columns.times.last else { return }
            start = Timestamp(milliseconds: last + 1)
        }
    }
}
