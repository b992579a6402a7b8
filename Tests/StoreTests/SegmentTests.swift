//  SegmentTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `A segment` {
    private static let unit = UnitID("NL43-0001")!
    private static let midnight = Dwell.midnight(
        before: Timestamp(rfc3339: "2026-11-22T10:00:00Z")!.milliseconds)

    // Letters are runs, a dash an hour and a bit without frames, | a UTC midnight.
    @Test(arguments: [
        ("keeps one run together", "aaaaaa", [6]),
        ("begins a block with each run", "aabbb.", [2, 3, 1]),
        ("begins a block behind a hole of more than an hour", "aaa-aa", [3, 2]),
        ("begins a block with each day", "aa|aaa", [2, 3]),
        ("has blocks of one frame", "a", [1]),
    ])
    func `is cut into blocks`(behaviour: String, frames: String, counts: [Int]) {
        var columns = FrameColumns()
        var time = Self.midnight + 86_390_000
        for letter in frames {
            switch letter {
            case "-": time += 3_600_000
            case "|": time = Self.midnight + 86_400_000
            default:
                let start = letter == "." ? nil : Timestamp(milliseconds: Int64(letter.asciiValue!))
                columns.append(
                    time: time, levels: Levels().tenths, state: 1, run: Run(start: start))
                time += 1000
            }
        }
        // Only what is drawn may cut.
        if !frames.contains("|") { columns = columns.moved(byMilliseconds: -40_000_000) }
        let ranges = SegmentWriter.blocks(of: columns, framesMaximum: 900)
        #expect(ranges.map(\.count) == counts, Comment(rawValue: behaviour))
    }

    @Test(arguments: [(UInt8(0), [900, 900, 200]), (UInt8(1), [2000])])
    func `has blocks as long as its level allows`(level: UInt8, counts: [Int]) throws {
        #expect(SegmentFormat.blockFramesMaximum == [0: 900, 1: 14_400])
        let segment = try segment(level, FuzzSeeds.columns(every: 1000, 2000))
        #expect(try segment.blocks().map(\.count) == counts)
        #expect(try segment.pages().allSatisfy { $0.offset % 8 == 0 })
    }

    /// Units are found by halving, however far apart their numbers are.
    @Test(arguments: 0..<30 as Range<UInt64>)
    func `finds each unit, and none that is not there`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let spread = [60, 300, 1 << 24].randomElement(using: &random)!
        let refs = Set((0..<50).map { _ in UnitRef.random(in: 0..<UnitRef(spread), using: &random) })
        let columns = FuzzSeeds.columns(every: 1000, 3)
        let segment = try segment(0, refs.sorted().map { ($0, columns) })
        let file = try segment.file()
        for ref in refs { #expect(try segment.row(of: ref, in: file)?.ref == ref) }
        for _ in 0..<200 {
            let ref = UnitRef.random(in: 0..<UnitRef(spread) + 9, using: &random)
            #expect(try segment.row(of: ref, in: file)?.ref == (refs.contains(ref) ? ref : nil))
        }
    }

    /// A later minor adds what can be passed over.
    @Test func `of a later minor version is read`() throws {
        let columns = FuzzSeeds.columns(every: 1000, 300, missing: true)
        let disk = SimulatedDisk()
        let segment = try segment(1, columns, on: disk)
        var bytes = disk.bytes(segment.name)!
        bytes[10] = 7
        bytes.put(Checksum.crc32c(bytes[..<60]), at: 60)
        disk.put(segment.name, bytes)
        let later = try Segment(name: segment.name, in: SegmentFiles(disk: disk))
        #expect(later.verify() == [])
        #expect(try frames(later) == columns)
    }

    /// A page with a codec that is not known costs its block, as damage does.
    @Test func `with an unknown codec keeps its other blocks`() throws {
        let disk = SimulatedDisk()
        let columns = FuzzSeeds.columns(every: 1000, 2000)
        let segment = try segment(0, columns, on: disk)
        let page = try segment.blocks()[1].pages[1].place
        var bytes = disk.bytes(segment.name)!
        bytes[page.offset + 9] = 15
        TrialRepair.page(&bytes, page.offset..<page.offset + page.length)
        disk.put(segment.name, bytes)
        let later = try Segment(name: segment.name, in: SegmentFiles(disk: disk))
        #expect(later.verify().map(\.kind) == ["page"])
        #expect(later.verify()[0].detail.contains("codec"))
    }

    /// What nobody asked for need not be readable: `lp` is there without `lpeak`.
    @Test func `with a damaged page gives the columns that do not need it`() throws {
        let disk = SimulatedDisk()
        let columns = FuzzSeeds.columns(every: 1000, 300)
        let segment = try segment(1, columns, on: disk)
        let block = try segment.blocks()[0]
        var bytes = disk.bytes(segment.name)!
        bytes[block.pages[Int(PageColumn.lpeak.rawValue)].place.offset + 20] ^= 1
        disk.put(segment.name, bytes)
        let file = try disk.open(segment.name)
        #expect(throws: FormatError.self) {
            try segment.read(block, wanted: .all, in: file, with: PageReader())
        }
        let some = try segment.read(
            block, wanted: MetricSet([.lp, .leq]), in: file, with: PageReader())
        #expect(some.levels[Metric.lp.rawValue] == columns.levels[Metric.lp.rawValue])
    }

    /// 900 values of lp, and lpeak 120 to 125 above them.
    @Test(arguments: [
        ("never change", Codec.constant, Codec.cross), ("change now and then", .step, .cross),
        ("fluctuate", .delta, .cross), ("jump anywhere", .raw, .cross),
    ])
    func `is coded by what its levels are like`(levels: String, lp: Codec, lpeak: Codec) {
        var random = SplitMix64(seed: 6)
        var columns = FrameColumns()
        var value: Int16 = 500
        for index in 0..<900 {
            switch levels {
            case "change now and then": if index % 20 == 0 { value += 7 }
            case "fluctuate": value += .random(in: -20...20, using: &random)
            case "jump anywhere": value = .random(in: 0..<1000, using: &random)
            default: break
            }
            var frame = Levels()
            frame[.lp] = Level(tenths: value)
            frame[.lpeak] = Level(tenths: value + .random(in: 120...125, using: &random))
            columns.append(
                time: Int64(index) * 1000, levels: frame.tenths, state: 1, run: Run(start: nil))
        }
        let pages = BlockCodec.encode(columns, 0..<900, with: ZstdCompressor())
        #expect(pages[1...2].map { Codec(rawValue: $0[9]) } == [lp, lpeak])
    }

    /// A day of which one unit is written anew: pages of the other are copied unread, even one that
    /// nobody could read.
    @Test func `is copied page by page where nothing has changed`() throws {
        var model = try StoreModel(seed: 2)
        for unit in 0..<2 { try model.commit(200, of: unit) }
        try model.engine.seal()
        _ = try model.engine.compact(now: StoreModel.now, force: true)
        let segment = model.engine.view.withState { $0.segments[0] }
        let place = try segment.blocks()[0].pages[1].place
        var bytes = model.disk.bytes(segment.name)!
        bytes[place.offset + Page.headerBytes] ^= 1
        model.disk.put(segment.name, bytes)
        let damaged = Array(bytes[place.offset..<place.offset + place.length])
        try model.crash(seed: 1)
        try model.commit(50, of: 1)
        try model.engine.seal()
        #expect(try model.engine.compact(now: StoreModel.now, force: true) == 2)
        let merged = model.engine.view.withState { $0.segments }
        #expect(merged.count == 1 && merged[0].name != segment.name)
        let copied = try merged[0].blocks()[0].pages[1].place
        #expect(
            Array(model.disk.bytes(merged[0].name)![copied.offset..<copied.offset + copied.length])
                == damaged)
        #expect(model.stored(StoreModel.units[1]).count == 250)
        // It is as damaged as before, and named as before.
        #expect(merged[0].verify().map(\.unit) == [StoreModel.units[0]])
    }

    // MARK: -

    private func segment(
        _ level: UInt8, _ columns: FrameColumns, on disk: SimulatedDisk = SimulatedDisk()
    ) throws -> Segment {
        try segment(level, [(0, columns)], on: disk)
    }

    private func segment(
        _ level: UInt8, _ units: [(UnitRef, FrameColumns)], on disk: SimulatedDisk = SimulatedDisk()
    ) throws -> Segment {
        let name = "seg/\(level)-20261122T0000-0000002a.esg"
        var writer = SegmentWriter(
            file: try disk.create(name), level: level, uuid: SegmentUUID(high: 1, low: 2),
            first: Self.midnight, last: Self.midnight + SegmentFormat.dayMilliseconds - 1)
        for (ref, columns) in units { try writer.add(ref, UnitID("u\(ref)")!, columns) }
        try writer.finish(lsnMaximum: 1, replacing: [])
        return try Segment(name: name, in: SegmentFiles(disk: disk))
    }

    private func frames(_ segment: Segment) throws -> FrameColumns {
        let file = try segment.file()
        var all = FrameColumns()
        for block in try segment.blocks() {
            let columns = try segment.read(block, in: file, with: PageReader())
            all.append(columns, 0..<columns.count)
        }
        return all
    }
}

@Suite struct `Rows of a rollup` {
    @Test(arguments: [0, 1, 300])
    func `pass over columns of a later minor`(bytes: Int) throws {
        let rows = DayRollup(FuzzSeeds.columns(every: 1000, 900)).hours
        var payload: [UInt8] = []
        RollupCodec.append(rows, into: &payload)
        #expect(payload[2] == 24)
        payload[2] += 1
        payload.append(little: UInt16(bytes))
        payload += [UInt8](repeating: 7, count: bytes)
        var found = LevelRows()
        try payload.withUnsafeBytes { bytes in
            var reader = RawReader(bytes)
            try RollupCodec.take(&reader, kind: .hours, wanted: .all, into: &found)
        }
        #expect(found.values == rows.values)
    }
}

@Suite struct `Files of segments` {
    /// More than may be open at once: the quarter that was not read longest is closed.
    @Test func `are kept open up to a bound`() throws {
        let disk = SimulatedDisk()
        var opened = 0
        let files = SegmentFiles(
            disk: WatchedDisk(disk) { call, _ in if call == .open { opened += 1 } })
        let names = (0...SegmentFiles.openMaximum).map { "seg/\($0)" }
        for name in names {
            disk.put(name, [1])
            _ = try files.file(name, isKept: true)
        }
        #expect(opened == names.count)
        _ = try files.file(names.last!, isKept: true)
        #expect(opened == names.count, "the newest is still open")
        _ = try files.file(names[0], isKept: true)
        #expect(opened == names.count + 1, "the oldest was closed")
        for _ in 0..<2 { _ = try files.file("seg/7", isKept: false) }
        #expect(opened == names.count + 3, "what is not worth it is opened each time")
    }

    /// Who began to read before a merge reads on, though the files are gone.
    @Test func `outlive their names for those who read them`() throws {
        var model = try StoreModel(seed: 5)
        for _ in 0..<3 {
            try model.commit(100, of: 0)
            try model.engine.seal()
        }
        let expected = model.stored(StoreModel.units[0])
        let reader = try #require(model.engine.view.unit(StoreModel.units[0]))
        let names = model.engine.manifest.segments.map(\.name)
        _ = try model.engine.compact(now: StoreModel.now, force: true)
        #expect(!model.disk.files.contains { names.contains($0) })
        let range = TimeRange(
            start: StoreModel.start.advanced(byMilliseconds: -1000), end: StoreModel.now)!
        let answer = reader.frames(in: range, limit: .max)
        #expect(answer.columns.frames(of: StoreModel.units[0]) == expected)
        #expect(answer.damage == [])
    }
}

@Suite struct `A day` {
    private static let now = Timestamp(rfc3339: "2026-11-24T00:15:00Z")!

    @Test func `is over a quarter of an hour after its end`() throws {
        var model = try StoreModel(seed: 5)
        // From ten minutes before midnight on, but not beyond it.
        try model.commit(300, of: 0)
        try model.engine.seal()
        #expect(try model.engine.compact(now: Self.now.advanced(byMilliseconds: -1)) == 0)
        #expect(try model.engine.compact(now: Self.now) == 1)
        #expect(model.engine.manifest.segments.map(\.level) == [1])
    }

    /// Late frames and imports make segments of it; they are merged with the next day, or when
    /// there are eight.
    @Test func `is written anew once a day, or when it is in eight pieces`() throws {
        var model = try StoreModel(seed: 5)
        try model.commit(10, of: 0)
        try model.engine.seal()
        _ = try model.engine.compact(now: Self.now)
        func addLate() throws {
            let frames = FrameColumns(model.next(10, of: 0))
            _ = try model.engine.importFrames([StoreModel.units[0]: frames])
        }
        for pieces in 2...7 {
            try addLate()
            #expect(try model.engine.compact(now: Self.now) == 0)
            #expect(model.engine.manifest.segments.count == pieces)
        }
        try addLate()
        #expect(try model.engine.compact(now: Self.now) == 8)
        try addLate()
        #expect(try model.engine.compact(now: Self.now) == 0)
        #expect(try model.engine.compact(now: Self.now.advanced(byMilliseconds: 86_400_000)) == 2)
        #expect(model.stored(StoreModel.units[0]).count == 90)
    }
}

extension FrameColumns {
    /// The same at other times.
    fileprivate func moved(byMilliseconds shift: Int64) -> FrameColumns {
        var columns = FrameColumns()
        for index in 0..<count {
            columns.append(
                time: times[index] + shift, levels: levels(at: index).tenths,
                state: states[index], run: run(at: index))
        }
        return columns
    }
}
