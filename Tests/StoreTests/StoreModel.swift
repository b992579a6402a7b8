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

    init(disk: SimulatedDisk = SimulatedDisk(), seed: UInt64) throws {
        self.disk = disk
        engine = try StoreModel.open(disk, seed: seed)
        sources = StoreModel.units.enumerated().map { number, unit in
            SampleFrames(
                unit: unit.name, seed: seed &* 31 &+ UInt64(number), from: StoreModel.start,
                intervalMilliseconds: [1000, 1030, 10_000][number])
        }
    }

    static func open(_ disk: SimulatedDisk, seed: UInt64) throws -> StoreEngine {
        var random = SplitMix64(seed: seed)
        var configuration = StoreConfiguration()
        configuration.retentionMilliseconds = .max / 4
        return try StoreEngine.open(disk: disk, configuration: configuration) { random.next() }
    }

    /// Does something that a running service does.
    mutating func step(_ random: inout SplitMix64) throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<6: try append(.random(in: 1...40, using: &random), of: .random(in: 0..<3, using: &random))
        case 6..<9:
            try engine.commit()
            read()
        case 9: try engine.seal()
        case 10: try repeatOrDelay(&random)
        default: _ = try engine.compact(now: StoreModel.now, force: Bool.random(using: &random))
        }
    }

    /// Frames that are given from now on.
    mutating func next(_ count: Int, of unit: Int) -> [Frame] {
        let frames = sources[unit].next(count)
        for frame in frames { given[frame.unit, default: [:]][frame.time] = frame }
        return frames
    }

    /// Gives frames and makes them durable.
    mutating func commit(_ count: Int, of unit: Int) throws {
        _ = try engine.append(next(count, of: unit), now: StoreModel.now)
        try engine.commit()
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

    func stored(_ unit: UnitID) -> [Frame] { StoreModel.stored(unit, engine) }

    static func stored(_ unit: UnitID, _ engine: StoreEngine) -> [Frame] {
        let all = TimeRange(
            start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max / 4))!
        return SegmentHistory(view: engine.view).readFrames(of: unit, in: all, limit: .max)
            .columns.frames(of: unit)
    }

    /// What is wrong with what the store answers now; `nil` when nothing is.
    ///
    /// - Parameter afterLoss: frames that were answered may be missing.
    func complaint(afterLoss: Bool = false) -> String? {
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
            if !missing.isEmpty, !afterLoss {
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

    /// Files that nobody needs; `nil` when there are none. To be asked after a start.
    func leftover() -> String? {
        let listed = Set(engine.manifest.segments.map(\.name))
        return disk.files.first { name in
            switch name.split(separator: "/").first {
            case "seg": !listed.contains(name)
            case "tmp", "quarantine": true
            default: false
            }
        }
    }

    /// Cuts the power, and opens what is left.
    mutating func crash(seed: UInt64) throws {
        disk = disk.afterPowerCut(seed: seed)
        engine = try StoreModel.open(disk, seed: seed)
    }
}
