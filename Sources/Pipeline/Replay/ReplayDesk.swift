//  ReplayDesk.swift · Pipeline
//
//  Hands stored frames and the journal to the machines, for those who look at the past.

package import Monitoring

/// Replays of what is on disk.
package struct ReplayDesk: Replays {
    private let history: any LevelHistory
    private let ledger: any EventLedger

    package init(history: any LevelHistory, ledger: any EventLedger) {
        self.history = history
        self.ledger = ledger
    }

    /// The machines of a unit over its whole journal, up to `end`: exactly what was live.
    ///
    /// O(frames since the unit's first plan): a year at 1 Hz in some seconds.
    /// - Parameter withLate: late frames count too, which they did not live.
    /// - Returns: `nil` when the unit was never watched.
    package func replay(
        unit: UnitID, to end: Timestamp, withLate: Bool = false, recordsSteps: Bool = false
    ) async throws -> RuleReplay? {
        let journal = try await ledger.journal(of: unit, after: 0)
        guard let first = journal.first else { return nil }
        var replay = RuleReplay(
            UnitMonitor(
                plan: MonitoringPlan(unit: unit), watermark: first.watermark, hasWatchdogs: false),
            journal.filter { $0.watermark.map { $0 < end } ?? true }, recordsSteps)
        if withLate { replay.origins = [.live, .late] }
        try await MonitorRecovery.feed(
            &replay, from: history, unit: unit, after: first.watermark, to: end)
        replay.finish()
        return replay
    }

    /// A unit's frames of whatever origin in `range` under `plan`, as if they had come live.
    package func replay(under plan: MonitoringPlan, in range: TimeRange) async throws -> RuleReplay {
        var replay = RuleReplay(UnitMonitor(plan: plan, hasWatchdogs: false), [])
        replay.origins = [.live, .late, .imported]
        try await MonitorRecovery.feed(
            &replay, from: history, unit: plan.unit,
            after: range.start.advanced(byMilliseconds: -1), to: range.end)
        replay.finish()
        return replay
    }

    package func replay(_ event: SoundEvent, at now: Timestamp) async throws -> EventReplay {
        let margin = EventReplay.marginMilliseconds
        let start = event.firstExceededAt.advanced(byMilliseconds: -margin)
        let end = min(max(now, start), event.clearedAt?.advanced(byMilliseconds: margin) ?? now)
        let range = TimeRange(start: start, end: max(start, end).advanced(byMilliseconds: 1))!
        guard let unit = event.unit else {
            return EventReplay(range: range, frames: FrameColumns(), steps: [])
        }
        let frames = try await history.frames(
            of: unit, in: range, limit: EventReplay.framesMaximum)
        var answer = EventReplay(range: range, frames: frames.columns, steps: [])
        guard let rule = event.rule else { return answer }
        // Idle machines that begin early enough come to what the live ones were.
        let journal = try await ledger.journal(of: unit, after: 0)
        var plan = MonitoringPlan(
            unit: unit, location: event.location, timeZone: "UTC", rules: [rule])
        for entry in journal where entry.watermark.map({ $0 <= event.onsetAt }) ?? true {
            if case .plan(let held) = entry.input { plan = held }
        }
        plan.rules = [rule]
        let from = start.advanced(byMilliseconds: -RuleReplay.lead(of: plan))
        let moved = journal.filter { entry in
            switch entry.input {
            case .plan, .feed: false
            case .tick, .clockStep, .frame: entry.watermark.map { $0 >= from } ?? true
            }
        }
        var replay = RuleReplay(UnitMonitor(plan: plan, hasWatchdogs: false), moved, true)
        if event.isReplayed { replay.origins = [.live, .late, .imported] }
        try await MonitorRecovery.feed(
            &replay, from: history, unit: unit, after: from.advanced(byMilliseconds: -1),
            to: range.end)
        replay.finish()
        answer.steps = replay.steps.filter { range.contains($0.at) }
        return answer
    }

    package func backTest(
        _ rule: AlertRule, over stretches: [PastStretch]
    ) async throws -> BackTestReport {
        var report = BackTestReport()
        for stretch in stretches {
            var test = BackTest(rule, plan: stretch.plan)
            var start = stretch.range.start
            while let range = TimeRange(start: start, end: stretch.range.end) {
                let frames = try await history.frames(
                    of: stretch.plan.unit, in: range, limit: MonitorRecovery.chunk)
                test.take(frames.columns)
                guard frames.hasMore, let last = frames.columns.times.last else { break }
                start = Timestamp(milliseconds: last + 1)
            }
            test.finish()
            report.alarmCount += test.alarmCount
            report.warningCount += test.warningCount
            report.frameCount += test.frameCount
            report.events += test.events.prefix(BackTest.eventMaximum - report.events.count)
        }
        return report
    }
}
