//  StoreEngine+Recovery.swift · Store
//
//  From a folder, in whatever state a crash left it, to a running engine.
//
//      look at MANIFEST (else the footers), segments, log ─▶ refuse what a later version wrote
//      ─▶ empty tmp/, set aside what cannot be used ─▶ heads ─▶ write the unsettled end of the log
//      once more ─▶ ready
//
//  Damage is named and costs what is damaged. Nothing is deleted but temporary files and segments
//  whose frames are proven to be in others; what cannot be used is moved to quarantine/.

import Monitoring

extension StoreEngine {
    /// Opens the store on `disk`, made when it is empty.
    ///
    /// - Parameter randomBits: for salts and file ids.
    /// - Throws: ``NewerFormat`` when a later version wrote it, and then nothing has changed;
    ///   ``DiskError`` when the folder cannot be read or written at all.
    /// - Complexity: O(segments + frames in the log).
    package static func open(
        disk: any Disk, configuration: StoreConfiguration = StoreConfiguration(),
        randomBits: @escaping () -> UInt64
    ) throws -> StoreEngine {
        do {
            return try recover(disk, configuration, randomBits)
        } catch let error as DiskError where error.kind == .full && Reserve.release(on: disk) {
            return try recover(disk, configuration, randomBits)
        }
    }

    private static func recover(
        _ disk: any Disk, _ configuration: StoreConfiguration,
        _ randomBits: @escaping () -> UInt64
    ) throws -> StoreEngine {
        for directory in ["wal", "seg", "tmp", Quarantine.folder] {
            try disk.makeDirectory(directory)
        }
        let survey = try SegmentSurvey(on: disk)
        let replay = try LogReplay(
            on: disk, after: survey.manifest.flushedLSN, knowing: survey.unitNames)

        try disk.syncDirectory("")
        for name in try disk.list("tmp") { try disk.remove("tmp/\(name)") }
        let repair = StoreRepair(disk: disk, survey: survey, replay: replay)
        let outcome = try repair.run()

        let view = StoreView()
        view.fill(from: survey, replay.frames, of: replay.units, damage: outcome.damage)
        let log = WriteAheadLog(
            disk: disk, lastLSN: replay.lastLSN, durableLSN: replay.durableLSN,
            closedFiles: outcome.logFiles)
        let engine = StoreEngine(
            disk: disk, configuration: configuration, view: view, log: log,
            manifest: survey.manifest, deletions: outcome.deletions, files: survey.files,
            nextGeneration: try repair.highestGeneration() + 1, randomBits: randomBits)
        engine.settle(replay.unsettled)
        engine.noteLog()
        return engine
    }
}
