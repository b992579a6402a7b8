//  StatisticsTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The store's numbers` {
    @Test func `follow frames from memory to the log to segments`() throws {
        let disk = SimulatedDisk()
        var engine = try StoreModel.open(disk, seed: 1)
        var source = SampleFrames(from: StoreModel.start)
        #expect(numbers(engine) == StoreStatistics())

        _ = try engine.append(source.next(30), now: StoreModel.now)
        var expected = StoreStatistics()
        expected.framesWaiting = 30
        #expect(numbers(engine) == expected)

        try engine.commit()
        try engine.commit()
        expected.framesWaiting = 0
        expected.framesInHead = 30
        expected.framesStored = 30
        expected.commits = 1
        expected.logFiles = 1
        expected.logBytes = bytes(disk, "wal/")
        #expect(numbers(engine) == expected)

        engine = try StoreModel.open(disk, seed: 2)
        expected.framesStored = 0
        expected.commits = 0
        // The last commit is written once more: nobody knows whether its sync returned.
        expected.logFiles = 2
        expected.logBytes = bytes(disk, "wal/")
        #expect(numbers(engine) == expected, "after a start")

        try engine.seal()
        expected.framesInHead = 0
        expected.logFiles = 0
        expected.logBytes = 0
        expected.segments = [0: segments(1, bytes(disk, "seg/0"))]
        #expect(numbers(engine) == expected)

        let imported = FrameColumns(source.next(10))
        _ = try engine.importFrames([`Meter intervals`.unit: imported])
        expected.framesStored = 10
        expected.segments[1] = segments(1, bytes(disk, "seg/1"))
        #expect(numbers(engine) == expected)
    }

    @Test func `count what is damaged`() throws {
        let disk = SimulatedDisk()
        let engine = try StoreModel.open(disk, seed: 1)
        var source = SampleFrames(from: StoreModel.start)
        _ = try engine.append(source.next(30), now: StoreModel.now)
        try engine.seal()
        disk.forget(disk.files.first { $0.hasPrefix("seg/") }!)
        #expect(numbers(try StoreModel.open(disk, seed: 2)).damageCount == 1)
    }

    private func numbers(_ engine: StoreEngine) -> StoreStatistics {
        engine.view.withState { $0.statistics }
    }

    private func segments(_ count: Int, _ bytes: Int) -> StoreStatistics.Segments {
        var segments = StoreStatistics.Segments()
        segments.count = count
        segments.bytes = bytes
        return segments
    }

    private func bytes(_ disk: SimulatedDisk, _ prefix: String) -> Int {
        disk.files.filter { $0.hasPrefix(prefix) }.reduce(0) { $0 + disk.bytes($1)!.count }
    }
}
