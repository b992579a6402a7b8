//  FailingCallTests.swift · StoreTests
//
//  Every change of the disk fails once, one after the other, and the power is cut at each.

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A change of the disk that fails once` {
    enum Work: String, CaseIterable {
        case seal, compact, release, importing, deleting
    }

    /// Two sealed segments, and frames in the log and in memory.
    private static func prepared(for work: Work) throws -> StoreModel {
        var model = try StoreModel(seed: 21)
        for round in 0..<2 {
            for unit in 0..<3 {
                _ = try model.engine.append(model.next(40, of: unit), now: StoreModel.now)
            }
            if round == 0 || work != .seal { try model.engine.seal() }
        }
        if work == .release { _ = try model.engine.compact(now: StoreModel.now, force: true) }
        try model.commit(10, of: 0)
        model.read()
        return model
    }

    private static func run(_ work: Work, _ model: inout StoreModel) throws {
        switch work {
        case .seal: try model.engine.seal()
        case .compact: _ = try model.engine.compact(now: StoreModel.now, force: true)
        case .release:
            model.answered = [:]
            _ = try model.engine.releaseOldestDay()
        case .deleting:
            model.answered = [:]
            let range = TimeRange(
                start: StoreModel.start, end: StoreModel.start.advanced(byMilliseconds: 20_000))!
            _ = try model.engine.deleteFrames(of: StoreModel.units[0], in: range)
        case .importing:
            let frames = model.sources[1].next(50)
            for frame in frames { model.given[frame.unit, default: [:]][frame.time] = frame }
            _ = try model.engine.importFrames([StoreModel.units[1]: FrameColumns(frames)])
        }
    }

    /// How many changes the work makes when nothing fails.
    private static func changes(_ work: Work) throws -> Int {
        var model = try prepared(for: work)
        let before = model.disk.operations
        try run(work, &model)
        return model.disk.operations - before
    }

    @Test(arguments: Work.allCases)
    func `loses nothing, and leaves nothing behind`(work: Work) throws {
        let changes = try Self.changes(work)
        #expect(changes > 3)
        for number in 0..<changes {
            var model = try Self.prepared(for: work)
            model.disk.fail(at: [model.disk.operations + number])
            try? Self.run(work, &model)
            #expect(model.complaint() == nil, "\(work), change \(number)")
            // It works the next time, and then everything is in order.
            if work != .release, work != .importing, work != .deleting { try Self.run(work, &model) }
            try model.commit(3, of: 2)
            try model.engine.seal()
            model.read()
            #expect(model.complaint() == nil, "\(work), change \(number), again")
            #expect(model.leftover() == nil, "\(work), change \(number)")
            #expect(model.disk.forfeitedUses == 0, "\(work), change \(number)")
            try model.crash(seed: UInt64(number))
            #expect(model.complaint() == nil, "\(work), change \(number), after a start")
            #expect(model.leftover() == nil, "\(work), change \(number), after a start")
            #expect(model.engine.view.withState { $0.damage } == [])
        }
    }

    @Test(arguments: Work.allCases)
    func `nor does a power cut at it`(work: Work) throws {
        let changes = try Self.changes(work)
        for number in 0...changes {
            for seed in 0..<4 as Range<UInt64> {
                var model = try Self.prepared(for: work)
                model.disk.cutPower(at: model.disk.operations + number)
                try? Self.run(work, &model)
                try model.crash(seed: seed)
                #expect(model.complaint() == nil, "\(work), change \(number), seed \(seed)")
                #expect(model.engine.view.withState { $0.damage } == [])
                // An import that was never answered, or a day that was to go and is there again,
                // may be set aside, nothing else.
                if work != .importing {
                    #expect(model.leftover() == nil, "\(work), change \(number), seed \(seed)")
                }
            }
        }
    }
}
