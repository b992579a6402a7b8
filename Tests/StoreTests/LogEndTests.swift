//  LogEndTests.swift · StoreTests
//
//  The end of the log is where crashes leave their traces. What may be there, and what must not be
//  made of it.

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The end of a log` {
    static let unit = StoreModel.units[0]

    /// A model with `commits` commits of five frames each, and the path of its log file.
    private func written(commits: Int) throws -> (StoreModel, String) {
        var model = try StoreModel(seed: 5)
        for _ in 0..<commits {
            try model.commit(5, of: 0)
        }
        return (model, model.disk.files.first { $0.hasPrefix("wal/") }!)
    }

    /// Every length to which the last commit can be cut: what stands before it is whole, and
    /// nothing is called damaged.
    @Test func `may be cut at every byte`() throws {
        let (model, path) = try written(commits: 3)
        let whole = model.disk.bytes(path)!
        let header = try LogFile(decoding: whole)
        var ends: [Int] = []
        header.forEachRecord(in: whole, with: ZstdDecompressor()) { _ in ends.append(0) }
        for length in LogFile.headerBytes...whole.count {
            let disk = model.disk.afterPowerCut(seed: 1)
            disk.put(path, Array(whole[..<length]))
            let engine = try StoreModel.open(disk, seed: 2)
            let stored = StoreModel.stored(Self.unit, engine)
            #expect(stored.count.isMultiple(of: 5), "\(length) bytes")
            #expect(engine.view.withState { $0.damage } == [], "\(length) bytes")
        }
    }

    /// A commit of several records that was never synced may reach the disk in any part.
    @Test func `may have holes where nothing was synced`() throws {
        var model = try StoreModel(seed: 5)
        try model.commit(5, of: 0)
        try model.commit(5, of: 1)
        let path = model.disk.files.first { $0.hasPrefix("wal/") }!
        var bytes = model.disk.bytes(path)!
        // The second commit defines its unit first; that record is lost, the frames are not.
        let places = recordPlaces(bytes)
        #expect(places.count == 4)
        bytes[places[2] + 30] ^= 0xFF
        model.disk.put(path, bytes)
        for seed in 1...3 as ClosedRange<UInt64> {
            try model.crash(seed: seed)
            #expect(model.stored(StoreModel.units[0]).count == 5)
            #expect(model.stored(StoreModel.units[1]) == [])
            #expect(model.engine.view.withState { $0.damage } == [], "start \(seed)")
        }
    }

    /// The same hole with a commit behind it was synced: it is damage, tells its time, stays named,
    /// and the file is kept.
    @Test func `is not where a later commit stands`() throws {
        var (model, path) = try written(commits: 4)
        var bytes = model.disk.bytes(path)!
        let places = recordPlaces(bytes)
        bytes[places[2] + 30] ^= 0xFF
        model.disk.put(path, bytes)
        let frames = model.given[Self.unit]!.keys.sorted()
        for start in 1...3 as ClosedRange<UInt64> {
            try model.crash(seed: start)
            let damage = model.engine.view.withState { $0.damage }
            #expect(damage.map(\.kind) == ["wal"], "start \(start)")
            #expect(damage.first?.from == frames[4])
            #expect(damage.first?.to == frames[14])
            #expect(model.stored(Self.unit).count == 15)
            if start == 2 { try model.engine.seal() }
        }
        #expect(model.disk.files.contains { $0.hasPrefix("quarantine/") && $0.hasSuffix(".wal") })
        let range = TimeRange(start: frames[7], end: frames[8])!
        let history = SegmentHistory(view: model.engine.view)
        let missing = history.readFrames(of: Self.unit, in: range, limit: 9).damage
        #expect(missing.map(\.kind) == ["wal"], "the answer that misses it names it")
        let before = TimeRange(start: frames[0], end: frames[2])!
        #expect(history.readFrames(of: Self.unit, in: before, limit: 9).damage == [])
    }

    /// `kill -9` leaves what was written and not synced in the system's memory, where the next
    /// process sees it; a power cut then must not take what that one has answered.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `is written once more before it is answered`(seed: UInt64) throws {
        var model = try StoreModel(seed: seed)
        try model.commit(5, of: 0)
        let synced = model.disk.operations
        _ = try model.engine.append(model.next(7, of: 0), now: StoreModel.now)
        // The write goes through, its sync does not, nor does anything after it.
        model.disk.cutPower(at: synced + 1)
        #expect(throws: DiskError.self) { try model.engine.commit() }
        model.disk.cutPower(at: .max)
        model.engine = try StoreModel.open(model.disk, seed: seed)
        model.read()
        #expect(model.answered[Self.unit]?.count == 12)
        try model.crash(seed: seed)
        #expect(model.complaint() == nil)
        #expect(model.stored(Self.unit).count == 12)
    }

    /// The header of a file is durable before its first commit: it must not void what it is to
    /// take the place of before that is there.
    @Test func `survives any number of starts that are cut`() throws {
        var (model, _) = try written(commits: 3)
        model.read()
        var random = SplitMix64(seed: 3)
        for start in 0..<60 as Range<UInt64> {
            let disk = model.disk.afterPowerCut(seed: start)
            disk.cutPower(at: .random(in: 0...9, using: &random))
            _ = try? StoreModel.open(disk, seed: start)
            disk.cutPower(at: .max)
            model.disk = disk
        }
        try model.crash(seed: 99)
        #expect(model.complaint() == nil)
        #expect(model.engine.view.withState { $0.damage } == [])
    }

    @Test func `passes over records of a later kind`() throws {
        var (model, path) = try written(commits: 2)
        var bytes = model.disk.bytes(path)!
        let header = try LogFile(decoding: bytes)
        var later = LogRecord(lsn: 4, kind: .frames, payload: [1, 2, 3], frameCount: 0)
            .encoded(salt: header.recordSalt, with: ZstdCompressor())
        later[16] = 200
        later.put(Checksum.crc32c(later[8...], from: header.recordSalt), at: 4)
        bytes += later
        model.disk.put(path, bytes)
        try model.crash(seed: 1)
        try model.commit(5, of: 0)
        try model.crash(seed: 2)
        #expect(model.stored(Self.unit).count == 15)
        #expect(model.engine.view.withState { $0.damage } == [])
    }

    /// A flipped bit in a log file's header: named, and its records are read all the same, unless
    /// it is the salt that their checksums begin with.
    @Test func `is read behind a damaged header, unless its salt is hit`() throws {
        for place in 0..<LogFile.headerBytes {
            var (model, path) = try written(commits: 2)
            var bytes = model.disk.bytes(path)!
            bytes[place] ^= 0x04
            model.disk.put(path, bytes)
            try model.crash(seed: 1)
            let isSalt = (8..<16).contains(place)
            #expect(model.stored(Self.unit).count == (isSalt ? 0 : 10), "byte \(place)")
            for start in 2...3 as ClosedRange<UInt64> {
                let damage = model.engine.view.withState { $0.damage }
                #expect(damage.map(\.kind) == ["wal"], "byte \(place), start \(start)")
                try model.engine.seal()
                try model.crash(seed: start)
            }
            #expect(model.disk.files.contains { $0.hasPrefix("quarantine/") && $0.hasSuffix(".wal") })
        }
    }

    private func recordPlaces(_ bytes: [UInt8]) -> [Int] {
        var places: [Int] = []
        var offset = LogFile.headerBytes
        let salt = (try? LogFile(decoding: bytes))?.recordSalt ?? 0
        while let found = LogRecord.decode(bytes, at: offset, salt: salt, with: ZstdDecompressor()) {
            places.append(offset)
            offset += found.length
        }
        return places
    }
}

@Suite struct `A store of a later version` {
    /// Each kind of file, as a later version would write it: refused before anything is touched.
    @Test(arguments: ["MANIFEST", "DELETED", "seg/", "wal/"])
    func `is refused and left as it is`(kind: String) throws {
        var model = try StoreModel(seed: 1)
        try model.commit(5, of: 0)
        try model.engine.seal()
        try model.commit(5, of: 0)
        model.disk.put(DeletedFrames.name, DeletedFrames.encoded([]))
        let path = model.disk.files.first { $0.hasPrefix(kind) }!
        model.disk.put(path, Self.later(model.disk.bytes(path)!, kind))
        model.disk.put("tmp/left", [1])
        let before = Self.contents(model.disk)
        #expect(throws: NewerFormat.self) { try StoreModel.open(model.disk, seed: 2) }
        #expect(throws: NewerFormat.self) { try StoreCheck(on: model.disk) }
        #expect(Self.contents(model.disk) == before)
    }

    /// A bit that flips in the version is damage like any other.
    @Test(arguments: [("MANIFEST", 7), ("seg/", 8), ("wal/", 7)])
    func `is not what a flipped bit makes of it`(kind: String, place: Int) throws {
        var model = try StoreModel(seed: 1)
        try model.commit(5, of: 0)
        try model.engine.seal()
        try model.commit(5, of: 0)
        let path = model.disk.files.first { $0.hasPrefix(kind) }!
        var bytes = model.disk.bytes(path)!
        bytes[place] ^= 2
        model.disk.put(path, bytes)
        try model.crash(seed: 1)
        #expect(model.engine.view.withState { $0.damage }.count == 1)
    }

    private static func later(_ bytes: [UInt8], _ kind: String) -> [UInt8] {
        var bytes = bytes
        let (place, checksum) = ["seg/": (8, 60), "wal/": (7, 32)][kind] ?? (7, bytes.count - 4)
        bytes[place] += 1
        bytes.put(Checksum.crc32c(bytes[..<checksum]), at: checksum)
        return bytes
    }

    private static func contents(_ disk: SimulatedDisk) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: disk.files.map { ($0, disk.bytes($0)!) })
    }
}
