//  FrameStateTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A frame's state` {
    /// Measuring, over, under and origin in every combination.
    static let states = (0..<64 as Range<UInt8>).filter { $0 & 8 == 0 }
        .map(FrameState.init(rawValue:))

    @Test func `is the same wherever a frame lies and however it came`() throws {
        let disk = SimulatedDisk()
        var engine = try StoreModel.open(disk, seed: 1)
        let given = frames(from: StoreModel.start)
        let imported = frames(from: StoreModel.start.advanced(byMilliseconds: 3_600_000))
        // Every other one behind those that come before it.
        let early = given.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
        let behind = given.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
        _ = try engine.append(early + behind, now: StoreModel.now)
        try engine.commit()
        #expect(stored(engine) == given, "in the head")
        engine = try StoreModel.open(disk, seed: 2)
        #expect(stored(engine) == given, "from the log")
        try engine.seal()
        #expect(stored(engine) == given, "in a segment")
        _ = try engine.importFrames([`Meter intervals`.unit: FrameColumns(imported)])
        #expect(stored(engine) == given + imported, "imported")
        try engine.seal()
        _ = try engine.append([], now: StoreModel.now)
        let later = StoreModel.now.advanced(byMilliseconds: 2 * 86_400_000)
        #expect(try engine.compact(now: later) > 0)
        #expect(stored(engine) == given + imported, "merged")
        #expect(stored(try StoreModel.open(disk, seed: 3)) == given + imported, "after a start")
    }

    @Test func `without measuring is of no run`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        var frame = `Meter intervals`.frame(at: StoreModel.start, start: StoreModel.start)
        frame.state.remove(.measuring)
        _ = try engine.append([frame], now: StoreModel.now)
        try engine.commit()
        #expect(stored(engine).map(\.measurementStart) == [nil])
    }

    private func frames(from start: Timestamp) -> [Frame] {
        Self.states.enumerated().map { second, state in
            let time = start.advanced(byMilliseconds: Int64(second) * 1000)
            var frame = `Meter intervals`.frame(
                at: time, start: state.contains(.measuring) ? start : nil)
            frame.state = state
            return frame
        }
    }

    private func stored(_ engine: StoreEngine) -> [Frame] {
        SegmentHistory(view: engine.view)
            .readFrames(of: `Meter intervals`.unit, in: `Meter intervals`.all, limit: .max)
            .columns.frames(of: `Meter intervals`.unit)
    }
}
