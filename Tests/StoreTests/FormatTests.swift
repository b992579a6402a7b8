//  FormatTests.swift · StoreTests
//
//  What version 1 wrote must be readable for ever: `Fixtures/store-v1` holds a whole store, and
//  `Fixtures/store-v1-damaged` the same with one byte of a page wrong.

import Foundation
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The files of version 1` {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures")
    static let unit = UnitID("NL43-0001")!
    static let all = TimeRange(
        start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max / 4))!

    /// What the fixture's store was given: a day's segment, a head's segment, and a log.
    static let frames: [Frame] = {
        var source = SampleFrames(seed: 1, from: Timestamp(rfc3339: "2026-11-22T10:00:00Z")!)
        return source.next(2000)
    }()

    @Test func `are read to the last bit`() throws {
        let engine = try StoreModel.open(try disk("store-v1"), seed: 1)
        #expect(engine.view.withState { $0.damage } == [])
        #expect(engine.view.withState { $0.segments.map(\.header.level) } == [1, 0])
        #expect(stored(engine).columns.frames(of: Self.unit) == Self.frames)
    }

    @Test func `have checksums that tell one file from another`() throws {
        let engine = try StoreModel.open(try disk("store-v1"), seed: 1)
        let segments = engine.view.withState { $0.segments }
        #expect(Set(segments.map(\.footerChecksum)).count == segments.count)
    }

    @Test func `lose only the damaged block, and say which`() throws {
        let engine = try StoreModel.open(try disk("store-v1-damaged"), seed: 1)
        let answer = stored(engine)
        #expect(answer.columns.frames(of: Self.unit) == Array(Self.frames[1000...]))
        #expect(answer.damage.map(\.kind) == ["page"])
        #expect(answer.damage[0].from == Self.frames[0].time)
        #expect(answer.damage[0].to == Self.frames[999].time)
    }

    /// Writes the fixtures of a new version: run once by hand when the format changes.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["EARSHOT_WRITE_FIXTURES"] != nil))
    func `are written on request`() throws {
        let disk = SimulatedDisk()
        let engine = try StoreModel.open(disk, seed: 1)
        _ = try engine.append(Array(Self.frames[0..<1000]), now: StoreModel.now)
        try engine.seal()
        _ = try engine.compact(now: StoreModel.now)
        _ = try engine.append(Array(Self.frames[1000..<1900]), now: StoreModel.now)
        try engine.seal()
        _ = try engine.append(Array(Self.frames[1900...]), now: StoreModel.now)
        try engine.commit()
        for folder in ["store-v1", "store-v1-damaged"] {
            for name in disk.files {
                var bytes = disk.bytes(name)!
                if folder == "store-v1-damaged", name.hasPrefix("seg/1-") { bytes[200] ^= 1 }
                let file = Self.fixtures.appending(path: folder).appending(path: name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(bytes).write(to: file)
            }
        }
    }

    private func disk(_ folder: String) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let root = Self.fixtures.appending(path: folder)
        for name in try FileManager.default.subpathsOfDirectory(atPath: root.path()) {
            let file = root.appending(path: name)
            guard !file.hasDirectoryPath, let data = FileManager.default.contents(atPath: file.path())
            else { continue }
            disk.put(name, [UInt8](data))
        }
        return disk
    }

    private func stored(_ engine: StoreEngine) -> StoredFrames {
        SegmentHistory(view: engine.view).readFrames(of: Self.unit, in: Self.all, limit: .max)
    }
}
