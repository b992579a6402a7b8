//  StoreModel.swift · StoreTests
//
//  The store as a dictionary: what it must answer, whatever happened in between.

import Monitoring
import Support

@testable import Store

/// Drives an engine on a simulated disk, and knows what it promised.
struct StoreModel {
    static let start = Timestamp(rfc3339: "2026-11-23T23:50:00Z")!
    /// When all of it happens: late enough for every frame made here.
    static let now = start.advanced(byMilliseconds: 86_400_000)
    static let units = ["NL43-0001", "NL43-0002", "lonely"].map { UnitID($0)! }

    var disk: SimulatedDisk
    var engine: StoreEngine
    /// Every frame that was ever given to the store.
    var given: [UnitID: [Timestamp: Frame]] = [:]
    /// What a reader has been answered: it must never be missing again.
    var answered: [UnitID: [Timestamp: Frame]] = [:]
    var sources: [SampleFrames]
    /// A question that was not answered as frames are.
    var misanswered: String?
    /// What was given, or deleted, in a call that failed: it may be there or not.
    var uncertain: [UnitID: Set<Timestamp>] = [:]

    init(disk: SimulatedDisk = SimulatedDisk(), seed: UInt64) throws {
        self.disk = disk
        engine = try StoreModel.open(disk, seed: seed)
        sources = StoreModel.units.enumerated().map { number, unit in
            SampleFrames(
                unit: unit.name, seed: seed &* 31 &+ UInt64(number), from: StoreModel.start,
                intervalMilliseconds: [1000, 1030, 10_000][number])
        }
    }

    static func open(
        _ disk: any Disk, seed: UInt64, retentionDays: Int64 = .max / 86_400_000 / 4
    ) throws -> StoreEngine {
        var random = SplitMix64(seed: seed)
        var configuration = StoreConfiguration()
        configuration.retentionMilliseconds = retentionDays * 86_400_000
        return try StoreEngine.open(disk: disk, configuration: configuration) { random.next() }
    }

    /// Does something that a running service does.
    mutating func step(_ random: inout SplitMix64) throws {
        switch Int.random(in: 0..<15, using: &random) {
        case 0..<6: try append(.random(in: 1...40, using: &random), of: .random(in: 0..<3, using: &random))
        case 6..<9:
            try engine.commit()
            read()
        case 9: try engine.seal()
        case 10: try repeatOrDelay(&random)
        case 11: try importSome(&random)
        case 12: try delete(&random)
        case 13: ask(&random)
        default: _ = try engine.compact(now: StoreModel.now, force: Bool.random(using: &random))
        }
    }

    private mutating func append(_ count: Int, of unit: Int) throws {
        let frames = sources[unit].next(count)
        try give(frames)
    }

    /// Frames seen before, or held back for a while: `late`.
    private mutating func repeatOrDelay(_ random: inout SplitMix64) throws {
        let unit = Int.random(in: 0..<3, using: &random)
        let held = sources[unit].next(3)
        try give(sources[unit].next(2))
        try give(held)
        if let known = given[StoreModel.units[unit]]?.values.randomElement(using: &random) {
            try give([known])
        }
    }

    /// A stretch that the service missed, and some of what it has.
    private mutating func importSome(_ random: inout SplitMix64) throws {
        let unit = Int.random(in: 0..<3, using: &random)
        let missed = sources[unit].next(.random(in: 20...300, using: &random))
        let known = given[StoreModel.units[unit], default: [:]].values.prefix(20)
        let frames = (missed + known).sorted { $0.time < $1.time }
        for frame in missed { given[frame.unit, default: [:]][frame.time] = frame }
        do {
            _ = try engine.importFrames([StoreModel.units[unit]: FrameColumns(frames)])
        } catch {
            uncertain[StoreModel.units[unit], default: []].formUnion(missed.map(\.time))
            throw error
        }
        read()
    }

    private mutating func delete(_ random: inout SplitMix64) throws {
        let unit = StoreModel.units.randomElement(using: &random)!
        guard let from = given[unit]?.keys.randomElement(using: &random) else { return }
        let range = TimeRange(
            start: from, end: from.advanced(byMilliseconds: .random(in: 1...90_000, using: &random)))!
        // While it is being done, both are right.
        answered[unit] = answered[unit]?.filter { !range.contains($0.key) }
        do {
            _ = try engine.deleteFrames(of: unit, in: range)
        } catch {
            uncertain[unit, default: []].formUnion(
                (given[unit]?.keys.map { $0 } ?? []).filter { range.contains($0) })
            throw error
        }
        given[unit] = given[unit]?.filter { !range.contains($0.key) }
    }

    /// Notes a question in buckets that is not answered as frames are.
    private mutating func ask(_ random: inout SplitMix64) {
        let unit = StoreModel.units.randomElement(using: &random)!
        let start = StoreModel.start.milliseconds - 3_600_000
        let step = [60_000, 300_000, 3_600_000, 86_400_000].randomElement(using: &random)!
        let from = start + Int64.random(in: 0...5_000_000, using: &random)
        let to = from + Int64.random(in: 1...50_000_000, using: &random)
        let edges = Array(stride(from: from / Int64(step) * Int64(step), to: to + Int64(step), by: step))
        let question = BucketQuestion(
            unit: unit,
            range: TimeRange(start: Timestamp(milliseconds: from), end: Timestamp(milliseconds: to))!,
            edges: edges)
        var expected = LevelBuckets(edges: edges, range: question.range)
        expected.add(FrameColumns(stored(unit)))
        guard let view = engine.view.unit(unit) else { return }
        let got = view.buckets(question, kinds: BucketPlan.kinds(for: question)).buckets
        let isSame =
            got.coveredTicks == expected.coveredTicks && got.maxima == expected.maxima
            && got.minima == expected.minima && got.lasts == expected.lasts
            && (0..<got.count).allSatisfy {
                abs((got.mean($0) ?? 0) - (expected.mean($0) ?? 0)) < 0.001
            }
        if !isSame { misanswered = "\(unit): buckets of \(step) ms from \(from) to \(to)" }
    }

    private mutating func give(_ frames: [Frame]) throws {
        for frame in frames { given[frame.unit, default: [:]][frame.time] = frame }
        _ = try engine.append(frames, now: StoreModel.now)
    }

    /// Reads everything, as a client would.
    mutating func read() {
        for unit in StoreModel.units {
            for frame in stored(unit) { answered[unit, default: [:]][frame.time] = frame }
        }
    }

    func stored(_ unit: UnitID) -> [Frame] {
        let all = TimeRange(
            start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max / 4))!
        return SegmentHistory(view: engine.view).readFrames(of: unit, in: all, limit: .max)
            .columns.frames(of: unit)
    }

    /// What is wrong with what the store answers now; `nil` when nothing is.
    func complaint() -> String? {
        if let misanswered { return misanswered }
        for unit in StoreModel.units {
            let frames = stored(unit)
            let times = frames.map(\.time)
            if zip(times.dropFirst(), times).contains(where: { $0 <= $1 }) {
                return "\(unit): out of order, or doubled"
            }
            for frame in frames {
                guard let given = given[unit]?[frame.time] else { return "\(unit): made up \(frame)" }
                if StoreModel.content(given) != StoreModel.content(frame) {
                    return "\(unit): altered \(given) to \(frame)"
                }
            }
            let missing = Set(answered[unit]?.keys.map { $0 } ?? []).subtracting(times)
            if !missing.isEmpty {
                return "\(unit): \(missing.count) answered frames are gone, first \(missing.min()!)"
            }
        }
        return nil
    }

    /// A frame without the way by which it came.
    private static func content(_ frame: Frame) -> Frame {
        var frame = frame
        frame.state.origin = .live
        return frame
    }

    /// Cuts the power, and opens what is left.
    mutating func crash(seed: UInt64) throws {
        disk = disk.afterPowerCut(seed: seed)
        engine = try StoreModel.open(disk, seed: seed)
    }
}
