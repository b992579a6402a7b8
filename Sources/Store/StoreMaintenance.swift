//  StoreMaintenance.swift · Store
//
//  Work on a store that no service has open.

package import Monitoring

package enum StoreMaintenance {
    package struct Report: Equatable, Sendable {
        /// Segments that became fewer.
        package var merged = 0
        package var before: StoreStatisticsReport
        package var after: StoreStatisticsReport
        /// What is not named any more.
        package var accepted: [Damage] = []
    }

    /// Seals the log and merges what can be merged.
    ///
    /// - Parameters:
    ///   - force: also days that are not over.
    ///   - acceptsLoss: what is missing is named for a last time.
    /// - Throws: ``StoreLock/Failure`` when a service has the store; ``NewerFormat``;
    ///   ``DiskError``, `notFound` without a store.
    package static func compact(
        folder: String, now: Timestamp, force: Bool, acceptsLoss: Bool
    ) throws -> Report {
        _ = try SystemDisk(reading: folder)
        let lock = try StoreLock(path: folder + "/LOCK")
        return try withExtendedLifetime(lock) {
            try compact(
                try SystemDisk(root: folder), now: now, force: force, acceptsLoss: acceptsLoss
            ) { .random(in: .min ... .max) }
        }
    }

    /// As above, of a store that this process has the lock of.
    package static func compact(
        _ disk: any Disk, now: Timestamp, force: Bool, acceptsLoss: Bool,
        randomBits: @escaping () -> UInt64
    ) throws -> Report {
        var configuration = StoreConfiguration()
        // Nothing is to be refused for its age here.
        configuration.retentionMilliseconds = .max / 4
        let before = try StoreStatisticsReport(on: disk)
        var report = Report(before: before, after: before)
        if acceptsLoss { report.accepted = try acceptLoss(on: disk) }
        let engine = try StoreEngine.open(
            disk: disk, configuration: configuration, randomBits: randomBits)
        try engine.seal()
        if acceptsLoss {
            let pages = try engine.acceptDamagedPages()
            report.accepted += pages.filter { !report.accepted.contains($0) }
        }
        report.merged = try engine.compact(now: now, force: force)
        report.after = try StoreStatisticsReport(on: disk)
        return report
    }

    /// Takes what cannot be used out of the manifest, and the notes of what is missing away. Files
    /// that were set aside stay.
    /// - Returns: what is not named any more.
    static func acceptLoss(on disk: any Disk) throws -> [Damage] {
        for directory in ["seg", "tmp", Quarantine.folder] { try disk.makeDirectory(directory) }
        let quarantine = Quarantine(disk: disk)
        let survey = try SegmentSurvey(on: disk)
        let notes = quarantine.notes()
        var accepted = notes.flatMap(\.damage)
        if !survey.failed.isEmpty {
            var manifest = survey.manifest
            let lost = Set(survey.failed.map(\.name))
            manifest.segments.removeAll { lost.contains($0.name) }
            manifest.version += 1
            for failure in survey.failed where failure.isThere {
                try quarantine.setAside(failure.name)
            }
            try manifest.publish(on: disk)
            accepted += survey.failed.map(\.damage).filter { new in
                !accepted.contains { $0.file == new.file }
            }
        }
        for note in notes { quarantine.forget(note.subject) }
        return accepted
    }
}
