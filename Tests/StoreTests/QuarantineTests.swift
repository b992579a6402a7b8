//  QuarantineTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `What is missing` {
    @Test func `is written down as text and read again`() {
        let damage = [
            Damage(
                file: "seg/1-x.esg", kind: "page", unit: UnitID("NL43-0001")!,
                from: Timestamp(milliseconds: 1_795_449_600_123),
                to: Timestamp(milliseconds: 1_795_449_700_000), detail: "A block: broken\nreally."),
            Damage(file: "MANIFEST", kind: "manifest", detail: "It is missing."),
        ]
        let read = DamageNote.decoded(DamageNote.encoded(damage))
        #expect(read.count == 2 && read[1] == damage[1])
        #expect(read[0].detail == "A block: broken really.")
        #expect(read[0].unit == damage[0].unit && read[0].from == damage[0].from)
        #expect(DamageNote.decoded([0xFF, 0x0A, 0x0A, 0x0A, 0x66]) == [])
    }

    @Test(arguments: 0..<100 as Range<UInt64>)
    func `notes may hold anything`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let words = ["file ", "kind ", "unit ", "from ", "\n", "\n\n", " ", "2026-01-01T00:00:00Z", "ü"]
        let text = (0..<30).map { _ in words.randomElement(using: &random)! }.joined()
        _ = DamageNote.decoded(Array(text.utf8))
    }

    /// What each loss costs, and that it is named after every start until somebody accepts it.
    @Test(arguments: [
        ("a segment is gone", "missing"), ("a segment is cut", "index"),
        ("the manifest is gone", "manifest"), ("the manifest is damaged", "manifest"),
    ])
    func `stays named after every start`(loss: String, kind: String) throws {
        var model = try filled()
        let segment = model.disk.files.first { $0.hasPrefix("seg/") }!
        switch loss {
        case "a segment is gone": model.disk.forget(segment)
        case "a segment is cut": model.disk.put(segment, Array(model.disk.bytes(segment)!.dropLast()))
        case "the manifest is gone": model.disk.forget(Manifest.name)
        default:
            var bytes = model.disk.bytes(Manifest.name)!
            bytes[20] ^= 1
            model.disk.put(Manifest.name, bytes)
        }
        for start in 1...3 as ClosedRange<UInt64> {
            try model.crash(seed: start)
            let damage = model.engine.view.withState { $0.damage }
            #expect(damage.map(\.kind) == [kind], "start \(start)")
            #expect(model.complaint(afterLoss: true) == nil)
            #expect(try StoreCheck(on: model.disk).damage.map(\.kind) == [kind])
            try model.commit(5, of: 1)
            try model.engine.seal()
        }
        let lostFrames = kind == "manifest" ? 0 : 60
        #expect(model.stored(StoreModel.units[0]).count == 120 - lostFrames)
        let day = TimeRange(start: StoreModel.start, end: StoreModel.now)!
        let named = SegmentHistory(view: model.engine.view)
            .readFrames(of: StoreModel.units[0], in: day, limit: 1).damage
        #expect(named.map(\.kind) == (kind == "manifest" ? [] : [kind]), "in the answer, too")

        let accepted = try StoreMaintenance.acceptLoss(on: model.disk)
        #expect(accepted.map(\.kind) == [kind])
        try model.crash(seed: 9)
        #expect(model.engine.view.withState { $0.damage } == [])
    }

    @Test func `ends when a file is put back`() throws {
        var model = try filled()
        let before = model.stored(StoreModel.units[0])
        let segment = model.disk.files.first { $0.hasPrefix("seg/") }!
        let good = model.disk.bytes(segment)!
        model.disk.put(segment, Array(good[..<100]))
        try model.crash(seed: 1)
        #expect(model.engine.view.withState { $0.damage }.count == 1)
        #expect(model.disk.bytes("quarantine/\(segment.dropFirst(4))")?.count == 100)
        model.disk.put(segment, good)
        try model.crash(seed: 2)
        #expect(model.engine.view.withState { $0.damage } == [])
        #expect(model.stored(StoreModel.units[0]) == before)
    }

    @Test func `of two files of one name keeps both`() throws {
        let disk = SimulatedDisk()
        let quarantine = Quarantine(disk: disk)
        for number in 0..<3 as Range<UInt8> {
            disk.put("MANIFEST", [number])
            try quarantine.setAside("MANIFEST")
        }
        #expect(quarantine.files() == ["MANIFEST", "MANIFEST.1", "MANIFEST.2"])
    }

    /// Every byte of the manifest: the list is made anew, and nothing is missing.
    @Test func `of the manifest costs nothing, wherever it is`() throws {
        let model = try filled()
        let before = model.stored(StoreModel.units[0])
        let good = model.disk.bytes(Manifest.name)!
        for place in 0..<good.count {
            var flipped = good
            flipped[place] ^= 0x20
            for bytes in [flipped, Array(good[..<place])] {
                let disk = model.disk.afterPowerCut(seed: 1)
                disk.put(Manifest.name, bytes)
                let engine = try StoreModel.open(disk, seed: 1)
                #expect(StoreModel.stored(StoreModel.units[0], engine) == before, "byte \(place)")
                #expect(engine.view.withState { $0.damage }.map(\.kind) == ["manifest"])
            }
        }
    }

    @Test(arguments: [[(0, "a"), (0, "b")], [(0, "a"), (1, "a")], [(1, "a"), (0, "b")]])
    func `is a manifest in which a unit has two numbers, or a number two units`(
        units: [(ref: Int, name: String)]
    ) throws {
        var manifest = Manifest()
        manifest.units = units.map {
            Manifest.UnitName(ref: UnitRef($0.ref), name: UnitID($0.name)!, newest: nil)
        }
        #expect(throws: FormatError.self) { try Manifest(decoding: manifest.encoded()) }
    }

    /// A disk that cannot be read for a moment says nothing about the files on it.
    @Test func `is not what a lack of rights looks like`() throws {
        let model = try filled()
        let closed = WatchedDisk(model.disk) { call, path throws(DiskError) in
            guard call == .open, path.hasPrefix("seg/") else { return }
            throw DiskError(.denied, "open", path)
        }
        #expect(throws: DiskError.self) {
            try StoreEngine.open(disk: closed, randomBits: { 1 })
        }
        #expect(!model.disk.files.contains { $0.hasPrefix("quarantine/") })
    }

    /// Pages that cannot be read are found again by whoever reads them, until what holds them is
    /// written anew; the file is set aside.
    @Test(arguments: ["a sealed head", "a day", "a day's rows", "rows alone"])
    func `of pages ends when it is accepted`(what: String) throws {
        var model = try filled()
        try model.commit(60, of: 1)
        try model.engine.seal()
        if what != "a sealed head" { _ = try model.engine.compact(now: StoreModel.now, force: true) }
        if what == "rows alone" { _ = try model.engine.releaseOldestDay() }
        let segment = model.engine.view.withState { $0.segments[0] }
        let place =
            what.contains("rows")
            ? try segment.contents()[0].row.rollups[.hours] : try segment.blocks()[0].pages[0].place
        var bytes = model.disk.bytes(segment.name)!
        bytes[place.offset + Page.headerBytes] ^= 1
        model.disk.put(segment.name, bytes)
        try model.crash(seed: 1)
        #expect(try StoreCheck(on: model.disk).damage.map(\.kind) == ["page"])
        let left = StoreModel.units.map { model.stored($0) }
        #expect(left[1].count == (what == "rows alone" ? 0 : 60))

        let report = try StoreMaintenance.compact(
            model.disk, now: StoreModel.start, force: false, acceptsLoss: true) { 5 }
        #expect(report.accepted.map(\.kind) == ["page"])
        #expect(try StoreCheck(on: model.disk).damage == [])
        try model.crash(seed: 2)
        #expect(model.engine.view.withState { $0.damage } == [])
        #expect(StoreModel.units.map { model.stored($0) } == left)
        let aside = Quarantine(disk: model.disk).files().map { "seg/" + $0 }
        #expect(aside == [segment.name])
        let rows = model.engine.view.withState { $0.segments }.flatMap { try! $0.contents() }
        #expect(rows.contains { $0.name == StoreModel.units[1] })
    }

    /// A file that nobody published, and that nobody knows to be needless.
    @Test func `does not grow by a segment of another store, which is set aside`() throws {
        var model = try filled()
        let before = model.stored(StoreModel.units[0])
        var other = try StoreModel(seed: 9)
        try other.commit(30, of: 0)
        try other.engine.seal()
        let stranger = "seg/0-20261123T2350-000000ff.esg"
        model.disk.put(stranger, other.disk.bytes(other.engine.manifest.segments[0].name)!)
        model.disk.put("tmp/left", [1])
        try model.crash(seed: 1)
        #expect(model.stored(StoreModel.units[0]) == before)
        #expect(Quarantine(disk: model.disk).files().map { "seg/" + $0 } == [stranger])
        #expect(!model.disk.files.contains { $0.hasPrefix("tmp/") })
        #expect(model.engine.view.withState { $0.damage } == [])
    }

    private func filled() throws -> StoreModel {
        var model = try StoreModel(seed: 3)
        for _ in 0..<2 {
            _ = try model.engine.append(model.next(60, of: 0), now: StoreModel.now)
            try model.engine.seal()
        }
        return model
    }
}
