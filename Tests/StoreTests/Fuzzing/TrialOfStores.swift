//  TrialOfStores.swift · StoreTests
//
//  Whole folders: a store as a start may find it, and what says what a backup is.

import Monitoring
import Support

@testable import Store

enum TrialOfStores {
    static let segmentName = "seg/1-20261122T0000-0000002a.esg"
    private static let now = Timestamp(rfc3339: "2026-11-24T12:00:00Z")!

    /// `part: MANIFEST │ part: DELETED │ part: segment │ log file`
    ///
    /// Control, bit 1: MANIFEST is lost. Bit 2: it lists the segment as it is.
    static func store(_ input: inout TrialInput) throws {
        let disk = try folder(&input)
        guard try hasSoundUnits(disk) else { return }

        let engine = try open(disk)
        let found = answers(engine)
        let again = try open(disk)
        try TrialFailure.unless(answers(again) == found, "a second start changes what is answered")
        try again.seal()
        _ = try again.compact(now: now, force: true)
        let merged = answers(again)
        try TrialFailure.unless(
            answers(try open(disk)) == merged, "a start changes what a merge has made")
    }

    static func deletions(_ input: inout TrialInput) throws {
        var bytes = input.rest()
        if input.isRepaired { TrialRepair.end(&bytes) }
        try FormatVersion.deletions.refuseNewer(bytes, in: DeletedFrames.name)
        let deletions = try DeletedFrames.decoded(bytes)
        let again = try DeletedFrames.decoded(DeletedFrames.encoded(deletions))
        try TrialFailure.unless(again == deletions, "deletions have changed")
    }

    /// The list of a backup, then a restore from it and the next backup over it.
    static func backupList(_ input: inout TrialInput) throws {
        var bytes = input.rest()
        if input.isRepaired { bytes = TrialRepair.backupList(bytes) }
        let target = SimulatedDisk()
        target.put(BackupList.name, bytes)
        target.put("state/1-MANIFEST", Manifest().encoded())
        do {
            _ = try StoreRestore.run(from: target, into: SimulatedDisk())
        } catch is RestoreFailure {}
        let store = SimulatedDisk()
        store.put(Manifest.name, Manifest().encoded())
        _ = try StoreBackup.run(
            of: SimulatedDisk(), store: store, to: target, at: now, registry: { _ in false })
        let list = try BackupList(decoding: bytes)
        let again = try BackupList(decoding: list.encoded())
        try TrialFailure.unless(again == list, "the list of a backup has changed")
    }

    // MARK: -

    /// The folder that an input describes.
    private static func folder(_ input: inout TrialInput) throws -> SimulatedDisk {
        var (manifest, deleted, segment) = (input.part(), input.part(), input.part())
        var log = input.rest()
        if input.isRepaired {
            TrialRepair.end(&manifest)
            TrialRepair.end(&deleted)
            TrialRepair.segment(&segment)
            TrialRepair.log(&log)
        }
        let disk = SimulatedDisk()
        disk.put(segmentName, segment)
        if input.control & 4 != 0 { manifest = listing(segmentName, on: disk, in: manifest) }
        if input.control & 2 == 0 { disk.put(Manifest.name, manifest) }
        if !deleted.isEmpty { disk.put(DeletedFrames.name, deleted) }
        let first = (try? LogFile(decoding: log))?.firstLSN ?? 1
        if !log.isEmpty { disk.put(LogFile.name(firstLSN: first), log) }
        return disk
    }

    private static func open(_ disk: SimulatedDisk) throws -> StoreEngine {
        var random = SplitMix64(seed: 1)
        return try StoreEngine.open(disk: disk) { random.next() }
    }

    private static func listing(
        _ name: String, on disk: SimulatedDisk, in bytes: [UInt8]
    ) -> [UInt8] {
        guard var manifest = try? Manifest(decoding: bytes),
            let segment = try? Segment(name: name, in: SegmentFiles(disk: disk))
        else { return bytes }
        manifest.segments = [Manifest.Entry(segment)]
        return manifest.encoded()
    }

    /// A unit's number is a place in a table: a high one is no mistake, and takes its room. And where
    /// MANIFEST and log disagree on a number, nobody can tell which of them is right.
    private static func hasSoundUnits(_ disk: SimulatedDisk) throws -> Bool {
        let survey = try SegmentSurvey(on: disk)
        let replay = try LogReplay(on: disk, after: survey.manifest.flushedLSN)
        var units = replay.units
        for unit in survey.manifest.units {
            if units.updateValue(unit.name, forKey: unit.ref) ?? unit.name != unit.name { return false }
        }
        return units.keys.allSatisfy { $0 < 1000 } && Set(units.values).count == units.count
    }

    /// All frames of each unit. Its rollups are read as well.
    private static func answers(_ engine: StoreEngine) -> [UnitID: FrameColumns] {
        let names = engine.view.withState { Set($0.names.compactMap(\.self)) }
        let all = TimeRange(
            start: Timestamp(milliseconds: StoredTime.range.lowerBound),
            end: Timestamp(milliseconds: StoredTime.range.upperBound))!
        let midnight = Dwell.midnight(before: now.milliseconds - 2 * 86_400_000)
        let day = (0...24).map { midnight + Int64($0) * 3_600_000 }
        return Dictionary(uniqueKeysWithValues: names.map { name in
            let question = BucketQuestion(
                unit: name,
                range: TimeRange(
                    start: Timestamp(milliseconds: day[0]), end: Timestamp(milliseconds: day[24]))!,
                edges: day)
            _ = engine.view.unit(name)?.buckets(question, kinds: BucketPlan.kinds(for: question))
            let stored = SegmentHistory(view: engine.view)
                .readFrames(of: name, in: all, limit: .max)
            return (name, stored.columns)
        })
    }
}
