//  LevelBucketsTests.swift · MonitoringTests
//
//  What frames weigh, and every sum against a naive one.

import Monitoring
import Support
import Testing

@Suite struct `Level buckets` {
    static let noon = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!

    @Test(arguments: [
        ("equal levels", [600, 600], 60.0),
        ("50 and 70 dB", [500, 700], 67.03),
        ("a second of 95 dB in a minute of 50 dB", Array(repeating: 500, count: 59) + [950], 77.23),
    ])
    func `average energy`(what: String, tenths: [Int], mean: Double) throws {
        let buckets = filled(tenths.enumerated().map { (Int64($0 + 1) * 1000, $1) }, seconds: 60)
        #expect(abs(try #require(buckets.mean) - mean) < 0.005, Comment(rawValue: what))
    }

    @Test func `weigh a frame by its dwell`() throws {
        let buckets = filled([(1000, 800), (11_000, 500)], seconds: 60)
        #expect(abs(try #require(buckets.mean) - 69.63) < 0.005)
    }

    @Test func `count one second for a frame after a hole`() throws {
        let quiet = (1...885).map { (Int64($0) * 1000, 500) }
        let buckets = filled(quiet + [(960_000, 900)], seconds: 960)
        #expect(try #require(buckets.mean) <= 60.9)
        #expect(buckets.coveredTicks.reduce(0, +) == 8860)
    }

    @Test func `call a watched feed complete`() {
        var times: [(Int64, Int)] = []
        var time: Int64 = 0
        while time < 3_600_000 {
            for index in 0..<30 {
                time += index == 29 ? 2070 : 1030
                times.append((time, 550))
            }
        }
        #expect(filled(times, seconds: 3600).coverage >= 0.999)
    }

    @Test func `leave a stretch without frames empty`() {
        let buckets = filled([(1000, 600), (3_000_000, 600)], seconds: 3600, step: 600)
        #expect(buckets.mean(2) == nil)
        #expect(buckets.maxima[Metric.lp.rawValue][2] == Levels.none)
        #expect(buckets.coveredTicks[2] == 0)
    }

    @Test func `give no weight to frames of a stopped meter`() {
        var columns = FrameColumns()
        var levels = Levels()
        levels[.lp] = Level(tenths: 990)
        columns.append(
            time: Self.noon.milliseconds + 1000, levels: levels.tenths, state: 0,
            run: Run(start: nil))
        var buckets = empty(seconds: 60, step: 60)
        buckets.add(columns)
        #expect(buckets.mean == nil && buckets.samples == [0])
    }

    // Minutes and seconds: a frame of 10 s cadence before, one after; starts of their runs.
    @Test(arguments: [
        ("within a measurement", "0:00", "0:00", 100),
        ("after a reset: the run begins with the frame before", "0:00", "0:50", 100),
        ("after a start: the run begins between the two", "0:00", "0:55", 10),
        ("after a stop", nil, "0:00", 10),
        ("of a run that is not known", "0:00", nil, 10),
    ] as [(String, String?, String?, Int64)])
    func `let a frame reach back`(what: String, before: String?, after: String?, ticks: Int64) {
        var columns = FrameColumns()
        for (time, start) in [(50, before), (60, after)] as [(Int64, String?)] {
            var levels = Levels()
            levels[.lp] = Level(tenths: 600)
            let start = start.map { Timestamp(rfc3339: "2026-11-23T12:0\($0)Z")! }
            columns.append(
                time: Self.noon.milliseconds + time * 1000, levels: levels.tenths,
                state: FrameState.measuring.rawValue, run: Run(start: start))
        }
        var buckets = empty(seconds: 60, step: 60)
        buckets.add(columns)
        // The first frame of all counts a second.
        #expect(buckets.coveredTicks == [10 + ticks], Comment(rawValue: what))
    }

    @Test func `give a dwell to each bucket it covers, and the peak to the one of its time`() {
        let buckets = filled([(8_000, 500), (12_000, 700)], seconds: 20, step: 10)
        #expect(buckets.coveredTicks == [30, 20])
        #expect(buckets.maxima[Metric.lp.rawValue] == [500, 700])
    }

    @Test func `keep the last and the highest of a cumulative metric, never a mean`() {
        var source = SampleFrames(from: Self.noon)
        let frames = source.next(100)
        var buckets = empty(seconds: 200, step: 200)
        buckets.add(FrameColumns(frames))
        #expect(buckets.lasts[Metric.leq.rawValue][0] == frames.last!.levels[.leq]!.tenths)
        #expect(
            buckets.maxima[Metric.lmax.rawValue][0] == frames.map { $0.levels[.lmax]!.tenths }.max())
    }

    // Seconds of readings of 60 dB at 10 s, and one of the trail; covered ticks of the minute.
    @Test(arguments: [
        ("a reading counts from the reading before, not from the trail", [10, 20, 30], 25, 210),
        ("a reading after a hole stays alone", [2, 48], 47, 20),
        ("the first reading stays alone", [30, 40], 29, 110),
        ("nothing else is covered", [], 30, 0),
    ] as [(String, [Int64], Int64, Int64)])
    func `give no time to the trail`(
        what: String, readings: [Int64], trail: Int64, ticks: Int64
    ) {
        let unit = UnitID("a")!
        var frames = readings.map { second in
            var levels = Levels()
            levels[.lp] = Level(tenths: 600)
            return Frame(
                unit: unit, time: Self.noon.advanced(byMilliseconds: second * 1000),
                levels: levels, state: .measuring, measurementStart: Self.noon)
        }
        let time = Self.noon.advanced(byMilliseconds: trail * 1000)
        frames.append(.ofTrail(unit, at: time, leq: 550))
        var buckets = empty(seconds: 60, step: 60)
        buckets.add(FrameColumns(frames.sorted { $0.time < $1.time }))
        #expect(buckets.coveredTicks == [ticks], Comment(rawValue: what))
        #expect(buckets.samples == [Int32(readings.count)])
        #expect(buckets.lasts[Metric.leq.rawValue] == [550])
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `average the same with the trail and without`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let frames = randomFrames(&random)
        var without = empty(seconds: 3600, step: 60, histograms: true)
        without.add(FrameColumns(frames))
        let all = frames.withTrail(seed: seed)
        #expect(all.count > frames.count)
        var with = empty(seconds: 3600, step: 60, histograms: true)
        with.add(FrameColumns(all))
        #expect(with.coveredTicks == without.coveredTicks)
        #expect(with.samples == without.samples)
        #expect(with.minima[Metric.lp.rawValue] == without.minima[Metric.lp.rawValue])
        #expect(with.maxima[Metric.lp.rawValue] == without.maxima[Metric.lp.rawValue])
        #expect(with.lasts[Metric.lmin.rawValue] == without.lasts[Metric.lmin.rawValue])
        for frame in all where frame.isOfTrail {
            let bucket = Int(frame.time.milliseconds(since: Self.noon) / 60_000)
            guard bucket < with.count, let leq = frame.levels[.leq]?.tenths else { continue }
            #expect(with.minima[Metric.leq.rawValue][bucket] <= leq)
            #expect(with.maxima[Metric.leq.rawValue][bucket] >= leq)
        }
        for index in 0..<with.count {
            #expect(abs((with.mean(index) ?? 0) - (without.mean(index) ?? 0)) < 1e-9)
            for percent in [10, 50, 90] {
                #expect(
                    with.exceedanceLevel(percent: percent, index)
                        == without.exceedanceLevel(percent: percent, index))
            }
        }
    }

    @Test func `have their end covered by the next reading, whatever the trail says before it`() {
        let unit = UnitID("a")!
        func reading(_ milliseconds: Int64) -> Frame {
            var levels = Levels()
            levels[.lp] = Level(tenths: 600)
            return Frame(
                unit: unit, time: Self.noon.advanced(byMilliseconds: milliseconds), levels: levels,
                state: FrameState.measuring.from(.imported))
        }
        let point = Frame.ofTrail(unit, at: Self.noon.advanced(byMilliseconds: 61_200), leq: 600)
        for frames in [[reading(57_000), reading(67_000)], [reading(57_000), point, reading(67_000)]] {
            var buckets = empty(seconds: 60, step: 60)
            buckets.add(FrameColumns([reading(47_000)] + frames))
            #expect(buckets.coveredTicks == [140])
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `do not depend on how frames are handed over`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let frames = randomFrames(&random)
        let columns = FrameColumns(seed % 2 == 0 ? frames : frames.withTrail(seed: seed))
        var whole = empty(seconds: 3600, step: 60)
        whole.add(columns)
        var parts = empty(seconds: 3600, step: 60)
        var start = 0
        while start < columns.count {
            let end = min(columns.count, start + Int.random(in: 1...50, using: &random))
            var part = FrameColumns()
            part.append(columns, start..<end)
            parts.add(part)
            start = end
        }
        // Sums of energy may round differently: 1e-9 dB, where 0.01 dB over a year are allowed.
        for index in 0..<whole.count {
            #expect(abs((whole.mean(index) ?? 0) - (parts.mean(index) ?? 0)) < 1e-9)
        }
        #expect(whole.coveredTicks == parts.coveredTicks)
        #expect(whole.maxima == parts.maxima && whole.minima == parts.minima)
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `agree with a naive sum`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let frames = randomFrames(&random)
        var buckets = empty(seconds: 3600, step: 60)
        buckets.add(FrameColumns(frames))
        // Naive: a second array of ticks, each holding the level that covers it.
        var ticks = [Int16?](repeating: nil, count: 36_000)
        let start = Dwell.tick(Self.noon.milliseconds)
        for (index, frame) in frames.enumerated() {
            let previous = index > 0 ? frames[index - 1] : nil
            let dwell = Dwell.ticks(
                at: frame.time.milliseconds, after: previous?.time.milliseconds,
                startsRun: previous?.measurementStart != frame.measurementStart, maximum: 15_000)
            let end = Dwell.tick(frame.time.milliseconds) - start
            for tick in (end - dwell..<end).clamped(to: 0..<36_000) {
                ticks[Int(tick)] = frame.levels[.lp]!.tenths
            }
        }
        for bucket in 0..<60 {
            let covered = ticks[(bucket * 600)..<(bucket * 600 + 600)].compactMap { $0 }
            let naive = Level.energyAverage(covered.map(Level.init(tenths:)))
            #expect(Int64(covered.count) == buckets.coveredTicks[bucket])
            #expect(abs((naive ?? 0) - (buckets.mean(bucket) ?? 0)) < 1e-9)
        }
    }

    private func randomFrames(_ random: inout SplitMix64) -> [Frame] {
        var source = SampleFrames(
            seed: random.next(), from: Self.noon.advanced(byMilliseconds: 2000),
            intervalMilliseconds: [1000, 1030, 10_000, 400].randomElement(using: &random)!)
        var frames: [Frame] = []
        for _ in 0..<20 {
            frames += source.next(.random(in: 1...40, using: &random))
            if Bool.random(using: &random) { source.skip(seconds: .random(in: 5...90, using: &random)) }
            if Int.random(in: 0..<8, using: &random) == 0 {
                source.skip(seconds: 2)
                source.restart()
            }
        }
        return frames
    }

    private func empty(
        seconds: Int64, step: Int64, histograms: Bool = false
    ) -> LevelBuckets {
        let start = Self.noon.milliseconds
        let end = start + seconds * 1000
        return LevelBuckets(
            edges: Array(stride(from: start, through: end, by: Int(step) * 1000)),
            range: TimeRange(start: Self.noon, end: Timestamp(milliseconds: end))!,
            histograms: histograms)
    }

    private func filled(
        _ frames: [(offset: Int64, tenths: Int)], seconds: Int64, step: Int64? = nil
    ) -> LevelBuckets {
        var columns = FrameColumns()
        for frame in frames {
            var levels = Levels()
            levels[.lp] = Level(tenths: Int16(frame.tenths))
            columns.append(
                time: Self.noon.milliseconds + frame.offset, levels: levels.tenths,
                state: FrameState.measuring.rawValue, run: Run(start: Self.noon))
        }
        var buckets = empty(seconds: seconds, step: step ?? seconds)
        buckets.add(columns)
        return buckets
    }
}
