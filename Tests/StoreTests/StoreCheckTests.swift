//  StoreCheckTests.swift · StoreTests

import Foundation
import GRDB
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A check of the store` {
    private static let start: Int64 = 1_790_000_000_000

    /// A closed store with one segment of `count` frames and two records of ten in the log.
    private func store(frames count: Int = 2000) throws -> String {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "earshot-check-\(UUID().uuidString)").path()
        let unit = UnitID("u1")!
        let engine = try StoreEngine.open(disk: try SystemDisk(root: folder)) { 7 }
        func frame(_ index: Int) -> Frame {
            var levels = Levels()
            levels[.lp] = Level(tenths: Int16(500 + index % 100))
            return Frame(
                unit: unit, time: Timestamp(milliseconds: Self.start + Int64(index) * 1000),
                levels: levels, state: .measuring)
        }
        _ = try engine.importFrames([unit: FrameColumns((0..<count).map(frame))])
        for first in [count, count + 10] {
            _ = try engine.append(
                (first..<first + 10).map(frame), now: Timestamp(milliseconds: Self.start + 3_000_000))
            try engine.commit()
        }
        return folder
    }

    @Test func `finds nothing in a good one, and the newest frame of each unit`() throws {
        let folder = try store()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let check = try StoreCheck(folder: folder)
        #expect(check.damage == [])
        #expect(check.segmentCount == 1)
        let newest = Timestamp(milliseconds: Self.start + 2019 * 1000)
        #expect(check.newest == [UnitID("u1")!: newest])
    }

    @Test func `finds a flipped bit wherever it is in a segment or the manifest`() throws {
        let folder = try store()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let segment = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder + "/seg").first)
        let gaps = try gaps(in: "seg/" + segment, of: folder)
        for name in ["seg/" + segment, "MANIFEST"] {
            let path = URL(filePath: folder + "/" + name)
            let good = try Data(contentsOf: path)
            for place in 0..<good.count where !gaps.contains(place) || name == "MANIFEST" {
                var bad = good
                bad[place] ^= 0x10
                try bad.write(to: path)
                let damage = try StoreCheck(folder: folder).damage
                #expect(damage.contains { $0.file == name }, "\(name) byte \(place) of \(good.count)")
            }
            try good.write(to: path)
        }
        #expect(try StoreCheck(folder: folder).damage == [])
    }

    /// Bytes behind pages, which nobody reads: pages begin at multiples of eight.
    private func gaps(in name: String, of folder: String) throws -> Set<Int> {
        let disk = try SystemDisk(reading: folder)
        let segment = try Segment(name: name, in: SegmentFiles(disk: disk))
        var gaps = Set(SegmentFormat.headerBytes..<Int(segment.footer.indexOffset))
        for page in try segment.pages() {
            var reader = ByteReader(try disk.open(name).read(at: page.offset + 4, count: 4))
            let stored: UInt32 = try reader.little()
            gaps.subtract(page.offset..<page.offset + Page.headerBytes + Int(stored))
        }
        return gaps
    }

    @Test func `finds a hole in the log, a missing segment, and a folder without a store`() throws {
        let folder = try store()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let files = FileManager.default
        let logs = try files.contentsOfDirectory(atPath: folder + "/wal")
        let log = folder + "/wal/" + logs[0]
        let good = try Data(contentsOf: URL(filePath: log))
        var bad = good
        bad[LogFile.headerBytes + 30] ^= 1
        try bad.write(to: URL(filePath: log))
        #expect(try StoreCheck(folder: folder).damage.map(\.kind) == ["wal"])
        try good.write(to: URL(filePath: log))
        // What a crash cut at the end is no damage.
        try good.dropLast(5).write(to: URL(filePath: log))
        #expect(try StoreCheck(folder: folder).damage == [])
        let segment = folder + "/seg/" + (try files.contentsOfDirectory(atPath: folder + "/seg"))[0]
        try files.removeItem(atPath: segment)
        #expect(try StoreCheck(folder: folder).damage.map(\.kind) == ["missing"])
        #expect(throws: DiskError.self) { try StoreCheck(folder: folder + "/none") }
    }
}

@Suite struct `A check of the registry` {
    private func registry() throws -> String {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "earshot-check-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    @Test func `tells tokens and units, beside a writer, and leaves the folder alone`() async throws {
        let folder = try registry()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/registry.sqlite"
        #expect(try await RegistryCheck(file: path).state == .missing)
        let open = try SQLiteRegistry(path: path)
        #expect(try await !RegistryCheck(file: path).hasCredentials)
        _ = try open.createToken(name: "a", scope: .admin, now: Timestamp(milliseconds: 0))
        _ = try await open.adopt(["u1"], of: Upstream(id: "a", url: "http://a"))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let check = try await RegistryCheck(file: path)
        #expect(check.state == .good && check.hasCredentials)
        #expect(check.units.map(\.id.name) == ["u1"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == names)
    }

    @Test func `tells a newer one from a damaged one`() async throws {
        let folder = try registry()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/registry.sqlite"
        do {
            let open = try SQLiteRegistry(path: path)
            try await open.pool.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 from the future')")
            }
        }
        #expect(try await RegistryCheck(file: path).state == .newer)
        try Data(repeating: 1, count: 5000).write(to: URL(filePath: path))
        guard case .damaged = try await RegistryCheck(file: path).state else {
            Issue.record("it is not told")
            return
        }
    }
}
