//  CrashTests.swift · StoreTests
//
//  The promise of the store: what was answered is on disk, exactly once, unaltered.

import Foundation
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A store whose power is cut` {
    /// Every place in a short life, one after the other.
    @Test(arguments: 0..<120 as Range<Int>)
    func `has what it answered, wherever it was cut`(operation: Int) throws {
        var model = try StoreModel(seed: 7)
        model.disk.cutPower(at: operation)
        var random = SplitMix64(seed: 7)
        for _ in 0..<80 {
            guard (try? model.step(&random)) != nil || model.disk.operations < operation else { break }
        }
        for seed in 0..<3 as Range<UInt64> {
            var survivor = model
            try survivor.crash(seed: UInt64(operation) * 3 + seed)
            #expect(survivor.complaint() == nil)
            #expect(survivor.engine.view.withState { $0.damage } == [])
        }
    }

    /// As many cuts as `EARSHOT_CUTS` asks for, each in a life of its own.
    @Test func `has what it answered, after as many cuts as are asked for`() throws {
        let cuts = ProcessInfo.processInfo.environment["EARSHOT_CUTS"].flatMap(Int.init) ?? 60
        var answered = 0
        for cut in 0..<cuts {
            var random = SplitMix64(seed: UInt64(cut))
            var model = try StoreModel(seed: UInt64(cut))
            model.disk.cutPower(at: Int.random(in: 0...400, using: &random))
            for _ in 0..<120 where (try? model.step(&random)) == nil { break }
            try model.crash(seed: UInt64(cut))
            answered += model.answered.values.reduce(0) { $0 + $1.count }
            #expect(model.complaint() == nil, "cut \(cut)")
            #expect(model.engine.view.withState { $0.damage } == [])
        }
        print("\(cuts) cuts, seeds 0 to \(cuts - 1): \(answered) frames answered, none lost")
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `lives on through many lives`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var model = try StoreModel(seed: seed)
        for life in 0..<6 as Range<UInt64> {
            let start = model.disk.operations
            model.disk.cutPower(at: start + Int.random(in: 0...60, using: &random))
            for _ in 0..<60 where (try? model.step(&random)) == nil { break }
            var next = model
            // A third of the cuts come while it starts: recovery is cut, then tried again.
            if life % 3 == 0 {
                let disk = model.disk.afterPowerCut(seed: seed ^ life)
                disk.cutPower(at: Int.random(in: 0...6, using: &random))
                _ = try? StoreModel.open(disk, seed: seed)
                next.disk = disk
            }
            try next.crash(seed: seed &* 97 &+ life)
            #expect(next.complaint() == nil)
            model = next
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `goes on with a new file when a write or a sync fails`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var model = try StoreModel(seed: seed)
        model.disk.fail(at: Set((0..<12).map { _ in Int.random(in: 0...120, using: &random) }))
        for _ in 0..<80 { try? model.step(&random) }
        model.disk.fail(at: [])
        try model.engine.commit()
        model.read()
        #expect(model.complaint() == nil)
        #expect(model.disk.forfeitedUses == 0, "a file whose sync failed was used again")
        for unit in StoreModel.units {
            #expect(model.missing(unit) == [])
        }
        try model.crash(seed: seed)
        #expect(model.complaint() == nil)
    }
}

@Suite struct `A store with damaged files` {
    @Test func `names a segment that is gone, and serves the rest`() throws {
        var model = try filled()
        let segment = model.disk.files.first { $0.hasPrefix("seg/") }!
        model.disk.forget(segment)
        try model.crash(seed: 1)
        let damage = model.engine.view.withState { $0.damage }
        #expect(damage.map(\.kind) == ["missing"] && damage[0].file == segment)
        #expect(!model.stored(StoreModel.units[0]).isEmpty)
    }

    @Test func `finds its segments again without a manifest`() throws {
        var model = try filled()
        let before = model.stored(StoreModel.units[0])
        model.disk.forget("MANIFEST")
        try model.crash(seed: 1)
        #expect(model.stored(StoreModel.units[0]) == before)
        #expect(model.engine.view.withState { $0.damage }.map(\.kind) == ["manifest"])
    }

    /// A flipped bit anywhere costs at most what it is in, and never goes unnoticed.
    @Test(arguments: 0..<150 as Range<UInt64>)
    func `answers nothing wrong after a bit has flipped`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var model = try filled()
        model.answered = [:]
        let file = model.disk.files.randomElement(using: &random)!
        var bytes = model.disk.bytes(file)!
        let bit = Int.random(in: 0..<bytes.count * 8, using: &random)
        bytes[bit / 8] ^= 1 << (bit % 8)
        model.disk.put(file, bytes)
        try model.crash(seed: seed)
        #expect(model.complaint() == nil)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `loses of a damaged log only the damaged record`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var model = try StoreModel(seed: seed)
        for _ in 0..<10 {
            let frames = model.sources[0].next(5)
            for frame in frames { model.given[frame.unit, default: [:]][frame.time] = frame }
            _ = try model.engine.append(frames, now: StoreModel.now)
            try model.engine.commit()
        }
        let file = model.disk.files.first { $0.hasPrefix("wal/") }!
        var bytes = model.disk.bytes(file)!
        // Behind the first frames, so that the unit's name is not what is hit.
        let place = Int.random(in: 200..<bytes.count, using: &random)
        bytes[place] ^= 0x55
        model.disk.put(file, bytes)
        try model.crash(seed: seed)
        #expect(model.stored(StoreModel.units[0]).count == 45)
        #expect(model.complaint() == nil)
    }

    private func filled() throws -> StoreModel {
        var model = try StoreModel(seed: 3)
        for _ in 0..<3 {
            for unit in 0..<3 {
                let frames = model.sources[unit].next(60)
                for frame in frames { model.given[frame.unit, default: [:]][frame.time] = frame }
                _ = try model.engine.append(frames, now: StoreModel.now)
            }
            try model.engine.seal()
        }
        let frames = model.sources[0].next(10)
        for frame in frames { model.given[frame.unit, default: [:]][frame.time] = frame }
        _ = try model.engine.append(frames, now: StoreModel.now)
        try model.engine.commit()
        model.read()
        return model
    }
}
