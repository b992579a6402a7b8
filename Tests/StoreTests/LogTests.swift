//  LogTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The log` {
    static let unit = UnitID("NL43-0001")!

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `gives back the frames of a record, by unit and in order`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var frames: [LoggedFrame] = []
        for ref in [7, 3, 9] as [UnitRef] {
            var source = SampleFrames(
                seed: seed &+ UInt64(ref), from: StoreModel.start, intervalMilliseconds: 1000)
            for frame in source.next(.random(in: 1...50, using: &random)) {
                frames.append(Self.logged(frame, ref))
            }
        }
        let payload = FrameRecord.encode(frames.shuffled(using: &random))
        let decoded = try FrameRecord.decode(payload, count: frames.count)
        #expect(Set(decoded.map(\.time)) == Set(frames.map(\.time)))
        for ref in [3, 7, 9] as [UnitRef] {
            let given = frames.filter { $0.unit == ref }.sorted { $0.time < $1.time }
            let got = decoded.filter { $0.unit == ref }.sorted { $0.time < $1.time }
            #expect(given == got)
        }
        #expect(decoded.map(\.unit) == decoded.map(\.unit).sorted())
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `never takes garbage for a record`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var source = SampleFrames(seed: seed, from: StoreModel.start)
        let frames = source.next(20).map { Self.logged($0, 0) }
        let record = LogRecord(
            lsn: 1, kind: .frames, payload: FrameRecord.encode(frames), frameCount: 20)
        var bytes = record.encoded(salt: 99, with: ZstdCompressor())
        bytes[Int.random(in: bytes.indices, using: &random)] ^= .random(in: 1...255, using: &random)
        let decoded = LogRecord.decode(bytes, at: 0, salt: 99, with: ZstdDecompressor())
        #expect(decoded == nil)
        #expect(LogRecord.decode(bytes, at: 0, salt: 98, with: ZstdDecompressor()) == nil)
    }

    /// After a failed sync the same frames were written to a new file: what the old one holds
    /// from there on does not count, even if it reached the disk after all.
    @Test func `lets a newer file void the end of an older one`() throws {
        var source = SampleFrames(from: StoreModel.start)
        let frames = source.next(6)
        let disk = SimulatedDisk()
        disk.put(Manifest.name, Manifest().encoded())
        disk.put(
            LogFile.name(firstLSN: 1),
            file(firstLSN: 1, supersedes: .max, [(1, nil), (2, frames[0..<2]), (3, frames[2..<4])]))
        disk.put(
            LogFile.name(firstLSN: 3),
            file(firstLSN: 3, supersedes: 3, [(3, nil), (4, frames[4..<6])]))
        let engine = try StoreModel.open(disk, seed: 1)
        let range = TimeRange(start: StoreModel.start, end: StoreModel.now)!
            .extended(byMilliseconds: 1000)
        let stored = SegmentHistory(view: engine.view)
            .readFrames(of: Self.unit, in: range, limit: .max).columns
        #expect(stored.times == [0, 1, 4, 5].map { frames[$0].time.milliseconds })
        #expect(engine.view.withState { $0.damage } == [])
    }

    /// A crash can leave a file with nothing but its header; its name is the next file's again.
    @Test func `goes on over a file that a crash left empty, and deletes it once`() throws {
        let disk = SimulatedDisk()
        disk.put(Manifest.name, Manifest().encoded())
        disk.put(LogFile.name(firstLSN: 1), file(firstLSN: 1, supersedes: .max, []))
        let engine = try StoreModel.open(disk, seed: 1)
        var source = SampleFrames(from: StoreModel.start)
        for _ in 0..<2 {
            _ = try engine.append(source.next(5), now: StoreModel.now)
            try engine.seal()
            #expect(disk.files.filter { $0.hasPrefix("wal/") } == [])
        }
    }

    /// Whatever is in a commit, of however many units: one write, one sync.
    @Test(arguments: [(1, 1), (3, 40), (100, 1)])
    func `takes a commit in one write and one sync`(units: Int, frames: Int) throws {
        let disk = SimulatedDisk()
        let engine = try StoreModel.open(disk, seed: 1)
        var sources = (0..<units).map {
            SampleFrames(unit: "u\($0)", seed: UInt64($0), from: StoreModel.start)
        }
        for isFirst in [true, false] {
            for unit in sources.indices {
                _ = try engine.append(sources[unit].next(frames), now: StoreModel.now)
            }
            let before = (disk.operations, engine.log.bytes)
            try engine.commit()
            if isFirst { continue }
            #expect(disk.operations - before.0 == 2)
            let bytes = Double(engine.log.bytes - before.1) / Double(units * frames)
            #expect(bytes < (units * frames == 1 ? 100 : 16), "\(bytes) bytes a frame")
        }
    }

    @Test func `begins the next file when one is full, and has all of them after a start`() throws {
        let disk = SimulatedDisk()
        let engine = try StoreModel.open(disk, seed: 1)
        #expect(engine.log.fileBytesMaximum == 64 << 20)
        engine.log.fileBytesMaximum = 1000
        var source = SampleFrames(from: StoreModel.start)
        let frames = source.next(1000)
        for start in stride(from: 0, to: 1000, by: 50) {
            _ = try engine.append(Array(frames[start..<start + 50]), now: StoreModel.now)
            try engine.commit()
        }
        let files = disk.files.filter { $0.hasPrefix("wal/") }
        #expect(files.count > 3 && files.allSatisfy { disk.bytes($0)!.count < 4000 })
        let again = try StoreModel.open(disk, seed: 2)
        #expect(StoreModel.stored(Self.unit, again) == frames)
        #expect(again.view.withState { $0.damage } == [])
        try again.seal()
        #expect(!disk.files.contains { $0.hasPrefix("wal/") })
    }

    /// A log file; a record without frames defines the unit.
    private func file(
        firstLSN: UInt64, supersedes: UInt64, _ records: [(lsn: UInt64, frames: ArraySlice<Frame>?)]
    ) -> [UInt8] {
        let header = LogFile(salt: 42, firstLSN: firstLSN, supersedesFrom: supersedes)
        var bytes = header.encoded()
        for (lsn, frames) in records {
            var payload: [UInt8] = []
            if let frames {
                payload = FrameRecord.encode(frames.map { Self.logged($0, 0) })
            } else {
                payload.append(little: UnitRef(0))
                payload.append(text: Self.unit.name)
            }
            bytes += LogRecord(
                lsn: lsn, kind: frames == nil ? .defineUnits : .frames, payload: payload,
                frameCount: frames?.count ?? 0
            ).encoded(salt: header.recordSalt, with: ZstdCompressor())
        }
        return bytes
    }

    private static func logged(_ frame: Frame, _ ref: UnitRef) -> LoggedFrame {
        LoggedFrame(
            unit: ref, time: frame.time.milliseconds, tenths: frame.levels.tenths,
            state: frame.state.rawValue, run: Run(start: frame.measurementStart))
    }
}

extension TimeRange {
    /// A little more at both ends: sample frames jitter around their seconds.
    fileprivate func extended(byMilliseconds slack: Int64) -> TimeRange {
        TimeRange(
            start: start.advanced(byMilliseconds: -slack), end: end.advanced(byMilliseconds: slack))!
    }
}
