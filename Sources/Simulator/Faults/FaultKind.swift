//  FaultKind.swift · Simulator
//
//  What can go wrong, by the names that options and control calls use. What each does is in
//  docs/simulator.md.

/// A way in which the upstream, or one unit of it, goes wrong.
package enum FaultKind: String, CaseIterable, Sendable {
    // Of a unit.

    /// The meter does not answer.
    case unplugged
    /// The meter never answered: at first there is no row, then one without levels.
    case neverReached = "never-reached"
    /// A stop, after which the monitor tells of a new measurement until it reads the state.
    case phantomRestart = "phantom-restart"
    /// The results begin afresh; state and start time stay. An instant: the span's beginning.
    case reset
    /// `Measure` in the place of `Start`.
    case measureWord = "measure-word"
    case garbledState = "garbled-state"
    case garbledLevels = "garbled-levels"
    /// Two blank fields in the meter's line, so that the named fields shift.
    case blankField = "blank-field"
    /// The meter shows `-.-` everywhere.
    case noLevels = "no-levels"
    /// The over-range flag is set.
    case over
    /// The under-range flag is set.
    case under
    /// Times without a fraction.
    case wholeSeconds = "whole-seconds"
    /// Lmin lies above Leq.
    case outOfOrder = "out-of-order"
    /// Each fifth reading is followed by an old one on the socket.
    case replay
    /// Somebody stopped the meter by hand, and starts it again at the span's end.
    case stopped
    /// The unit's configuration is deleted; its monitor runs on.
    case removed

    // Of a whole upstream.

    /// Connections are refused, existing ones were cut.
    case down
    /// Connections are accepted, and nothing is answered or sent.
    case stalled
    /// Each answer comes late.
    case slow
    /// Status 200 with a body that is no JSON.
    case garbage
    /// Status 500; `detail` is a text, or an array.
    case errors
    /// A body of more than 256 KiB.
    case oversize
    /// Answers and frames end in their middle, and the connection with them.
    case cut
    /// The wall clock goes wrong by so much, and right again at the span's end.
    case clockBack = "clock-back"
    case clockAhead = "clock-ahead"
    /// Refuses connections for a moment, and has forgotten its monitors after that.
    case restart

    /// Whether it is of an upstream, not of a unit.
    package var isOfUpstream: Bool {
        switch self {
        case .down, .stalled, .slow, .garbage, .errors, .oversize, .cut, .clockBack, .clockAhead,
            .restart:
            true
        default: false
        }
    }

    static let ofUnits = allCases.filter { !$0.isOfUpstream }
    static let ofUpstreams = allCases.filter(\.isOfUpstream)

    /// The seconds that a value may be; `nil` for a kind that takes no value.
    var seconds: ClosedRange<Int>? {
        switch self {
        case .phantomRestart: 2...30
        case .stalled, .slow, .restart: 1...600
        case .clockBack, .clockAhead: 1...31_536_000
        default: nil
        }
    }

    /// The value of a fault that has none; 0 where it then means nothing.
    var usualSeconds: Int {
        switch self {
        case .phantomRestart: 20
        case .slow, .restart: 2
        case .clockBack, .clockAhead: 60
        default: 0
        }
    }
}
