//  UnitStay.swift · Serve
//
//  What a client may see of a unit: what it measures at the client's location, and nothing of where
//  it was before or goes after.

import Monitoring

/// A unit at a location, from one time to another.
struct UnitStay: Hashable, Sendable {
    let unit: UnitID
    let from: Timestamp
    /// `nil`: it stands there still.
    let to: Timestamp?

    init(_ assignment: Assignment) {
        unit = assignment.unit
        from = assignment.from
        to = assignment.to
    }

    func contains(_ time: Timestamp) -> Bool { from <= time && to.map { time < $0 } ?? true }

    /// Whether a frame's cumulative values are all of this stay.
    func isWhole(_ frame: Frame) -> Bool { frame.measurementStart.map { from <= $0 } ?? true }

    /// What of `frame` was measured here; `nil`: nothing. Cumulative values of a measurement that
    /// began before are of elsewhere, too.
    func scrubbed(_ frame: Frame) -> Frame? {
        guard contains(frame.time) else { return nil }
        guard !isWhole(frame) else { return frame }
        var frame = frame
        for metric in Metric.allCases where metric.isCumulative { frame.levels[metric] = nil }
        frame.measurementStart = nil
        return frame
    }
}
