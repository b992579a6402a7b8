//  StoreReaderTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A reader beside the service` {
    private static let noon = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
    private static let unit = UnitID("NL43-0001")!
    private static let always = TimeRange(
        start: Timestamp(milliseconds: 0), end: Timestamp(milliseconds: .max / 4))!

    private func frames(_ disk: SimulatedDisk) async throws -> [Frame] {
        let answer = try await StoreReader.history(on: disk)
            .frames(of: Self.unit, in: Self.always, limit: 1000)
        #expect(answer.damage.isEmpty)
        return answer.columns.frames(of: Self.unit)
    }

    /// Each stage in one store: the last commit's end is in no record after it, sealed heads are in a
    /// segment, deleted frames are hidden.
    @Test func `sees what was committed, wherever it is, and changes nothing`() async throws {
        let disk = SimulatedDisk()
        let engine = try StoreModel.open(disk, seed: 1)
        var source = SampleFrames(from: Self.noon)
        let first = source.next(20)
        _ = try engine.append(first, now: Self.noon)
        try engine.commit()
        let before = disk.operations
        #expect(try await frames(disk) == first)
        #expect(disk.operations == before)
        try engine.seal()
        #expect(try await frames(disk) == first)
        let second = source.next(5)
        _ = try engine.append(second, now: Self.noon)
        #expect(try await frames(disk) == first)
        try engine.commit()
        #expect(try await frames(disk) == first + second)
        let deleted = TimeRange(start: first[0].time, end: first[10].time)!
        _ = try engine.deleteFrames(of: Self.unit, in: deleted)
        #expect(try await frames(disk) == first[10...] + second)
    }

    @Test func `of no store finds none`() {
        #expect(throws: DiskError.self) { try StoreReader.history(folder: "/nowhere/store") }
    }
}
