//  Frame.swift · Monitoring
//
//  One reading of one meter, and the state byte that is stored with it.

/// One reading of one meter.
package struct Frame: Hashable, Sendable {
    package var unit: UnitID
    /// The upstream's wall clock when the reading was taken; the meter's own clock is not known.
    package var time: Timestamp
    package var levels: Levels
    package var state: FrameState
    /// From when on the cumulative levels count; `nil` while the meter is stopped or unknown.
    ///
    /// When the upstream saw the measurement begin; after a reset, of which the upstream says
    /// nothing, the time of the reading before it, or of the first one after it if that reading
    /// is more than 15 s older. Frames of one unit with the same start are one run.
    package var measurementStart: Timestamp?

    package init(
        unit: UnitID, time: Timestamp, levels: Levels, state: FrameState,
        measurementStart: Timestamp? = nil
    ) {
        self.unit = unit
        self.time = time
        self.levels = levels
        self.state = state
        self.measurementStart = measurementStart
    }
}

/// What is known about a frame beside its levels; one byte, stored as it is.
///
///     bit   7 6   5 4      3   2       1      0
///           0 0   origin   0   under   over   measuring
package struct FrameState: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The meter is measuring: the frame carries weight in averages.
    package static let measuring = FrameState(rawValue: 1 << 0)
    /// The input was over range: the true level is at least the value.
    package static let over = FrameState(rawValue: 1 << 1)
    /// The input was under range.
    package static let under = FrameState(rawValue: 1 << 2)

    /// How a frame came to be stored.
    package enum Origin: UInt8, CaseIterable, Sendable {
        /// Polled or streamed, newer than all before it.
        case live = 0
        /// Polled or streamed, at or before its unit's watermark, or the one that there was before
        /// the upstream's clock went back.
        case late = 1
        /// Brought in by an import.
        case imported = 2
        /// Taken afterwards from the upstream's own 24 h trail, into a hole: cumulative levels only.
        /// No dwell is counted from it, and it is of no run.
        case trail = 3

        package var name: String { ["live", "late", "imported", "trail"][Int(rawValue)] }
    }

    package var origin: Origin {
        get { Origin(rawValue: rawValue >> 4 & 3)! }
        set { self = FrameState(rawValue: rawValue & ~0x30 | newValue.rawValue << 4) }
    }

    var isOfTrail: Bool { origin == .trail }

    /// This state with another origin.
    package func from(_ origin: Origin) -> FrameState {
        var state = self
        state.origin = origin
        return state
    }

    /// The word in JSON and CSV.
    package var name: String { contains(.measuring) ? "measuring" : "stopped" }
}
