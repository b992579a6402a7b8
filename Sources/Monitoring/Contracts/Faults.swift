//  Faults.swift · Monitoring
//
//  What is wrong with what upstreams say, by name. Nothing of it reaches a chart; all of it is
//  counted, per unit, for pages and metrics.

/// A way in which an answer, a reading or a frame was wrong.
package enum FaultReason: String, CaseIterable, Sendable {
    // Answers; counted by ingest.

    /// No answer in time.
    case timedOut = "timed_out"
    /// No connection, or one that was cut.
    case refused
    /// Not JSON, beyond a bound, or not the shape of the call.
    case undecodable
    /// The upstream does not know the unit, or has never had a reading of it.
    case neverRead = "never_read"
    /// The upstream lost the meter: counted once for each loss.
    case unreachable
    /// The upstream called the meter reachable while its readings had stopped.
    case falselyReachable = "falsely_reachable"

    // Readings; counted by ingest, whose frame goes on without what is wrong.

    /// A level was missing: `-.-`, blank or null.
    case missingLevel = "missing_level"
    /// A level was not a number of the meter's form, or out of range.
    case garbledLevel = "garbled_level"
    /// The word for the measurement's state was none of those known.
    case garbledState = "garbled_state"
    /// The upstream's named fields stood under wrong names, after a blank one.
    case shiftedFields = "shifted_fields"
    /// The cumulative levels contradicted each other, or those before; the frame goes without.
    case outOfOrder = "out_of_order"
    /// The upstream said that a stopped meter measured again, which it did not.
    case phantomStart = "phantom_start"
    /// The meter was reset, of which the upstream says nothing.
    case hiddenReset = "hidden_reset"
    /// A reading that had been told before came again with an older time.
    case replayed

    // Frames; counted by the pipeline.

    /// Nothing in it.
    case noValues = "no_values"
    /// More than five minutes ahead of our clock, or of the trail and not before the unit's
    /// watermark; dropped.
    case ahead
    /// At or before the unit's watermark; stored, never evaluated.
    case late
    /// The upstream's clock went back; the watermark went with it.
    case clockStep = "clock_step"
    /// Another frame of the same time is stored; refused.
    case conflict
}

/// Tells what was wrong, by unit. Implemented by ingest and by the pipeline, each for its reasons.
package protocol FaultCounts: Sendable {
    /// Counts since the start of the service; reasons that did not occur are missing. O(reasons).
    func faults(of unit: UnitID) -> [FaultReason: UInt64]
}
