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

    /// The machines of a unit over its whole journal and all its frames: exactly what was live.
    ///
    /// O(frames since the unit's first plan): a year at 1 Hz in some seconds.
    /// - Parameter withLate: late frames count too, which they did not live.
    /// - Returns: `nil` when the unit was never watched.
    package func replay(unit: UnitID, withLate: Bool = false) async throws -> RuleReplay? {
        let journal = try await ledger.journal(of: unit, after: 0)
        guard let first = journal.first else { return nil }
        var replay = RuleReplay(fromTheStartOf: journal, unit: unit, hasWatchdogs: false)
        if withLate { replay.origins = [.live, .late] }
        try await replay.take(from: history, unit: unit, after: first.watermark)
        replay.finish()
        return replay
    }

    /// A unit's frames of some origins in `range` under `plan`, as if they had come live.
    package func replay(
        under plan: MonitoringPlan, in range: TimeRange, origins: Set<FrameState.Origin>
    ) async throws -> RuleReplay {
        var replay = RuleReplay(UnitMonitor(plan: plan, hasWatchdogs: false), [])
        replay.origins = origins
        try await replay.take(
            from: history, unit: plan.unit, after: range.start.advanced(byMilliseconds: -1),
            to: range.end)
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
        let origins: Set<FrameState.Origin> = event.isReplayed ? [.imported] : [.live]
        let frames = try await history.frames(
            of: unit, in: range, limit: EventReplay.framesMaximum)
        var answer = EventReplay(range: range, frames: frames.columns.of(origins), steps: [])
        guard let rule = event.rule else { return answer }
        let journal = try await ledger.journal(of: unit, after: 0)
        let (plan, since) = ReplayDesk.plan(of: event, rule, in: journal)
        // Idle machines that begin early enough come to what the live ones were.
        let from = max(start.advanced(byMilliseconds: -RuleReplay.lead(of: plan)), since)
        let moved = journal.filter { entry in
            switch entry.input {
            case .plan, .feed: false
            case .tick, .clockStep, .frame: entry.watermark.map { $0 >= from } ?? true
            }
        }
        // What was judged when the rule began is none of its readings.
        let monitor = UnitMonitor(
            plan: plan, watermark: from == since ? since : nil, hasWatchdogs: false)
        var replay = RuleReplay(monitor, moved, true)
        replay.stepRange = range
        replay.origins = origins
        try await replay.take(
            from: history, unit: unit, after: from.advanced(byMilliseconds: -1), to: range.end)
        replay.finish()
        answer.steps = Array(replay.steps.prefix(EventReplay.stepsMaximum))
        return answer
    }

    /// What an event's rule was judged under, and from when on it was.
    private static func plan(
        of event: SoundEvent, _ rule: AlertRule, in journal: [JournalEntry]
    ) -> (MonitoringPlan, since: Timestamp) {
        var plan = MonitoringPlan(unit: event.unit!, location: event.location)
        var since = Timestamp(milliseconds: 0)
        for entry in journal where entry.watermark.map({ $0 <= event.onsetAt }) ?? true {
            guard case .plan(let next) = entry.input else { continue }
            let judges = next.rules.contains { $0.id == rule.id && $0.meansTheSame(as: rule) }
            let judged = plan.rules.contains { $0.id == rule.id && $0.meansTheSame(as: rule) }
            if judges,
                !judged || next.assignedAt != plan.assignedAt || next.timeZone != plan.timeZone
            {
                since = entry.watermark ?? since
            }
            plan = next
        }
        plan.rules = [rule]
        return (plan, since)
    }

    package func backTest(
        _ rule: AlertRule, over stretches: [PastStretch]
    ) async throws -> BackTestReport {
        var report = BackTestReport()
        for stretch in stretches {
            var test = BackTest(rule, plan: stretch.plan)
            report.damage += try await history.forEachChunk(
                of: stretch.plan.unit, from: stretch.range.start, to: stretch.range.end
            ) { test.take($0.of([.live, .late, .imported])) }
            test.finish(at: stretch.range.end)
            report.alarmCount += test.alarmCount
            report.warningCount += test.warningCount
            report.frameCount += test.frameCount
            report.events += test.events.prefix(BackTest.eventMaximum - report.events.count)
        }
        return report
    }
}
