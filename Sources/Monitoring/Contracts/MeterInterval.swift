//  MeterInterval.swift · Monitoring
//
//  The instrument's own result of a measurement, and the store's answer of such results.

/// What a meter's running levels had come to at the last frame of a measurement, before it was
/// stopped, started again or reset. Reports prefer it to our estimates.
///
/// Never stored: it follows from the frames of its run, whenever and however they came.
package struct MeterInterval: Hashable, Sendable {
    /// When the measurement began, as the upstream saw it; never after ``to``, even when the
    /// upstream's clock went back in between.
    package let from: Timestamp
    /// The time of its last frame.
    package let to: Timestamp
    /// The levels of its last frame.
    package let levels: Levels
    /// It holds the unit's newest frame: more may follow.
    package let isOpen: Bool

    package init(start: Timestamp, to: Timestamp, levels: Levels, isOpen: Bool) {
        from = min(start, to)
        self.to = to
        self.levels = levels
        self.isOpen = isOpen
    }
}

/// Meter intervals of one unit, made of frames on disk.
package struct StoredIntervals: Sendable {
    /// Ascending by `to`, which is unique: where the next page begins follows from the last one.
    package var intervals: [MeterInterval]
    /// True when intervals of the range remain after the last one.
    package var hasMore: Bool
    /// See ``LevelHistory/completeUntil(_:)``, of the same instant as the intervals.
    package var completeUntil: Timestamp?
    /// What could not be read. An interval whose last frame is damaged is missing.
    package var damage: [Damage]

    package init(
        intervals: [MeterInterval], hasMore: Bool, completeUntil: Timestamp?, damage: [Damage]
    ) {
        self.intervals = intervals
        self.hasMore = hasMore
        self.completeUntil = completeUntil
        self.damage = damage
    }
}
