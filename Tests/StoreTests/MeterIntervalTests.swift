//  MeterIntervalTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `Meter intervals` {
    static let unit = UnitID("NL43-0001")!

    // One letter is a frame, a second after the one before: of run a, b, c, or . of a stopped
    // meter, t of the trail; / seals what is there, | begins a new store from the disk. Each run began
    // at its first letter. What comes out: the run, its last second, ! for an open one.
    @Test(arguments: [
        ("end where another measurement begins", "aaabbb", "a2 b5!"),
        ("end with a stop", "aaa...bb", "a2 b7!"),
        ("are all closed while a meter is stopped", "aabb..", "a1 b3"),
        ("may be one frame long", "abc", "a0 b1 c2!"),
        ("are found in a segment", "aaabb/.", "a2 b4"),
        ("go on from a segment to the head", "aa/ab", "a2 b3!"),
        ("go on over segments", "aa/aa/aa/", "a5!"),
        ("outlive a start of the program", "aab|b/b|.", "a1 b4"),
        ("are one when a meter goes on after a stop", "aa..aab", "a5 b6!"),
        ("are none before anything was measured", "...", ""),
        ("pass over the trail in a hole", "aattaa", "a5!"),
        ("pass over the trail when it comes to the disk", "aat/ta/a", "a5!"),
        ("are none of the trail", "tt/tb", "b3!"),
        ("end before the trail where another measurement begins", "aatt/bb", "a1 b5!"),
    ])
    func `are what each run came to`(what: String, frames: String, intervals: String) throws {
        let disk = SimulatedDisk()
        var engine = try StoreModel.open(disk, seed: 1)
        var starts: [Character: Timestamp] = [:]
        var second: Int64 = 0
        for letter in frames {
            switch letter {
            case "/": try engine.seal()
            case "|":
                try engine.commit()
                engine = try StoreModel.open(disk, seed: 2)
            default:
                let time = StoreModel.start.advanced(byMilliseconds: second * 1000)
                let isOfRun = letter != "." && letter != "t"
                if isOfRun, starts[letter] == nil { starts[letter] = time }
                var frame = Self.frame(at: time, start: starts[letter])
                if letter == "t" { frame.state.origin = .trail }
                _ = try engine.append([frame], now: StoreModel.now)
                second += 1
            }
        }
        try engine.commit()
        let answer = Self.answer(engine, Self.all)
        let text = answer.intervals.map { interval in
            let run = starts.first { $0.value == interval.from }.map { String($0.key) } ?? "?"
            let last = interval.to.milliseconds(since: StoreModel.start) / 1000
            return "\(run)\(last)\(interval.isOpen ? "!" : "")"
        }
        #expect(text.joined(separator: " ") == intervals, Comment(rawValue: what))
        for interval in answer.intervals {
            #expect(interval.levels == Self.frame(at: interval.to, start: nil).levels)
        }
    }

    @Test func `are those that end in the range, and the open one that touches it`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        for second in 0..<30 as Range<Int64> {
            let start = StoreModel.start.advanced(byMilliseconds: second / 10 * 10_000)
            let time = StoreModel.start.advanced(byMilliseconds: second * 1000)
            _ = try engine.append([Self.frame(at: time, start: start)], now: StoreModel.now)
        }
        try engine.commit()
        func ends(_ from: Int64, _ to: Int64) -> [Int64] {
            let range = TimeRange(
                start: StoreModel.start.advanced(byMilliseconds: from * 1000),
                end: StoreModel.start.advanced(byMilliseconds: to * 1000))!
            return Self.answer(engine, range).intervals
                .map { $0.to.milliseconds(since: StoreModel.start) / 1000 }
        }
        #expect(ends(0, 30) == [9, 19, 29])
        #expect(ends(10, 19) == [])
        #expect(ends(9, 19) == [9])
        #expect(ends(10, 20) == [19])
        #expect(ends(21, 25) == [29])
        #expect(ends(30, 40) == [])
    }

    @Test func `begin no later than they end, whatever the upstream's clock did`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        let start = StoreModel.start.advanced(byMilliseconds: 60_000)
        let frame = Self.frame(at: StoreModel.start, start: start)
        _ = try engine.append([frame], now: StoreModel.now)
        try engine.commit()
        let interval = try #require(Self.answer(engine, Self.all).intervals.first)
        #expect(interval.from == frame.time && interval.to == frame.time)
    }

    @Test func `end before what was deleted`() throws {
        let engine = try StoreModel.open(SimulatedDisk(), seed: 1)
        var source = SampleFrames(from: StoreModel.start)
        let frames = source.next(20)
        _ = try engine.append(frames, now: StoreModel.now)
        try engine.seal()
        _ = try engine.deleteFrames(
            of: frames[0].unit, in: TimeRange(start: frames[15].time, end: StoreModel.now)!)
        #expect(Self.answer(engine, Self.all).intervals.map(\.to) == [frames[14].time])
    }

    @Test func `are missing, and named, when their last block is damaged`() throws {
        let disk = SimulatedDisk()
        let engine = try StoreModel.open(disk, seed: 1)
        var source = SampleFrames(from: StoreModel.start)
        var frames = source.next(20)
        source.restart()
        frames += source.next(20)
        _ = try engine.append(frames, now: StoreModel.now)
        try engine.seal()
        let segment = engine.view.withState { $0.segments[0] }
        let block = try segment.blocks()[0]
        var bytes = disk.bytes(segment.name)!
        bytes[block.pages[3].place.offset + 20] ^= 1
        disk.put(segment.name, bytes)
        let survivor = try StoreModel.open(disk, seed: 2)
        let answer = Self.answer(survivor, Self.all)
        #expect(answer.intervals.map(\.to) == [frames[39].time])
        #expect(answer.damage.map(\.from) == [frames[0].time])
        #expect(answer.damage.map(\.to) == [frames[19].time])
        // A damaged one takes no room on the page.
        let first = SegmentHistory(view: survivor.view)
            .readIntervals(of: Self.unit, in: Self.all, limit: 1)
        #expect(first.intervals.count == 1 && !first.hasMore)
    }

    /// Runs, stops, late frames, clocks set back, imports, seals, merges and starts of the program
    /// in any order: frames and intervals are what a list of all frames says.
    @Test(arguments: 0..<80 as Range<UInt64>)
    func `agree with a list of all frames`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var life = Life(seed: seed, engine: try StoreModel.open(SimulatedDisk(), seed: seed))
        for _ in 0..<40 { try life.step(&random) }
        try life.finish()
        let frames = life.frames.values.sorted { $0.time < $1.time }
        let stored = SegmentHistory(view: life.engine.view)
            .readFrames(of: Self.unit, in: Self.all, limit: .max).columns.frames(of: Self.unit)
        #expect(stored == frames)
        let span = frames.last!.time.milliseconds(since: frames[0].time)
        for _ in 0..<10 {
            let from = frames[0].time.advanced(
                byMilliseconds: .random(in: -10_000...span, using: &random))
            let to = from.advanced(byMilliseconds: .random(in: 1...span, using: &random))
            let range = TimeRange(start: from, end: to)!
            let expected = naive(frames, range)
            #expect(Self.answer(life.engine, range).intervals == expected)
            #expect(pages(life.engine, range, limit: .random(in: 1...3, using: &random)) == expected)
        }
    }

    private func naive(_ frames: [Frame], _ range: TimeRange) -> [MeterInterval] {
        var lastOfRun: [Timestamp: Frame] = [:]
        for frame in frames {
            if let start = frame.measurementStart { lastOfRun[start] = frame }
        }
        return lastOfRun.sorted { $0.value.time < $1.value.time }.compactMap { start, last in
            let isOpen = last == frames.last
            let touches = isOpen && start < range.end && range.start <= last.time
            guard range.contains(last.time) || touches else { return nil }
            return MeterInterval(start: start, to: last.time, levels: last.levels, isOpen: isOpen)
        }
    }

    private func pages(_ engine: StoreEngine, _ range: TimeRange, limit: Int) -> [MeterInterval] {
        var found: [MeterInterval] = []
        var rest = range
        while true {
            let page = SegmentHistory(view: engine.view)
                .readIntervals(of: Self.unit, in: rest, limit: limit)
            found += page.intervals
            guard page.hasMore, let last = page.intervals.last else { return found }
            rest = TimeRange(start: last.to.advanced(byMilliseconds: 1), end: range.end)!
        }
    }

    static let all = TimeRange(
        start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max / 4))!

    static func answer(_ engine: StoreEngine, _ range: TimeRange) -> StoredIntervals {
        SegmentHistory(view: engine.view).readIntervals(of: unit, in: range, limit: .max)
    }

    /// A frame whose levels follow from its time.
    static func frame(at time: Timestamp, start: Timestamp?) -> Frame {
        var levels = Levels()
        let step = Int16(time.milliseconds / 1000 % 500)
        for metric in Metric.allCases {
            levels[metric] = Level(tenths: 400 + step + Int16(metric.rawValue))
        }
        return Frame(
            unit: unit, time: time, levels: levels, state: start == nil ? [] : .measuring,
            measurementStart: start)
    }
}

/// What may happen to the frames of one unit on their way into a store, and all of them.
private struct Life {
    var engine: StoreEngine
    /// By time: the first write wins.
    var frames: [Timestamp: Frame] = [:]
    private var source: SampleFrames
    private var held: [Frame] = []
    private var isStopped = false
    private let disk: SimulatedDisk
    private let seed: UInt64

    init(seed: UInt64, engine: StoreEngine) {
        self.seed = seed
        self.engine = engine
        disk = engine.disk as! SimulatedDisk
        source = SampleFrames(seed: seed, from: StoreModel.start)
    }

    mutating func step(_ random: inout SplitMix64) throws {
        switch Int.random(in: 0..<16, using: &random) {
        case 0..<5: try give(next(.random(in: 1...60, using: &random), &random))
        case 5: source.restart()
        case 6: isStopped.toggle()
        case 7: source.skip(seconds: .random(in: -60...7200, using: &random))
        case 8: held += next(.random(in: 1...10, using: &random), &random)
        case 9:
            try give(held.map { Life.frame($0, .late) })
            held = []
        case 10:
            let imported = next(.random(in: 1...100, using: &random), &random)
                .map { Life.frame($0, .imported) }.filter { frames[$0.time] == nil }
                .sorted { $0.time < $1.time }
            for frame in imported { frames[frame.time] = frame }
            _ = try engine.importFrames([`Meter intervals`.unit: FrameColumns(imported)])
        case 11, 12: try engine.seal()
        case 13: _ = try engine.compact(now: StoreModel.now, force: true)
        case 14: try engine.commit()
        default:
            try engine.commit()
            engine = try StoreModel.open(disk, seed: seed)
        }
    }

    mutating func finish() throws {
        try give(held + source.next(1))
        try engine.commit()
    }

    private mutating func next(_ count: Int, _ random: inout SplitMix64) -> [Frame] {
        source.next(count).map { frame in
            var frame = frame
            if isStopped {
                frame.state.remove(.measuring)
                frame.measurementStart = nil
            }
            if Int.random(in: 0..<9, using: &random) == 0 { frame.state.insert(.over) }
            if Int.random(in: 0..<9, using: &random) == 0 { frame.state.insert(.under) }
            return frame
        }
    }

    private mutating func give(_ given: [Frame]) throws {
        for frame in given where frames[frame.time] == nil { frames[frame.time] = frame }
        _ = try engine.append(given, now: StoreModel.now)
    }

    private static func frame(_ frame: Frame, _ origin: FrameState.Origin) -> Frame {
        var frame = frame
        frame.state.origin = origin
        return frame
    }
}
