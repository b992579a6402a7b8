//  FuzzSeeds.swift · StoreTests
//
//  Inputs for every trial, made by the encoders; kept in Fixtures/fuzz with what has crashed once.

import Foundation
import Monitoring
import Support

@testable import Store

/// What fuzzing begins with.
enum FuzzSeeds {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fixtures").appending(path: "fuzz")

    /// All that are kept, by file name.
    static func kept() throws -> [(name: String, bytes: [UInt8])] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted().map { name in
            (name, [UInt8](try Data(contentsOf: folder.appending(path: name))))
        }
    }

    /// Made of real frames: `trial-what`.
    static func made() throws -> [(name: String, bytes: [UInt8])] {
        var seeds: [(name: String, bytes: [UInt8])] = []
        func add(_ trial: Trial, _ what: String, control: UInt8 = 1, _ bytes: [UInt8]) {
            seeds.append(("\(trial)-\(what)", [trial.rawValue, control] + bytes))
        }
        let short = columns(every: 1000, 40)
        let uneven = columns(every: 1000, 30, missing: true)
        try addColumns(short, "short", add)
        try addColumns(uneven, "uneven", add)
        try addColumns(columns(every: 100, 900), "long", add)
        addRollups(add)
        try addSegments(add)
        addLogs(add)
        try addStores(add)
        return seeds
    }

    typealias Add = (Trial, String, UInt8, [UInt8]) -> Void

    static func columns(
        every interval: Int64, _ count: Int, missing: Bool = false
    ) -> FrameColumns {
        var source = SampleFrames(
            seed: 7, from: Timestamp(rfc3339: "2026-11-22T10:00:00Z")!,
            intervalMilliseconds: interval)
        var frames = source.next(count / 2)
        if missing {
            source.skip(seconds: 1800)
            frames[3].levels[.lp] = nil
            frames[4].levels[.lpeak] = nil
        }
        return FrameColumns(frames + source.next(count - count / 2))
    }

    private static func addColumns(_ columns: FrameColumns, _ what: String, _ add: Add) throws {
        var count: [UInt8] = []
        count.append(little: UInt16(columns.count - 1))
        let lp = columns.levels[Metric.lp.rawValue]
        let lpeak = columns.levels[Metric.lpeak.rawValue]
        let reference = (0..<columns.count).map { Int16(truncatingIfNeeded: $0 &* 0x9E37) }
        func payload(_ append: (inout [UInt8]) -> Void) -> [UInt8] {
            var bytes = count
            append(&bytes)
            return bytes
        }
        columns.times.withUnsafeBufferPointer { times in
            add(.tick, what, 1, payload { _ = TimeCodec.appendTicks(times, into: &$0) })
            add(.timeDelta, what, 1, payload { TimeCodec.appendDeltas(times, into: &$0) })
        }
        lp.withUnsafeBufferPointer { lp in
            reference.withUnsafeBufferPointer { reference in
                add(
                    .cross, what, 1,
                    payload { _ = LevelCodec.appendCross(lp, reference: reference, into: &$0) })
            }
            add(.delta, what, 1, payload { _ = LevelCodec.appendDelta(lp, into: &$0) })
            add(.raw, what, 1, payload { LevelCodec.appendRaw(lp, into: &$0) })
        }
        lpeak.withUnsafeBufferPointer { lpeak in
            add(.step, what, 1, payload { LevelCodec.appendSteps(lpeak, into: &$0) })
        }
        add(.constant, what, 1, payload { $0.append(little: lp[0]) })
        let pages = BlockCodec.encode(columns, 0..<columns.count, with: ZstdCompressor())
        var block = count + [0xFF]
        let reader = PageReader()
        for (column, page) in zip(PageColumn.ofBlocks, pages) {
            let length = Page.headerBytes + Int(page[4]) + Int(page[5]) << 8
            add(.page, "\(what)-\(column)", 1, [column.rawValue] + page[..<length])
            try page.withUnsafeBytes { bytes in
                try reader.withPage(bytes, column: column) { reader, codec in
                    block.append(codec.rawValue)
                    block.append(little: UInt16(reader.remaining))
                    block += Array(try reader.take(reader.remaining))
                }
            }
        }
        add(.block, what, 1, block)
    }

    private static func addRollups(_ add: Add) {
        let rollup = DayRollup(columns(every: 1000, 400, missing: true))
        for (rows, control) in [(rollup.hours, UInt8(1)), (rollup.fiveMinutes, 3)] {
            var bytes: [UInt8] = [0x3F]
            RollupCodec.append(rows, into: &bytes)
            add(.rows, "\(rows.count)", control, bytes)
        }
        for (histograms, control) in [
            ([rollup.dayHistogram], UInt8(1)), (rollup.hourHistograms, 3),
        ] {
            var bytes: [UInt8] = [0, 24]
            HistogramCodec.append(histograms, into: &bytes)
            add(.histograms, "\(histograms.count)", control, bytes)
        }
    }

    private static func addSegments(_ add: Add) throws {
        let name = "seg/1-20261122T0000-0000002a.esg"
        for (what, count, level) in [("small", 20, UInt8(0)), ("day", 300, 1)] {
            let disk = SimulatedDisk()
            let frames = columns(every: 1000, count, missing: true)
            let midnight = Dwell.midnight(before: frames.times[0])
            var writer = SegmentWriter(
                file: try disk.create(name), level: level, uuid: SegmentUUID(high: 1, low: 2),
                first: midnight, last: midnight + SegmentFormat.dayMilliseconds - 1)
            try writer.add(0, UnitID("NL43-0001")!, frames)
            try writer.add(3, UnitID("NL43-0002@host")!, columns(every: 500, 25))
            try writer.finish(lsnMaximum: 7, replacing: [SegmentUUID(high: 3, low: 4)])
            let bytes = disk.bytes(name)!
            add(.segment, what, 1, bytes)
            let segment = try Segment(name: name, in: SegmentFiles(disk: disk))
            add(.header, what, 1, segment.header.encoded())
            add(.footer, what, 1, segment.footer.encoded())
            let row = try segment.contents()[0].row
            var encoded: [UInt8] = [0, 1]
            row.append(to: &encoded)
            add(.unitRow, what, 1, encoded)
            encoded = [0, 1]
            BlockDirectory.append(try segment.blocks(of: row, in: segment.file()), to: &encoded)
            add(.directory, what, 1, encoded)
            var manifest = Manifest()
            manifest.segments = [Manifest.Entry(segment)]
            manifest.units = [.init(ref: 0, name: UnitID("NL43-0001")!, newest: row.last)]
            manifest.tombstones = [Tombstone(ref: 0, from: row.first, to: row.last, generation: 3)]
            add(.manifest, what, 1, manifest.encoded())
        }
    }

    private static func addLogs(_ add: Add) {
        let frames = [UnitRef(0), 3].flatMap { ref in
            let columns = columns(every: 1000, 20, missing: true)
            return (0..<columns.count).map {
                LoggedFrame(
                    unit: ref, time: columns.times[$0], tenths: columns.levels(at: $0).tenths,
                    state: columns.states[$0], run: columns.run(at: $0))
            }
        }
        let payload = FrameRecord.encode(frames)
        add(.frameRecord, "frames", 1, [UInt8(frames.count), 0] + payload)
        var units: [UInt8] = []
        for ref: UnitRef in [0, 3] {
            units.append(little: ref)
            units.append(text: "NL43-000\(ref)")
        }
        func log(_ first: UInt64, supersedes: UInt64 = .max) -> [UInt8] {
            let header = LogFile(salt: 42, firstLSN: first, supersedesFrom: supersedes)
            let records = [
                LogRecord(
                    lsn: first, kind: .defineUnits, payload: units, frameCount: 0, hasMore: true),
                LogRecord(
                    lsn: first + 1, kind: .frames, payload: payload, frameCount: frames.count,
                    place: 1),
                LogRecord(
                    lsn: first + 2, kind: .frames, payload: payload, frameCount: frames.count),
            ].map { $0.encoded(salt: header.recordSalt, with: ZstdCompressor()) }
            add(.logRecord, "\(first)-units", 1, records[0])
            add(.logRecord, "\(first)-frames", 1, records[1])
            add(.logHeader, "\(first)", 1, header.encoded())
            return header.encoded() + records.joined()
        }
        let (first, second) = (log(1), log(4, supersedes: 3))
        var both: [UInt8] = [1]
        both.append(little: UInt16(first.count))
        add(.replay, "one", 1, both + first)
        add(.replay, "two", 1, both + first + second)
        let damage = Damage(
            file: "wal/1", kind: "wal", unit: UnitID("NL43-0001"),
            from: Timestamp(milliseconds: 1_790_000_000_000), detail: "It is damaged.")
        add(.damageNote, "one", 1, DamageNote.encoded([damage, damage]))
    }

    /// A day's segment some of which is deleted, and a log behind it.
    private static func addStores(_ add: Add) throws {
        let disk = SimulatedDisk()
        var random = SplitMix64(seed: 3)
        let engine = try StoreEngine.open(disk: disk) { random.next() }
        let now = Timestamp(rfc3339: "2026-11-24T12:00:00Z")!
        var sources = (0..<2).map { number in
            SampleFrames(
                unit: "u\(number)", seed: UInt64(number),
                from: Timestamp(rfc3339: "2026-11-22T10:00:00Z")!)
        }
        for count in [40, 8] {
            for number in sources.indices {
                _ = try engine.append(sources[number].next(count), now: now)
            }
            if count == 8 {
                try engine.commit()
            } else {
                try engine.seal()
                _ = try engine.compact(now: now, force: true)
            }
        }
        let name = engine.manifest.segments[0].name
        let segment = disk.bytes(name)!
        let start = Dwell.midnight(before: now.milliseconds) - 2 * 86_400_000 + 36_000_000
        let tombstone = Tombstone(ref: 1, from: start + 5000, to: start + 9000, generation: 99)
        var manifest = engine.manifest
        manifest.tombstones = [tombstone]
        manifest.leftovers = [name]
        let log = disk.bytes(disk.files.first { $0.hasPrefix("wal/") }!)!
        let deleted = DeletedFrames.encoded([tombstone])
        add(.deletions, "one", 1, deleted)
        for (what, control) in [("listed", UInt8(5)), ("lost", 3), ("unlisted", 1)] {
            var bytes: [UInt8] = []
            for part in [manifest.encoded(), deleted, segment] {
                bytes.append(little: UInt16(part.count))
                bytes += part
            }
            add(.store, what, control, bytes + log)
        }
        var list = BackupList(made: now, number: 1)
        list.hashes["state/1-MANIFEST"] = ContentHash.hexadecimal(of: Manifest().encoded())
        list.hashes[TrialOfStores.segmentName] = ContentHash.hexadecimal(of: segment)
        add(.backupList, "two", 1, list.encoded())
        list.hashes[TrialOfStores.segmentName] = nil
        add(.backupList, "one", 1, list.encoded())
    }
}
