//  ImportIntake.swift · Serve
//
//  Where the readers of all formats put their rows: each is judged, and waits in its unit's lane
//  until the lanes are handed to the store.
//
//      reader ──row──▶ intake ──▶ lane a ▓▓▓▓▓▓▓
//                         │  └──▶ lane b ▓▓▓        ──full──▶ FrameImport.add
//                         └─────▶ report (refused rows)

import Monitoring

/// Rows of one import on their way to the store. One task at a time.
final class ImportIntake {
    /// How much waits before something is handed over; what one piece of the body brings comes on
    /// top.
    struct Bounds: Sendable {
        /// Frames of one unit, which then go together.
        var laneFrames = 65_536
        /// Frames of all units, which then all go.
        var waitingFrames = 524_288
    }

    private let bounds: Bounds
    /// Times that the store takes.
    let times: TimeRange
    private let earliest: Int64
    private let end: Int64
    private(set) var lanes: [FrameLane] = []
    private(set) var report = ImportReport()
    private var waiting = 0
    private var fullest = 0

    init(times: TimeRange, bounds: Bounds = Bounds()) {
        self.times = times
        self.bounds = bounds
        earliest = times.start.milliseconds
        end = times.end.milliseconds
    }

    /// A new lane.
    /// - Returns: its index.
    func addLane(of unit: UnitID) -> Int {
        lanes.append(FrameLane(unit: unit))
        return lanes.count - 1
    }

    func reject(_ row: Int, _ reason: @autoclosure () -> String) { report.reject(row, reason()) }

    /// Takes a row with at least one level, whose values are each possible; or refuses it for its
    /// time.
    @inline(__always)
    func take(_ row: ImportRow, number: Int, lane: Int) {
        guard row.time >= earliest, row.time < end else { return rejectTime(row.time, number) }
        let lane = lanes[lane]
        lane.append(row)
        waiting += 1
        fullest = max(fullest, lane.count)
    }

    /// Takes those of `count` records of one unit that are possible.
    ///
    /// - Parameter refuse: called with the index of each of the others.
    func take(
        records: UnsafeRawPointer, count: Int, lane: Int, refuse: (Int) -> Void
    ) {
        let lane = lanes[lane]
        let before = lane.count
        lane.append(records: records, count: count, in: earliest..<end, refuse: refuse)
        waiting += lane.count - before
        fullest = max(fullest, lane.count)
    }

    /// Refuses a row for its time.
    @inline(never)
    func rejectTime(_ time: Int64, _ number: Int) {
        reject(
            number,
            time < earliest
                ? "t is before \(times.start), the oldest time that is kept"
                : "t is at or after \(times.end), which is too far ahead")
    }

    /// Whether the store should be given something before more is read.
    var isFull: Bool { fullest >= bounds.laneFrames || waiting >= bounds.waitingFrames }

    /// Takes out what should leave: the lanes that are full, or all of them.
    ///
    /// - Parameter everything: at the end.
    func drain(everything: Bool = false) -> [(unit: UnitID, frames: FrameColumns)] {
        let takesAll = everything || waiting >= bounds.waitingFrames
        var drained: [(unit: UnitID, frames: FrameColumns)] = []
        fullest = 0
        for lane in lanes where lane.count > 0 {
            guard takesAll || lane.count >= bounds.laneFrames else {
                fullest = max(fullest, lane.count)
                continue
            }
            waiting -= lane.count
            for columns in lane.drain() { drained.append((lane.unit, columns)) }
        }
        return drained
    }
}
