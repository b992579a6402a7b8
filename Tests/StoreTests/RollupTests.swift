//  RollupTests.swift · StoreTests
//
//  Rows and histograms must give what frames give, whatever is asked of them.

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A question in buckets` {
    static let unit = UnitID("NL43-0001")!
    static let monday = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!
    private static let day: Int64 = 86_400_000

    // Hours of three days; what the answer is made of.
    @Test(arguments: [
        ("whole hours from rows of an hour", 0.0, 72.0, 3600, 0, BucketSource.hours),
        ("six hours, with odd ends", 1.37, 70.911, 21_600, 0, .hours),
        ("whole days", 0.0, 72.0, 86_400, 0, .hours),
        ("one bucket of everything", 3.3, 55.5, 0, 0, .hours),
        ("half hours from rows of 5 minutes", 0.5, 48.25, 1800, 0, .fiveMinutes),
        ("five minutes, with odd ends", 7.777, 31.001, 300, 0, .fiveMinutes),
        ("days of a zone half an hour off", 2.0, 70.0, 86_400, 1800, .fiveMinutes),
        ("minutes from frames", 5.0, 9.0, 60, 0, .raw),
        ("hours that begin at odd seconds, from frames", 1.0, 20.0, 3600, 7, .raw),
    ])
    func `is answered from rows as from frames`(
        what: String, from: Double, to: Double, step: Int64, offset: Int64, source: BucketSource
    ) async throws {
        for seed in 0..<6 as Range<UInt64> {
            let (engine, frames) = try filled(seed: seed)
            let question = question(from: from, to: to, step: step, offset: offset)
            let got = await SegmentHistory(view: engine.view).readBuckets(question)
            #expect(got.source == source, Comment(rawValue: what))
            #expect(got.damage == [])
            expectSame(got.buckets, naive(question, frames), "\(what), seed \(seed)")
        }
    }

    @Test(arguments: [
        ("hours", 0.0, 72.0, 3600, BucketSource.hours),
        ("days, by the day's histogram", 0.0, 72.0, 86_400, .hours),
        ("six hours with odd ends", 1.37, 70.911, 21_600, .hours),
        ("everything", 0.2, 71.9, 0, .hours),
        ("ten minutes: there are no histograms of them", 1.0, 30.0, 600, .raw),
    ])
    func `gives exact LN`(
        what: String, from: Double, to: Double, step: Int64, source: BucketSource
    ) async throws {
        for seed in 0..<4 as Range<UInt64> {
            let (engine, frames) = try filled(seed: seed)
            let question = question(
                from: from, to: to, step: step, offset: 0, exceedances: [1, 10, 50, 90, 99])
            let got = await SegmentHistory(view: engine.view).readBuckets(question)
            #expect(got.source == source, Comment(rawValue: what))
            let expected = naive(question, frames)
            expectSame(got.buckets, expected, what)
            for index in 0..<expected.count {
                for percent in question.exceedances {
                    #expect(
                        got.buckets.exceedanceLevel(percent: percent, index)
                            == expected.exceedanceLevel(percent: percent, index))
                }
            }
        }
    }

    @Test func `is answered from frames where a day is not whole in one place`() async throws {
        let (engine, frames) = try filled(seed: 3)
        // An import of the second day, into one of its gaps, makes a second segment of it.
        let time = Self.monday.advanced(byMilliseconds: Self.day + 18 * 3_600_000 + 333)
        var extra = frames[0]
        extra.time = time
        extra.levels[.lp] = Level(tenths: 1234)
        _ = try engine.importFrames([Self.unit: FrameColumns([extra])])
        let question = question(from: 0, to: 72, step: 3600, offset: 0)
        let got = await SegmentHistory(view: engine.view).readBuckets(question)
        let all = (frames + [extra]).sorted { $0.time < $1.time }
        expectSame(got.buckets, naive(question, all), "two segments of a day")
        #expect(got.buckets.maxima[0].max() == 1234)
        // Once merged, rows serve again.
        _ = try engine.compact(now: Self.monday.advanced(byMilliseconds: 9 * Self.day), force: true)
        #expect(engine.view.withState { $0.segments.count } == 3)
        let merged = await SegmentHistory(view: engine.view).readBuckets(question)
        expectSame(merged.buckets, naive(question, all), "merged")
    }

    @Test func `survives damaged rows: frames take their place, and it is said`() async throws {
        let disk = SimulatedDisk()
        let (engine, frames) = try filled(seed: 5, on: disk)
        let segment = engine.view.withState { $0.segments[1] }
        let hours = try segment.contents()[0].row.rollups[.hours]
        var bytes = disk.bytes(segment.name)!
        bytes[hours.offset + 30] ^= 1
        disk.put(segment.name, bytes)
        let survivor = try StoreModel.open(disk, seed: 9)
        let question = question(from: 0, to: 72, step: 3600, offset: 0)
        let got = await SegmentHistory(view: survivor.view).readBuckets(question)
        expectSame(got.buckets, naive(question, frames), "damaged rows")
        #expect(got.damage.map(\.kind) == ["page"])
    }

    @Test func `is answered from rollups alone when frames are too old`() async throws {
        let (engine, frames) = try filled(seed: 6)
        let question = question(from: 0, to: 72, step: 3600, offset: 0, exceedances: [10])
        let later = Self.monday.advanced(byMilliseconds: 20 * Self.day)
        let short = try StoreModel.open(engine.disk, seed: 1, retentionDays: 17)
        #expect(try short.retire(now: later) == 3)
        #expect(try short.retire(now: later) == 0)
        let got = await SegmentHistory(view: short.view).readBuckets(question)
        let expected = naive(question, frames)
        expectSame(got.buckets, expected, "rollups alone")
        #expect(
            got.buckets.exceedanceLevel(percent: 10, 1)
                == expected.exceedanceLevel(percent: 10, 1))
        let all = TimeRange(start: Self.monday, end: later)!
        #expect(
            SegmentHistory(view: short.view).readFrames(of: Self.unit, in: all, limit: 9)
                .columns.isEmpty)
    }

    @Test func `does not see what was deleted, and sees what came after`() async throws {
        let (engine, frames) = try filled(seed: 7)
        let range = TimeRange(
            start: Self.monday.advanced(byMilliseconds: 30 * 3_600_000),
            end: Self.monday.advanced(byMilliseconds: 40 * 3_600_000))!
        #expect(try engine.deleteFrames(of: Self.unit, in: range))
        let question = question(from: 0, to: 72, step: 3600, offset: 0)
        var rest = frames.filter { !range.contains($0.time) }
        for step in ["hidden", "after a restart", "rewritten"] {
            let engine = step == "hidden" ? engine : try StoreModel.open(engine.disk, seed: 2)
            if step == "rewritten" {
                _ = try engine.compact(now: Self.monday.advanced(byMilliseconds: 9 * Self.day))
            }
            let got = await SegmentHistory(view: engine.view).readBuckets(question)
            expectSame(got.buckets, naive(question, rest), step)
        }
        let engine2 = try StoreModel.open(engine.disk, seed: 3)
        #expect(engine2.view.withState { $0.tombstones } == [])
        // A correction is delete, then import.
        var corrected = frames.first { range.contains($0.time) }!
        corrected.levels[.lp] = Level(tenths: 1111)
        _ = try engine2.importFrames([Self.unit: FrameColumns([corrected])])
        rest = (rest + [corrected]).sorted { $0.time < $1.time }
        let got = await SegmentHistory(view: engine2.view).readBuckets(question)
        expectSame(got.buckets, naive(question, rest), "corrected")
    }

    @Test func `stays deleted when frames are let go`() async throws {
        let (engine, frames) = try filled(seed: 8)
        let range = TimeRange(
            start: Self.monday.advanced(byMilliseconds: 30 * 3_600_000),
            end: Self.monday.advanced(byMilliseconds: 40 * 3_600_000))!
        _ = try engine.deleteFrames(of: Self.unit, in: range)
        for _ in 0..<3 { #expect(try engine.releaseOldestDay() != nil) }
        #expect(try engine.releaseOldestDay() == nil)
        let question = question(from: 0, to: 72, step: 3600, offset: 0)
        let got = await SegmentHistory(view: engine.view).readBuckets(question)
        expectSame(got.buckets, naive(question, frames.filter { !range.contains($0.time) }), "let go")
    }

    @Test func `goes on from the rows of a day whose frames were let go, whatever comes later`()
        async throws
    {
        let (engine, frames) = try filled(seed: 9)
        for _ in 0..<3 { _ = try engine.releaseOldestDay() }
        var late = frames[0]
        late.time = Self.monday.advanced(byMilliseconds: 5 * 3_600_000 + 77)
        late.levels[.lp] = Level(tenths: 1299)
        _ = try engine.importFrames([Self.unit: FrameColumns([late])])
        let question = question(from: 0, to: 72, step: 3600, offset: 0)
        for _ in 0..<2 {
            let got = await SegmentHistory(view: engine.view).readBuckets(question)
            expectSame(got.buckets, naive(question, frames), "a frame of a released day")
            _ = try engine.releaseOldestDay()
        }
    }

    @Test func `is not held up by a day whose index is damaged`() throws {
        let disk = SimulatedDisk()
        let (engine, _) = try filled(seed: 10, on: disk)
        let segment = engine.view.withState { $0.segments[0] }
        var bytes = disk.bytes(segment.name)!
        bytes[Int(segment.footer.indexOffset) + 20] ^= 1
        disk.put(segment.name, bytes)
        let survivor = try StoreModel.open(disk, seed: 9)
        for _ in 0..<3 { _ = try survivor.releaseOldestDay() }
        #expect(survivor.view.withState { $0.segments.map(\.header.holdsFrames) } == [false, false])
        #expect(survivor.view.withState { $0.damage.map(\.file) } == [segment.name])
    }

    /// The trail comes afterwards, into the day's frames or among them.
    @Test func `gives no time to the trail, wherever its frames lie`() async throws {
        for seed in 0..<4 as Range<UInt64> {
            let (engine, frames) = try filled(seed: seed * 2)
            let all = frames.withTrail(seed: seed)
            let trail = all.filter(\.isOfTrail)
            #expect(trail.count > 1000)
            _ = try engine.importFrames([Self.unit: FrameColumns(trail)])
            for step in ["beside", "merged"] {
                for (from, to, width) in [
                    (0.0, 72.0, 3600), (1.37, 70.911, 21_600), (7.777, 31.001, 300), (5.0, 9.0, 60),
                ] as [(Double, Double, Int64)] {
                    let question = question(from: from, to: to, step: width, offset: 0)
                    let got = await SegmentHistory(view: engine.view).readBuckets(question)
                    let readings = naive(question, frames)
                    #expect(got.buckets.coveredTicks == readings.coveredTicks, "\(step) \(width)")
                    #expect(got.buckets.samples == readings.samples, "\(step) \(width)")
                    expectSame(got.buckets, naive(question, all), "\(step) \(width)")
                }
                _ = try engine.compact(
                    now: Self.monday.advanced(byMilliseconds: 9 * Self.day), force: true)
            }
        }
    }

    // MARK: -

    /// Three days, settled: gaps, restarts and resets, a stop, two cadences, NULLs, overload, and
    /// the trail among them for odd seeds.
    private func filled(
        seed: UInt64, on disk: SimulatedDisk = SimulatedDisk()
    ) throws -> (engine: StoreEngine, frames: [Frame]) {
        var random = SplitMix64(seed: seed)
        let engine = try StoreModel.open(disk, seed: seed)
        var frames: [Frame] = []
        for day in 0..<3 {
            var source = SampleFrames(
                seed: random.next(),
                from: Self.monday.advanced(byMilliseconds: Int64(day) * Self.day + 3000),
                intervalMilliseconds: day == 1 ? 9970 : 4000)
            let end = Self.monday.advanced(byMilliseconds: Int64(day + 1) * Self.day)
            while frames.last.map({ $0.time.advanced(byMilliseconds: 6_000_000) < end }) ?? true {
                var part = source.next(.random(in: 100...900, using: &random))
                switch Int.random(in: 0..<5, using: &random) {
                case 0: source.skip(seconds: .random(in: 20...4000, using: &random))
                case 1: source.restart()
                case 2: for index in part.indices { part[index].state = [] }
                case 3:
                    for index in part.indices where index % 7 == 0 {
                        part[index].levels[.lp] = nil
                        part[index].levels[.lmax] = nil
                    }
                default: for index in part.indices where index % 50 == 0 { part[index].state.insert(.over) }
                }
                frames += part.filter { $0.time < end }
            }
        }
        if seed % 2 == 1 { frames = frames.withTrail(seed: seed) }
        var other = SampleFrames(unit: "NL43-0002", from: Self.monday)
        _ = try engine.importFrames([
            Self.unit: FrameColumns(frames), UnitID("NL43-0002")!: FrameColumns(other.next(100)),
        ])
        return (engine, frames)
    }

    /// - Parameter step: 0 for one bucket.
    private func question(
        from: Double, to: Double, step: Int64, offset: Int64, exceedances: [Int] = []
    ) -> BucketQuestion {
        let start = Self.monday.milliseconds + Int64(from * 3_600_000)
        let end = Self.monday.milliseconds + Int64(to * 3_600_000)
        var edges = [start, end]
        if step > 0 {
            let first = floorDivide(start - offset * 1000, by: step * 1000) * step * 1000 + offset * 1000
            edges = [first]
            while edges.last! < end { edges.append(edges.last! + step * 1000) }
        }
        return BucketQuestion(
            unit: Self.unit,
            range: TimeRange(
                start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end))!,
            edges: edges, exceedances: exceedances)
    }

    private func naive(_ question: BucketQuestion, _ frames: [Frame]) -> LevelBuckets {
        var buckets = LevelBuckets(
            edges: question.edges, range: question.range,
            histograms: question.histograms)
        buckets.add(FrameColumns(frames))
        return buckets
    }

    private func expectSame(_ got: LevelBuckets, _ expected: LevelBuckets, _ what: String) {
        let comment = Comment(rawValue: what)
        #expect(got.coveredTicks == expected.coveredTicks, comment)
        #expect(got.overloadedTicks == expected.overloadedTicks, comment)
        #expect(got.samples == expected.samples, comment)
        #expect(got.minima == expected.minima && got.maxima == expected.maxima, comment)
        #expect(got.lasts == expected.lasts, comment)
        for index in 0..<expected.count {
            switch (got.mean(index), expected.mean(index)) {
            case (let a?, let b?): #expect(abs(a - b) < 0.001, comment)
            case (nil, nil): break
            default: Issue.record(comment)
            }
        }
    }
}
