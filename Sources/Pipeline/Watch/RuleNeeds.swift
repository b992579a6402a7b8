//  RuleNeeds.swift · Pipeline
//
//  Which units rules need at full rate, now. A unit at full rate polls its meter each second over a
//  cellular line: only what the idle cadence cannot judge is worth that, and only while it holds.

package import Monitoring

package enum RuleNeeds {
    /// So long before a window begins the full rate is asked for: it comes some seconds later.
    static let leadMilliseconds: Int64 = 60_000
    /// A duration of less than this cannot be told from readings that are ten seconds apart.
    static let durationSeconds = 30

    /// Whether a rule cannot be judged at the idle cadence.
    package static func needsFullRate(_ rule: AlertRule) -> Bool {
        guard rule.isEnabled else { return false }
        switch rule.metric {
        case .laeq, .lmax: return true
        case .lp: return rule.durationSeconds < durationSeconds || isCutByIdleCadence(rule)
        // They run on at the meter, whoever reads them how often.
        case .leq, .lmin, .lpeak, .ln1, .ln2: return isCutByIdleCadence(rule)
        }
    }

    /// Readings ten seconds apart, one of them late or lost, would break what has to last.
    private static func isCutByIdleCadence(_ rule: AlertRule) -> Bool {
        rule.durationSeconds > 0 && rule.gapSeconds < 30
    }

    /// The units that have to be read at full rate at `now`. O(rules).
    package static func units(of plans: [MonitoringPlan], at now: Timestamp) -> Set<UnitID> {
        Set(plans.filter { plan in plan.rules.contains { holds($0, plan, now) } }.map(\.unit))
    }

    private static func holds(_ rule: AlertRule, _ plan: MonitoringPlan, _ now: Timestamp) -> Bool {
        guard needsFullRate(rule) else { return false }
        guard let schedule = rule.schedule else { return true }
        let windows = ScheduleWindows(schedule, on: UnitMonitor.clock(of: plan))
        return windows.contains(now.milliseconds)
            || windows.contains(now.milliseconds + leadMilliseconds)
    }
}
