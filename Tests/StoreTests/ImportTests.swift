//  ImportTests.swift · StoreTests
//
//  Imports through the store as a running service has it, on a real folder.

import Foundation
import Logging
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `An import` {
    static let unit = UnitID("NL43-0001")!
    static let monday = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!

    private struct Fixed: WallClock {
        let now: Timestamp
    }

    /// A store that keeps `memory` frames of an import in memory.
    private func withStore(
        memory: Int = 5_000, _ body: (LevelStore, String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "earshot-import-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = StoreConfiguration()
        configuration.importedFramesMaximum = memory
        let store = try LevelStore(
            folder: folder, configuration: configuration,
            clock: Fixed(now: Self.monday.advanced(byMilliseconds: 9 * 86_400_000)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await body(store, folder)
    }

    private func frames(_ count: Int, seconds: Int64 = 10) -> [Frame] {
        var source = SampleFrames(from: Self.monday, intervalMilliseconds: seconds * 1000)
        return source.next(count).map { frame in
            var frame = frame
            frame.state.origin = .imported
            return frame
        }
    }

    private func stored(_ store: LevelStore) -> [Frame] {
        let all = TimeRange(
            start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max / 4))!
        return store.history.readFrames(of: Self.unit, in: all, limit: .max)
            .columns.frames(of: Self.unit)
    }

    private func files(_ folder: String, _ name: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/" + name)) ?? []).sorted()
    }

    @Test(arguments: [
        ("a few go through the log", 500, 5_000_000),
        ("several days at once", 30_000, 5_000_000),
        ("more than memory takes", 30_000, 5_000),
    ])
    func `is there as a whole when it is finished`(what: String, count: Int, memory: Int)
        async throws
    {
        try await withStore(memory: memory) { store, folder in
            let frames = frames(count)
            let session = try await store.beginImport()
            for start in stride(from: 0, to: count, by: 1700) {
                let part = Array(frames[start..<min(count, start + 1700)])
                try await session.add(FrameColumns(part), of: Self.unit)
                #expect(stored(store) == [], Comment(rawValue: what))
            }
            let summary = try await session.finish()
            #expect(summary.accepted == count && summary.duplicates == 0)
            #expect(stored(store) == frames)
            #expect(files(folder, "tmp") == [])
            #expect(files(folder, "seg").isEmpty == (count < ImportSession.logMaximum))
            #expect(store.history.completeUntil(Self.unit) == frames.last!.time)
        }
    }

    @Test(arguments: [5_000, 5_000_000])
    func `takes the same again for what it is, in any order`(memory: Int) async throws {
        try await withStore(memory: memory) { store, _ in
            let frames = frames(30_000)
            let first = try await store.beginImport()
            // Backwards in parts, some parts twice.
            for start in stride(from: 27_000, through: 0, by: -3_000) {
                let part = FrameColumns(Array(frames[start..<start + 3_000]))
                try await first.add(part, of: Self.unit)
                if start % 9_000 == 0 { try await first.add(part, of: Self.unit) }
            }
            let summary = try await first.finish()
            #expect(summary.accepted == 30_000 && summary.duplicates == 12_000)
            #expect(stored(store) == frames)

            var altered = frames[20_000]
            altered.levels[.lp] = Level(tenths: 99)
            let again = try await store.beginImport()
            try await again.add(
                FrameColumns(Array(frames[..<20_000]) + [altered]), of: Self.unit)
            let second = try await again.finish()
            #expect(second.accepted == 0 && second.duplicates == 20_000 && second.conflicts == 1)
            #expect(stored(store) == frames)
        }
    }

    @Test func `leaves nothing behind when it is cancelled`() async throws {
        try await withStore { store, folder in
            let session = try await store.beginImport()
            try await session.add(FrameColumns(frames(30_000)), of: Self.unit)
            await session.cancel()
            #expect(stored(store) == [])
            #expect(files(folder, "tmp") == [] && files(folder, "seg") == [])
            await #expect(throws: StoreError.stopped) { try await session.finish() }
        }
    }

    @Test func `does not touch what came while it went on`() async throws {
        try await withStore { store, _ in
            let frames = frames(20_000)
            let session = try await store.beginImport()
            try await session.add(FrameColumns(Array(frames[..<10_000])), of: Self.unit)
            // The service stores one of the same time, with another value: it was first.
            var live = frames[15_000]
            live.levels[.lp] = Level(tenths: 77)
            live.state.origin = .live
            _ = try await store.append([live])
            try await store.flush()
            try await session.add(FrameColumns(Array(frames[10_000...])), of: Self.unit)
            let summary = try await session.finish()
            #expect(summary.conflicts == 1 && summary.accepted == 19_999)
            #expect(stored(store)[15_000].levels[.lp] == Level(tenths: 77))
        }
    }
}
