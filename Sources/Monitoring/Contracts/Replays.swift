//  Replays.swift · Monitoring
//
//  The past once more through the machines of today. Implemented by the pipeline.

package protocol Replays: Sendable {
    /// The readings around an event of a unit, and what the rule's machine did with them.
    ///
    /// - Parameter now: where the present is, for an event that is open.
    func replay(_ event: SoundEvent, at now: Timestamp) async throws -> EventReplay

    /// What a rule that is not saved would have done in `stretches` of one site's past.
    func backTest(_ rule: AlertRule, over stretches: [PastStretch]) async throws -> BackTestReport
}

/// A stretch of a site's past: the unit that stood there.
package struct PastStretch: Hashable, Sendable {
    /// What averages and windows need; its rules are not applied.
    package var plan: MonitoringPlan
    package var range: TimeRange

    package init(plan: MonitoringPlan, range: TimeRange) {
        self.plan = plan
        self.range = range
    }
}

/// An event to be played second by second.
package struct EventReplay: Sendable {
    package var range: TimeRange
    /// Readings that were judged as they came, at most ``framesMaximum``, the first ones.
    package var frames: FrameColumns
    /// Of the event's rule, oldest first, at most ``stepsMaximum``.
    package var steps: [RuleStep]

    /// From so long before the run that led to the event to so long after it, in milliseconds.
    package static let marginMilliseconds: Int64 = 300_000
    package static let framesMaximum = 100_000
    package static let stepsMaximum = 10_000

    package init(range: TimeRange, frames: FrameColumns, steps: [RuleStep]) {
        self.range = range
        self.frames = frames
        self.steps = steps
    }
}

/// What a rule would have done.
package struct BackTestReport: Sendable {
    package var alarmCount = 0
    /// Warnings that stayed such.
    package var warningCount = 0
    /// By onset; of more than 1,000 the first ones.
    package var events: [SoundEvent] = []
    /// Readings that were judged.
    package var frameCount = 0
    /// Readings that could not be read, and so were not judged.
    package var damage: [Damage] = []
    package init() {}
}
