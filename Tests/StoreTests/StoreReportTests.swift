//  StoreReportTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A report on the store` {
    @Test func `counts frames, units, days and bytes by where they are`() throws {
        var model = try StoreModel(seed: 1)
        _ = try model.engine.append(model.next(900, of: 0), now: StoreModel.now)
        _ = try model.engine.append(model.next(90, of: 1), now: StoreModel.now)
        try model.engine.seal()
        _ = try model.engine.compact(now: StoreModel.now.advanced(byMilliseconds: 1 << 40))
        _ = try model.engine.append(model.next(20, of: 0), now: StoreModel.now)
        try model.engine.seal()
        try model.commit(7, of: 2)
        let report = try StoreStatisticsReport(on: model.disk)
        #expect(report.frames == 1017 && report.units == 3)
        #expect(report.days == 2, "from 23:50 on")
        #expect(report.levels[1]?.frames == 990 && report.levels[0]?.frames == 20)
        #expect(report.log == .init(files: 1, frames: 7, bytes: report.log.bytes))
        let sizes = model.disk.files.filter { $0.hasPrefix("seg/") || $0.hasPrefix("wal/") }
            .reduce(0) { $0 + model.disk.bytes($1)!.count }
        #expect(report.bytes == sizes)
        let times = model.given.values.flatMap(\.keys)
        #expect(report.oldest == times.min() && report.newest == times.max())
        #expect(report.bytesPerFrame.map { $0 > 1 && $0 < 10 } == true)
        #expect(try StoreCheck(on: model.disk).frameCount == 1017)
    }

    @Test func `of an empty store is empty`() throws {
        let report = try StoreStatisticsReport(on: SimulatedDisk())
        #expect(report.frames == 0 && report.bytesPerFrame == nil && report.oldest == nil)
        let check = try StoreCheck(on: SimulatedDisk())
        #expect(check.damage == [] && check.frameCount == 0)
    }

    /// Merging by hand seals the log first, loses nothing, and leaves one file a day.
    @Test func `tells what merging did`() throws {
        var model = try StoreModel(seed: 1)
        for _ in 0..<3 {
            _ = try model.engine.append(model.next(50, of: 0), now: StoreModel.now)
            try model.engine.seal()
        }
        try model.commit(10, of: 0)
        let report = try StoreMaintenance.compact(
            model.disk, now: StoreModel.now, force: true, acceptsLoss: false, randomBits: { 9 })
        #expect(report.merged == 4 && report.accepted == [])
        #expect(report.before.frames == 160 && report.after.frames == 160)
        #expect(report.after.levels.keys.sorted() == [1])
        try model.crash(seed: 1)
        #expect(model.stored(StoreModel.units[0]).count == 160)
    }
}
