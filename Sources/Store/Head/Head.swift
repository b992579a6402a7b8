//  Head.swift · Store
//
//  The newest frames of one unit, in memory. Only what is durable in the log gets here, so that
//  whatever a reader sees survives a crash.

import Monitoring

/// Frames of one unit that are on disk in the log and not yet in a segment.
struct Head: Sendable {
    /// A full head asks for a seal: 15 minutes at one frame a second.
    static let framesMaximum = 900
    /// So do this many late ones.
    static let lateFramesMaximum = 4096

    /// In order of arrival and of time.
    private(set) var columns = FrameColumns()
    /// Frames that came after a newer one, in order of time: late ones, and all that come after the
    /// upstream's clock went back until it has caught up.
    private(set) var late = FrameColumns()

    var isEmpty: Bool { columns.isEmpty && late.isEmpty }
    var count: Int { columns.count + late.count }
    var isFull: Bool {
        columns.count >= Head.framesMaximum || late.count >= Head.lateFramesMaximum
    }

    /// All frames in time order. O(1) without late ones.
    var frames: FrameColumns { FrameColumns.merging([columns, late]) }

    /// Adds a frame whose time is not held yet. O(1), for one before a late one O(late frames).
    mutating func insert(_ frame: LoggedFrame) {
        if Head.append(frame, to: &columns) || Head.append(frame, to: &late) { return }
        var one = FrameColumns()
        _ = Head.append(frame, to: &one)
        late = FrameColumns.merging([late, one])
    }

    /// Adds `frame` at the end when that is its place.
    private static func append(_ frame: LoggedFrame, to columns: inout FrameColumns) -> Bool {
        guard columns.times.last.map({ $0 < frame.time }) ?? true else { return false }
        columns.append(
            time: frame.time, levels: frame.tenths, state: frame.state, run: frame.run)
        return true
    }

    /// The values stored for `time`. O(log *n*).
    func stored(at time: Int64) -> StoredValues? {
        for part in [columns, late] {
            if let index = part.index(at: time) { return StoredValues(part, index) }
        }
        return nil
    }
}

/// What a stored frame says, for telling a repetition from a contradiction.
struct StoredValues: Equatable {
    let tenths: SIMD8<Int16>
    /// Without the origin: how a frame came does not make it another one.
    let flags: UInt8

    private static let originMask: UInt8 = 0x30

    init(_ columns: FrameColumns, _ index: Int) {
        tenths = columns.levels(at: index).tenths
        flags = columns.states[index] & ~StoredValues.originMask
    }

    init(_ frame: LoggedFrame) {
        tenths = frame.tenths
        flags = frame.state & ~StoredValues.originMask
    }
}
