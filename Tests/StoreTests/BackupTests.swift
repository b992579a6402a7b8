//  BackupTests.swift · StoreTests

import Foundation
import GRDB
import Monitoring
import Support
import Testing

@testable import Store

/// A data folder on simulated disks, and a folder for backups of it.
struct BackupModel {
    var model: StoreModel
    let folder = SimulatedDisk()
    let target = SimulatedDisk()
    static let registryBytes = Array("the registry".utf8)

    init(seed: UInt64) throws {
        model = try StoreModel(seed: seed)
        folder.put("keys/sessions.keys", Array("secret".utf8))
        for round in 0..<3 {
            for unit in 0..<3 {
                _ = try model.engine.append(model.next(30 + round, of: unit), now: StoreModel.now)
            }
            try model.engine.seal()
            if round == 1 { _ = try model.engine.compact(now: StoreModel.now, force: true) }
        }
        try model.commit(10, of: 0)
        try model.commit(4, of: 1)
        model.read()
    }

    @discardableResult
    func backUp(
        store: (any Disk)? = nil, withKeys: Bool = false, isLinking: Bool = false,
        number: Int64 = 0
    ) throws -> StoreBackup.Report {
        try StoreBackup.run(
            of: folder, store: store ?? model.disk, to: target,
            at: StoreModel.now.advanced(byMilliseconds: number), withKeys: withKeys,
            isLinking: isLinking,
            registry: { path in
                target.put(path, BackupModel.registryBytes)
                return true
            })
    }

    /// What a restore of the backup makes, opened as the service would.
    static func restored(_ target: SimulatedDisk, seed: UInt64 = 1) throws -> StoreEngine {
        let data = SimulatedDisk()
        _ = try StoreRestore.run(from: target, into: data)
        return try StoreModel.open(BackupModel.store(of: data), seed: seed)
    }

    /// The folder `store` of a data folder, as a disk of its own.
    static func store(of data: SimulatedDisk) -> SimulatedDisk {
        let store = SimulatedDisk()
        for name in data.files where name.hasPrefix("store/") {
            store.put(String(name.dropFirst("store/".count)), data.bytes(name)!)
        }
        return store
    }

    /// What the store answers now.
    var frames: [UnitID: [Frame]] {
        Dictionary(uniqueKeysWithValues: StoreModel.units.map { ($0, model.stored($0)) })
    }

    /// What is wrong when a store does not answer these frames; `nil` when nothing is.
    static func complaint(_ restored: StoreEngine, _ frames: [UnitID: [Frame]]) -> String? {
        for unit in StoreModel.units {
            let (there, here) = (StoreModel.stored(unit, restored), frames[unit] ?? [])
            if there != here { return "\(unit): \(there.count) frames for \(here.count)" }
        }
        let damage = restored.view.withState { $0.damage }
        return damage.isEmpty ? nil : "\(damage)"
    }
}

@Suite struct `A backup` {
    @Test(arguments: [false, true])
    func `gives back exactly the frames that were there`(isLinking: Bool) throws {
        let backup = try BackupModel(seed: 1)
        let report = try backup.backUp(withKeys: true, isLinking: isLinking)
        #expect(report.segments == 2 && report.keys == 1 && report.hasRegistry)
        let data = SimulatedDisk()
        let restored = try StoreRestore.run(from: backup.target, into: data)
        #expect(restored.keys == 1 && restored.hasRegistry && restored.made == StoreModel.now)
        #expect(data.bytes("registry.sqlite") == BackupModel.registryBytes)
        #expect(data.bytes("keys/sessions.keys") == Array("secret".utf8))
        let engine = try StoreModel.open(BackupModel.store(of: data), seed: 1)
        #expect(BackupModel.complaint(engine, backup.frames) == nil)
        #expect(!data.files.contains(StoreRestore.mark))
    }

    @Test func `has no keys unless asked`() throws {
        let backup = try BackupModel(seed: 1)
        try backup.backUp()
        #expect(!backup.target.files.contains { $0.contains("key") })
    }

    @Test func `is checked by sha256sum`() throws {
        let backup = try BackupModel(seed: 1)
        try backup.backUp()
        let lines = String(decoding: backup.target.bytes("BACKUP")!, as: UTF8.self)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == backup.target.files.count - 1)
        for line in lines {
            let path = String(line.dropFirst(66))
            let hash = ContentHash.hexadecimal(of: backup.target.bytes(path)!)
            #expect(line == "\(hash)  \(path)")
        }
        // FIPS 180-4, the example of one block.
        #expect(
            ContentHash.hexadecimal(of: Array("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    /// A second one copies what is new, and takes away what is not needed any more.
    @Test func `copies only what is new`() throws {
        var backup = try BackupModel(seed: 1)
        let first = try backup.backUp()
        let again = try backup.backUp(number: 1)
        #expect(again.bytes == first.bytes && again.copiedBytes < first.copiedBytes)
        try backup.model.engine.seal()
        _ = try backup.model.engine.compact(now: StoreModel.now, force: true)
        try backup.model.commit(5, of: 0)
        try backup.backUp(number: 2)
        let segments = backup.target.files.filter { $0.hasPrefix("seg/") }
        #expect(segments.count == backup.model.engine.manifest.segments.count)
        #expect(backup.target.files.allSatisfy { !$0.hasPrefix("state/") || $0.hasPrefix("state/3-") })
        #expect(BackupModel.complaint(try BackupModel.restored(backup.target), backup.frames) == nil)
    }

    /// A segment of the same name and another content belongs to the backup before.
    @Test func `never writes over a file of the one before`() throws {
        let backup = try BackupModel(seed: 1)
        let name = backup.model.engine.manifest.segments[0].name
        backup.target.put(name, [1, 2, 3])
        try backup.backUp()
        #expect(BackupModel.complaint(try BackupModel.restored(backup.target), backup.frames) == nil)
        #expect(backup.target.files.contains("\(name).1") && !backup.target.files.contains(name))
    }

    /// Something happens in the store between any two looks at it: frames come, heads are sealed,
    /// segments merged.
    @Test(arguments: 0..<40 as Range<Int>)
    func `is consistent beside a writer`(moment: Int) throws {
        var backup = try BackupModel(seed: UInt64(moment))
        let before = backup.model.answered
        let writer = Writer(backup.model)
        try backup.backUp(
            store: looked(at: backup.model.disk) { look in
                if look == moment || look == moment + 7 { writer.work(look % 3) }
            })
        backup.model = writer.model
        let restored = try BackupModel.restored(backup.target)
        for unit in StoreModel.units {
            let frames = StoreModel.stored(unit, restored)
            let given = backup.model.given[unit] ?? [:]
            #expect(frames.allSatisfy { given[$0.time] == $0 })
            #expect(Set(frames.map(\.time)).isSuperset(of: before[unit]?.keys.map { $0 } ?? []))
            #expect(zip(frames.dropFirst(), frames).allSatisfy { $0.time > $1.time })
        }
        #expect(restored.view.withState { $0.damage } == [])
    }

    /// A number from which nobody can count on is no number, in the list or in a name.
    @Test func `is made over a list that was made up`() throws {
        let backup = try BackupModel(seed: 1)
        backup.target.put("BACKUP", BackupList(made: StoreModel.now, number: .max).encoded())
        backup.target.put("state/\(Int.max)-MANIFEST", [1])
        try backup.backUp()
        #expect(try BackupList.read(from: backup.target)?.number == 1)
        #expect(!backup.target.files.contains { $0.contains("\(Int.max)") })
    }

    @Test func `ends when the store never comes to rest`() throws {
        let backup = try BackupModel(seed: 1)
        let writer = Writer(backup.model)
        #expect(throws: BackupFailure.restless) {
            try backup.backUp(store: looked(at: backup.model.disk) { _ in writer.work(1) })
        }
    }

    /// What is damaged is not in it, is named, and costs no older copy.
    @Test func `goes without a segment that is damaged, and names it`() throws {
        let backup = try BackupModel(seed: 1)
        let name = backup.model.engine.manifest.segments[0].name
        backup.model.disk.put(name, Array(backup.model.disk.bytes(name)!.dropLast(9)))
        let report = try backup.backUp()
        #expect(report.missing.map(\.file) == [name])
        let restored = try BackupModel.restored(backup.target)
        #expect(restored.view.withState { $0.damage }.map(\.kind) == ["missing"])
    }

    @Test func `needs a store and its manifest`() throws {
        let backup = try BackupModel(seed: 1)
        #expect(throws: BackupFailure.noStore) { try backup.backUp(store: SimulatedDisk()) }
        backup.model.disk.forget(Manifest.name)
        #expect(throws: BackupFailure.noManifest) { try backup.backUp() }
    }

    /// Each change of its folder fails once, and the power is cut at each: the backup before, or
    /// this one, is whole.
    @Test(arguments: [false, true])
    func `leaves the one before whole, whatever fails`(isCut: Bool) throws {
        var first = try BackupModel(seed: 1)
        try first.backUp()
        let old = first.frames
        let base = first.target.afterPowerCut(seed: 0)
        _ = try first.model.engine.compact(now: StoreModel.now, force: true)
        try first.model.commit(9, of: 2)
        try first.model.engine.seal()
        try first.model.commit(9, of: 0)
        let operations = first.target.operations
        try first.backUp(number: 1)
        let changes = first.target.operations - operations
        for number in 0..<changes {
            for seed in 0..<(isCut ? 3 : 1) as Range<UInt64> {
                var target = base.afterPowerCut(seed: 0)
                let at = target.operations + number
                isCut ? target.cutPower(at: at) : target.fail(at: [at])
                let made = try? StoreBackup.run(
                    of: first.folder, store: first.model.disk, to: target, at: StoreModel.now,
                    registry: { [target] in
                        target.put($0, BackupModel.registryBytes)
                        return true
                    })
                if isCut { target = target.afterPowerCut(seed: seed) }
                let engine = try BackupModel.restored(target)
                let isOld = BackupModel.complaint(engine, old) == nil
                let isNew = BackupModel.complaint(engine, first.frames) == nil
                #expect(isOld || isNew, "change \(number), seed \(seed)")
                if made != nil { #expect(isNew, "change \(number), seed \(seed)") }
                // The next one takes away what this one has left.
                target.fail(at: [])
                target.cutPower(at: .max)
                _ = try StoreBackup.run(
                    of: first.folder, store: first.model.disk, to: target, at: StoreModel.now,
                    registry: { _ in false })
                let listed = try #require(try BackupList.read(from: target)).hashes.keys
                #expect(Set(target.files) == Set(listed).union(["BACKUP"]))
            }
        }
    }

    @Test func `of a registry is one file with all in it, made beside a writer`() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "earshot-backup-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try !SQLiteRegistry.copy(folder + "/none", to: folder + "/copy"))
        let registry = try SQLiteRegistry(path: folder + "/registry.sqlite")
        _ = try await registry.adopt(["u1"], of: Upstream(id: "a", url: "http://a"))
        #expect(try SQLiteRegistry.copy(folder + "/registry.sqlite", to: folder + "/copy"))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.filter { $0.hasPrefix("copy") } == ["copy"])
        #expect(try await RegistryCheck(file: folder + "/copy").units.map(\.id.name) == ["u1"])
        _ = try await registry.adopt(["u2"], of: Upstream(id: "a", url: "http://a"))
    }
}

@Suite struct `A restore` {
    /// Each file of the backup, damaged or gone: nothing is restored.
    @Test func `takes no file that is not what was backed up`() throws {
        let backup = try BackupModel(seed: 1)
        try backup.backUp(withKeys: true)
        for name in backup.target.files {
            for isGone in [false, true] {
                let target = backup.target.afterPowerCut(seed: 0)
                var bytes = target.bytes(name)!
                bytes[bytes.count / 2] ^= 1
                isGone ? target.forget(name) : target.put(name, bytes)
                let data = SimulatedDisk()
                #expect(throws: RestoreFailure.self, "\(name)") {
                    try StoreRestore.run(from: target, into: data)
                }
                #expect(data.files == [], "\(name)")
            }
        }
    }

    @Test(arguments: ["registry.sqlite", "store/MANIFEST", "store/seg/x", "keys/k", "notes.txt"])
    func `refuses a folder with something in it`(name: String) throws {
        let backup = try BackupModel(seed: 1)
        try backup.backUp()
        let data = SimulatedDisk()
        data.put(name, [1])
        #expect(throws: RestoreFailure.folderInUse(name)) {
            try StoreRestore.run(from: backup.target, into: data)
        }
        #expect(data.files == [name])
    }

    /// Each change fails once, and the power is cut at each: there is nothing, a mark that keeps
    /// others off, or everything; another try makes everything.
    @Test(arguments: [false, true])
    func `is everything or nothing`(isCut: Bool) throws {
        let backup = try BackupModel(seed: 1)
        try backup.backUp(withKeys: true)
        let whole = SimulatedDisk()
        _ = try StoreRestore.run(from: backup.target, into: whole)
        let changes = whole.operations
        for number in 0..<changes {
            for seed in 0..<(isCut ? 4 : 1) as Range<UInt64> {
                var data = SimulatedDisk()
                isCut ? data.cutPower(at: number) : data.fail(at: [number])
                _ = try? StoreRestore.run(from: backup.target, into: data)
                data.fail(at: [])
                if isCut { data = data.afterPowerCut(seed: seed) }
                let files = data.files.filter { $0 != StoreRestore.mark }
                let isAll = files == whole.files && files.allSatisfy { data.bytes($0) == whole.bytes($0) }
                #expect(
                    files == [] || StoreRestore.isUnfinished(in: data) || isAll,
                    "change \(number), seed \(seed)")
                guard !isAll || StoreRestore.isUnfinished(in: data) else { continue }
                _ = try StoreRestore.run(from: backup.target, into: data)
                #expect(data.files == whole.files, "change \(number), seed \(seed)")
            }
        }
    }

    @Test(arguments: [
        "../x", "seg/../../x", "/etc/passwd", "state/x", "state/1-../x", "state/1-key-..", "seg/a",
        "seg/a.esg.x", "store/seg/a.esg", "state/1-00.wal", "", "seg/", "state/1-", "state/1-key-",
    ])
    func `writes only where a restore writes`(path: String) {
        #expect(BackupPath(path) == nil)
    }

    @Test(arguments: [
        ("seg/1-20261122T0000-0000002a.esg", "store/seg/1-20261122T0000-0000002a.esg"),
        ("seg/1-20261122T0000-0000002a.esg.7", "store/seg/1-20261122T0000-0000002a.esg"),
        ("state/12-MANIFEST", "store/MANIFEST"),
        ("state/12-0000000000000001.wal", "store/wal/0000000000000001.wal"),
        ("state/12-registry.sqlite", "registry.sqlite"),
        ("state/12-key-sessions.keys", "keys/sessions.keys"),
    ])
    func `puts each file in its place`(path: String, restored: String) {
        #expect(BackupPath(path)?.restored == restored)
    }
}

/// A writer that a test calls in the middle of something else.
private final class Writer {
    var model: StoreModel
    private var isWorking = false

    init(_ model: StoreModel) { self.model = model }

    func work(_ kind: Int) {
        // Its own calls are watched as well.
        guard !isWorking else { return }
        isWorking = true
        defer { isWorking = false }
        try! model.commit(3, of: kind)
        if kind > 0 { try! model.engine.seal() }
        if kind > 1 { _ = try! model.engine.compact(now: StoreModel.now, force: true) }
    }
}

/// A disk that tells the number of each look at it before it happens.
private func looked(at disk: SimulatedDisk, _ watch: @escaping (Int) -> Void) -> WatchedDisk {
    var looks = 0
    return WatchedDisk(disk) { call, _ in
        guard call == .open || call == .list else { return }
        watch(looks)
        looks += 1
    }
}
