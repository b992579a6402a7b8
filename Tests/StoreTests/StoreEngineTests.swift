//  StoreEngineTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The store` {
    static let noon = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
    static let unit = UnitID("NL43-0001")!

    @Test func `answers nothing that is not on disk`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        var source = SampleFrames(from: Self.noon)
        _ = try engine.append(source.next(5), now: Self.noon)
        #expect(stored(engine).isEmpty)
        try engine.commit()
        #expect(stored(engine).count == 5)
    }

    @Test func `drops a repetition, refuses a contradiction, takes a late frame`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        var source = SampleFrames(from: Self.noon)
        let frames = source.next(10)
        _ = try engine.append(Array(frames[0..<4] + frames[5...]), now: Self.noon)
        for stage in ["waiting", "in the head", "sealed"] {
            var other = frames[2]
            other.levels[.lp] = Level(tenths: 999)
            let summary = try engine.append([frames[3], other], now: Self.noon)
            #expect(summary.duplicates == 1, Comment(rawValue: stage))
            #expect(summary.conflictsByUnit == [Self.unit: 1], Comment(rawValue: stage))
            stage == "waiting" ? try engine.commit() : try engine.seal()
        }
        var late = frames[4]
        late.state.origin = .late
        #expect(try engine.append([late], now: Self.noon).accepted == 1)
        try engine.commit()
        let answer = stored(engine)
        #expect(answer.map(\.time) == frames.map(\.time))
        #expect(answer.map(\.state.origin) == frames.indices.map { $0 == 4 ? .late : .live })
    }

    @Test func `refuses times that cannot be`() throws {
        var configuration = StoreConfiguration()
        configuration.retentionMilliseconds = 86_400_000
        let engine = try StoreEngine.open(
            disk: SimulatedDisk(), configuration: configuration, randomBits: { 4 })
        var early = SampleFrames(from: Self.noon.advanced(byMilliseconds: -90_000_000))
        var ahead = SampleFrames(from: Self.noon.advanced(byMilliseconds: 400_000))
        let summary = try engine.append([early.next(), ahead.next()], now: Self.noon)
        #expect(summary.rejected == 2)
    }

    @Test func `takes no more than its bound while the disk is full`() throws {
        var configuration = StoreConfiguration()
        configuration.waitingFramesMaximum = 10
        let disk = SimulatedDisk()
        let engine = try StoreEngine.open(
            disk: disk, configuration: configuration, randomBits: { 4 })
        disk.cutPower(at: disk.operations)
        var source = SampleFrames(from: Self.noon)
        _ = try engine.append(source.next(10), now: Self.noon)
        #expect(throws: DiskError.self) { try engine.commit() }
        #expect(engine.view.withState { $0.reasons }.count == 1)
        let one = source.next()
        #expect(throws: StoreError.full) { try engine.append([one], now: Self.noon) }
        disk.cutPower(at: .max)
        try engine.commit()
        #expect(engine.view.withState { $0.reasons } == [])
        #expect(stored(engine).count == 10)
    }

    @Test func `seals, merges and deletes without changing an answer`() throws {
        let disk = SimulatedDisk()
        let engine = try StoreModel.open(disk, seed: 1)
        var source = SampleFrames(from: Self.noon.advanced(byMilliseconds: -43_000_000))
        var given: [Frame] = []
        for _ in 0..<5 {
            let frames = source.next(950)
            given += frames
            _ = try engine.append(frames, now: Self.noon)
            #expect(!engine.isSealDue)
            try engine.commit()
            #expect(engine.isSealDue)
            try engine.seal()
        }
        #expect(stored(engine) == given)
        #expect(try engine.compact(now: Self.noon.advanced(byMilliseconds: 86_400_000)) == 5)
        #expect(disk.files.filter { $0.hasPrefix("seg/") }.count == 1)
        #expect(disk.files.filter { $0.hasPrefix("wal/") } == [])
        #expect(stored(engine) == given)
        #expect(stored(try StoreModel.open(disk, seed: 2)) == given)
    }

    @Test func `imports whole days beside what is there`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        var source = SampleFrames(from: Self.noon.advanced(byMilliseconds: -40_000_000))
        let frames = source.next(3000)
        _ = try engine.append(Array(frames[1000..<1100]), now: Self.noon)
        let summary = try engine.importFrames([Self.unit: FrameColumns(frames)])
        #expect(summary.accepted == 2900 && summary.duplicates == 100)
        #expect(stored(engine) == frames)
    }

    @Test func `answers in pages, and says when there is more`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        var source = SampleFrames(from: Self.noon)
        let frames = source.next(100)
        _ = try engine.append(frames, now: Self.noon)
        try engine.commit()
        let history = SegmentHistory(view: engine.view)
        let page = history.readFrames(of: Self.unit, in: Self.all, limit: 30)
        #expect(page.columns.count == 30 && page.hasMore)
        #expect(page.completeUntil == frames.last!.time)
        let rest = TimeRange(start: frames[30].time, end: Self.all.end)!
        let last = history.readFrames(of: Self.unit, in: rest, limit: 70)
        #expect(last.columns.count == 70 && !last.hasMore)
    }

    @Test func `knows nothing of a unit it never had`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        let history = SegmentHistory(view: engine.view)
        #expect(history.readFrames(of: UnitID("ghost")!, in: Self.all, limit: 1).columns.isEmpty)
        #expect(history.completeUntil(UnitID("ghost")!) == nil)
    }

    /// Buckets do not depend on where frames lie: log, segments of both levels, or both.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func `gives the same buckets wherever frames lie`(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let engine = try StoreModel.open(SimulatedDisk(), seed: seed)
        var source = SampleFrames(seed: seed, from: StoreModel.start, intervalMilliseconds: 1000)
        var frames: [Frame] = []
        for _ in 0..<8 {
            let part = source.next(.random(in: 50...400, using: &random))
            frames += part
            _ = try engine.append(part.shuffled(using: &random), now: StoreModel.now)
            if Bool.random(using: &random) { try engine.commit() } else { try engine.seal() }
            if Bool.random(using: &random) { source.skip(seconds: 40) }
            if Int.random(in: 0..<4, using: &random) == 0 {
                _ = try engine.compact(now: Self.noon, force: true)
            }
        }
        try engine.commit()
        let start = StoreModel.start.milliseconds
        for _ in 0..<5 {
            let from = start + Int64.random(in: 0...600_000, using: &random)
            let to = from + Int64.random(in: 1000...2_000_000, using: &random)
            let range = TimeRange(
                start: Timestamp(milliseconds: from), end: Timestamp(milliseconds: to))!
            let edges = Array(stride(from: from / 60_000 * 60_000, to: to + 60_000, by: 60_000))
            var expected = LevelBuckets(edges: edges, range: range)
            expected.add(FrameColumns(frames))
            let got = await SegmentHistory(view: engine.view)
                .readBuckets(BucketQuestion(unit: Self.unit, range: range, edges: edges)).buckets
            #expect(got.coveredTicks == expected.coveredTicks)
            for index in 0..<got.count {
                #expect(abs((got.mean(index) ?? 0) - (expected.mean(index) ?? 0)) < 1e-9)
            }
            #expect(got.maxima == expected.maxima && got.lasts == expected.lasts)
        }
    }

    /// However frames came - live, late, twice, imported, in whatever order - the store has them
    /// as if they had come one after the other.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `has the same whatever the order in which frames came`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let disk = SimulatedDisk()
        let engine = try StoreModel.open(disk, seed: seed)
        var source = SampleFrames(seed: seed, from: StoreModel.start, intervalMilliseconds: 1000)
        let frames = source.next(600)
        var left = frames.shuffled(using: &random)
        while !left.isEmpty {
            let part = Array(left.prefix(.random(in: 1...120, using: &random)))
            left.removeFirst(part.count)
            let again = part + frames.shuffled(using: &random).filter { !left.contains($0) }.prefix(9)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let days = FrameColumns(again.sorted { $0.time < $1.time }.reduce(into: []) {
                    if $0.last != $1 { $0.append($1) }
                })
                _ = try engine.importFrames([Self.unit: days])
            case 1: _ = try engine.append(again.sorted { $0.time < $1.time }, now: StoreModel.now)
            default: _ = try engine.append(again, now: StoreModel.now)
            }
            if Bool.random(using: &random) { try engine.seal() }
            if Int.random(in: 0..<4, using: &random) == 0 {
                _ = try engine.compact(now: StoreModel.now, force: true)
            }
        }
        try engine.commit()
        #expect(stored(engine) == frames)
        #expect(stored(try StoreModel.open(disk, seed: seed)) == frames)
    }

    @Test func `is as patient as its documents say`() {
        let configuration = StoreConfiguration()
        #expect(configuration.commitInterval == .seconds(1))
        #expect(configuration.sealInterval == .seconds(15 * 60))
        #expect(configuration.waitingFramesMaximum == 1_000_000)
        #expect(configuration.reserveBytes == 16 << 20)
        #expect(Head.framesMaximum == 900 && Head.lateFramesMaximum == 4096)
    }

    @Test func `asks for a seal when late frames are too many`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        var source = SampleFrames(from: Self.noon)
        let frames = source.next(Head.lateFramesMaximum + 1)
        _ = try engine.append([frames.last!], now: StoreModel.now)
        _ = try engine.append(Array(frames[1..<Head.lateFramesMaximum]), now: StoreModel.now)
        try engine.commit()
        let isDueBefore = engine.isSealDue
        _ = try engine.append([frames[0]], now: StoreModel.now)
        try engine.commit()
        let isDue = engine.isSealDue
        #expect(isDue && !isDueBefore)
        try engine.seal()
        #expect(stored(engine) == frames)
    }

    static let all = TimeRange(
        start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max / 4))!

    private func stored(_ engine: StoreEngine) -> [Frame] {
        SegmentHistory(view: engine.view).readFrames(of: Self.unit, in: Self.all, limit: .max)
            .columns.frames(of: Self.unit)
    }
}
