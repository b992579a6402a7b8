//  DeletionTests.swift · StoreTests
//
//  Deleted frames do not come back, whatever happens to the files that say so.

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `Frames that were deleted` {
    private static let unit = StoreModel.units[0]
    // The first frame may come a little before the start.
    private static let start = StoreModel.start.advanced(byMilliseconds: -1000)
    private static let range = TimeRange(
        start: start, end: start.advanced(byMilliseconds: 20_000))!
    private static let everything = TimeRange(start: start, end: StoreModel.now)!

    /// A sealed head of two units.
    private func filled() throws -> StoreModel {
        var model = try StoreModel(seed: 4)
        for unit in 0..<2 {
            _ = try model.engine.append(model.next(60, of: unit), now: StoreModel.now)
        }
        try model.engine.seal()
        return model
    }

    private func deleted(_ model: StoreModel) throws -> [Frame] {
        let rest = model.stored(Self.unit).filter { !Self.range.contains($0.time) }
        #expect(try model.engine.deleteFrames(of: Self.unit, in: Self.range))
        #expect(model.stored(Self.unit) == rest && rest.count < 60)
        return rest
    }

    @Test(arguments: ["gone", "damaged"])
    func `stay so when the manifest is lost`(manifest: String) throws {
        var model = try filled()
        let rest = try deleted(model)
        for start in 1...2 as ClosedRange<UInt64> {
            if manifest == "gone" {
                model.disk.forget(Manifest.name)
            } else {
                model.disk.put(Manifest.name, [1, 2, 3])
            }
            try model.crash(seed: start)
            #expect(model.stored(Self.unit) == rest, "start \(start)")
            #expect(model.stored(StoreModel.units[1]).count == 60)
            // What comes now is newer than the deletion.
            let frame = try #require(
                model.given[Self.unit]?.values.filter { Self.range.contains($0.time) }.first)
            if start == 2 {
                _ = try model.engine.append([frame], now: StoreModel.now)
                try model.engine.seal()
                #expect(model.stored(Self.unit).count == rest.count + 1)
            }
        }
        _ = try model.engine.compact(now: StoreModel.now, force: true)
        #expect(model.stored(Self.unit).count == rest.count + 1)
        try model.crash(seed: 3)
        #expect(model.stored(Self.unit).count == rest.count + 1)
        #expect(model.engine.view.withState { $0.tombstones } == [])
    }

    /// Each change of a deletion fails once; then the list is lost, before or after a start. What
    /// was answered before that is what is answered after it.
    @Test(arguments: [false, true])
    func `are those that the manifest named, when it is lost later`(isRestarted: Bool) throws {
        var model = try filled()
        let before = model.disk.operations
        _ = try deleted(model)
        let changes = model.disk.operations - before
        #expect(changes > 6)
        for number in 0..<changes {
            model = try filled()
            model.disk.fail(at: [model.disk.operations + number])
            let isDone = (try? model.engine.deleteFrames(of: Self.unit, in: Self.range)) != nil
            if isRestarted {
                try model.crash(seed: UInt64(number))
            } else {
                try model.commit(1, of: 2)
                try model.engine.seal()
            }
            let stored = model.stored(Self.unit)
            #expect(isDone == (stored.count < 60) || isRestarted, "change \(number)")
            model.disk.forget(Manifest.name)
            try model.crash(seed: UInt64(number))
            #expect(model.stored(Self.unit) == stored, "change \(number)")
        }
    }

    @Test func `may be back when both files are damaged, and that is said`() throws {
        var model = try filled()
        _ = try deleted(model)
        for name in [Manifest.name, DeletedFrames.name] {
            var bytes = model.disk.bytes(name)!
            bytes[20] ^= 1
            model.disk.put(name, bytes)
        }
        try model.crash(seed: 1)
        #expect(model.stored(Self.unit).count == 60)
        let damage = model.engine.view.withState { $0.damage }
        #expect(damage.count == 1 && damage[0].detail.contains("DELETED cannot be read"))
    }

    /// The copy alone costs nothing: it is made again.
    @Test(arguments: ["gone", "damaged"])
    func `are written down again when only the copy is lost`(copy: String) throws {
        var model = try filled()
        let rest = try deleted(model)
        copy == "gone"
            ? model.disk.forget(DeletedFrames.name) : model.disk.put(DeletedFrames.name, [7])
        try model.crash(seed: 1)
        #expect(model.engine.view.withState { $0.damage } == [])
        model.disk.forget(Manifest.name)
        try model.crash(seed: 2)
        #expect(model.stored(Self.unit) == rest)
    }

    /// All of a sealed head is deleted, so that no segment replaces it when it is merged. The power
    /// is cut at each change: the file goes, and nothing is set aside.
    @Test func `leave no file behind`() throws {
        func prepared() throws -> StoreModel {
            let model = try filled()
            for unit in StoreModel.units.prefix(2) {
                _ = try model.engine.deleteFrames(of: unit, in: Self.everything)
            }
            return model
        }
        let model = try prepared()
        let before = model.disk.operations
        #expect(try model.engine.compact(now: StoreModel.now, force: true) == 1)
        #expect(!model.disk.files.contains { $0.hasPrefix("seg/") })
        for number in 0...(model.disk.operations - before) {
            for seed in 0..<6 as Range<UInt64> {
                var model = try prepared()
                model.disk.cutPower(at: model.disk.operations + number)
                _ = try? model.engine.compact(now: StoreModel.now, force: true)
                try model.crash(seed: seed)
                #expect(model.leftover() == nil, "change \(number), seed \(seed)")
                _ = try model.engine.compact(now: StoreModel.now, force: true)
                try model.crash(seed: seed)
                let segments = model.disk.files.filter { $0.contains("esg") }
                #expect(segments == [], "change \(number), seed \(seed)")
                #expect(model.stored(Self.unit) == [])
            }
        }
    }

    /// A correction: what the store had just looked up is deleted, and comes with other values.
    @Test func `may come anew, and differ`() throws {
        let model = try filled()
        let frame = try #require(
            model.given[Self.unit]?.values.filter { Self.range.contains($0.time) }.first)
        #expect(try model.engine.append([frame], now: StoreModel.now).duplicates == 1)
        let rest = try deleted(model)
        var other = frame
        other.levels[.lp] = Level(tenths: 1234)
        #expect(try model.engine.append([other], now: StoreModel.now).accepted == 1)
        try model.engine.commit()
        #expect(model.stored(Self.unit) == (rest + [other]).sorted { $0.time < $1.time })
    }

    @Test func `are listed once, however often they are deleted`() throws {
        let model = try filled()
        for _ in 0..<3 { _ = try deleted(model) }
        #expect(model.engine.manifest.tombstones.count == 1)
        _ = try model.engine.deleteFrames(of: Self.unit, in: Self.everything)
        #expect(model.engine.manifest.tombstones.map(\.to) == [StoreModel.now.milliseconds])
        _ = try model.engine.deleteFrames(of: StoreModel.units[1], in: Self.range)
        #expect(model.engine.manifest.tombstones.count == 2)
        #expect(try !model.engine.deleteFrames(of: UnitID("nobody")!, in: Self.everything))
    }

    /// A deletion takes the place of an earlier one that it covers. The power is cut at each change:
    /// whichever of the two files is newer, DELETED has what MANIFEST names.
    @Test func `are in the copy whatever the manifest says`() throws {
        func prepared() throws -> StoreModel {
            let model = try filled()
            _ = try deleted(model)
            return model
        }
        let model = try prepared()
        let before = model.disk.operations
        _ = try model.engine.deleteFrames(of: Self.unit, in: Self.everything)
        for number in 0...(model.disk.operations - before) {
            for seed in 0..<6 as Range<UInt64> {
                let model = try prepared()
                model.disk.cutPower(at: model.disk.operations + number)
                _ = try? model.engine.deleteFrames(of: Self.unit, in: Self.everything)
                let disk = model.disk.afterPowerCut(seed: seed)
                let named = try Manifest(decoding: disk.bytes(Manifest.name)!).tombstones
                let copied = try DeletedFrames.read(from: disk) ?? []
                #expect(Set(copied).isSuperset(of: named), "change \(number), seed \(seed)")
            }
        }
    }

    @Test func `are so many at most before their days are written anew`() throws {
        var model = try filled()
        let start = StoreModel.start.milliseconds
        model.engine.manifest.tombstones = (0..<Int64(Tombstone.countMaximum)).map {
            Tombstone(ref: 1, from: start + $0, to: start + $0 + 1, generation: 2)
        }
        try model.commit(1, of: 2)
        let segments = model.engine.manifest.segments.count
        #expect(throws: DeletionError.tooMany(Tombstone.countMaximum)) {
            try model.engine.deleteFrames(of: Self.unit, in: Self.range)
        }
        #expect(model.stored(Self.unit).count == 60)
        // Nothing is written for what is refused.
        #expect(model.engine.manifest.segments.count == segments)
        // One that takes the place of others is no more.
        #expect(
            try model.engine.deleteFrames(of: StoreModel.units[1], in: Self.everything))
        #expect(model.engine.manifest.tombstones.count == 1)
    }
}
