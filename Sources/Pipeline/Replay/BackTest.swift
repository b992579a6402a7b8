//  BackTest.swift · Pipeline
//
//  What a rule would have done: a rule that is not saved over stored frames, through the machine
//  that would judge it live.

package import Monitoring

/// Runs one rule over one unit's frames. Pure: frames come in as chunks, oldest first.
package struct BackTest: Sendable {
    /// The events, by onset; of more than ``eventMaximum`` the first ones.
    package private(set) var events: [SoundEvent] = []
    /// How many alarms there were, and how many warnings that stayed such.
    package private(set) var alarmCount = 0
    package private(set) var warningCount = 0
    package private(set) var frameCount = 0
    /// Events that are kept at most; those beyond are counted.
    package static let eventMaximum = 1000
    private static let endingMaximum = 100

    private var monitor: UnitMonitor
    private var output = RuleOutput()
    /// The newest event, not counted yet.
    private var last: SoundEvent?

    /// - Parameters:
    ///   - rule: taken as enabled.
    ///   - plan: unit, zone and what averages need; its rules and assignment are left out.
    package init(_ rule: AlertRule, plan: MonitoringPlan) {
        var rule = rule
        rule.isEnabled = true
        var plan = plan
        plan.rules = [rule]
        monitor = UnitMonitor(plan: plan, hasWatchdogs: false)
    }

    /// Takes the next frames, all later than those before. Those of the trail are none of them.
    package mutating func take(_ columns: FrameColumns) {
        monitor.take(columns, 0..<columns.count, into: &output)
        frameCount += columns.count
        drain()
    }

    /// Ends the test at `end`: what time alone decides up to there is decided, and an open event is
    /// told as it is.
    package mutating func finish(at end: Timestamp) {
        // Each turn decides something; of a rule there is not more to decide than this.
        for _ in 0..<BackTest.endingMaximum {
            output.isDecided = false
            monitor.apply(.tick(end), at: end, into: &output)
            guard output.isDecided else { break }
        }
        output.events += monitor.openEvents
        drain()
        count()
    }

    private mutating func drain() {
        for event in output.events {
            if last?.onsetAt != event.onsetAt { count() }
            last = event
        }
        output.events.removeAll(keepingCapacity: true)
    }

    private mutating func count() {
        guard let event = last else { return }
        last = nil
        if event.level == .alarm { alarmCount += 1 } else { warningCount += 1 }
        if events.count < BackTest.eventMaximum { events.append(event) }
    }
}
