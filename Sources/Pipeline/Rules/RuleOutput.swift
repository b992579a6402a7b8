//  RuleOutput.swift · Pipeline
//
//  What machines came to: events as they are after each change, and the way there.

package import Monitoring

/// Where machines put what they came to. To be emptied by whoever keeps it.
package struct RuleOutput: Sendable {
    /// Events that began, changed or ended, whole, in the order in which that happened. The running
    /// peak is no change: ``UnitMonitor/openEvents`` has it.
    package var events: [SoundEvent] = []
    /// How machines came to them; of one rule in order. Empty unless asked for.
    package var steps: [RuleStep] = []
    /// The input moved something that the frames alone would not: a tick that did belongs into the
    /// journal, one that did not may be forgotten.
    package var isDecided = false
    let recordsSteps: Bool
    // Whose machines are at work.
    var unit: UnitID?
    var location: String?

    package init(recordsSteps: Bool = false) { self.recordsSteps = recordsSteps }

    mutating func add(_ tally: EventTally) {
        isDecided = true
        events.append(tally.event(of: unit, at: location))
    }

    @inline(__always)
    mutating func step(
        _ kind: RuleStep.Kind, at time: Int64, of copy: RuleCopy, _ tenths: Int16? = nil
    ) {
        guard recordsSteps else { return }
        steps.append(
            RuleStep(
                kind, at: Timestamp(milliseconds: time), rule: copy.rule.id, tenths: tenths))
    }
}

/// A rule as it is or was; shared, because machines are copied.
final class RuleCopy: Sendable, Codable {
    let rule: AlertRule
    init(_ rule: AlertRule) { self.rule = rule }
}
