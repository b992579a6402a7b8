//  StoreRepair.swift · Store
//
//  Puts a store in order after it was looked at: what cannot be used goes to quarantine/, what was
//  never published goes, and what is missing is written down.

import Monitoring

/// From what was found to a store that can be written again.
struct StoreRepair {
    let disk: any Disk
    let survey: SegmentSurvey
    let replay: LogReplay

    private var quarantine: Quarantine { Quarantine(disk: disk) }

    struct Outcome {
        /// Those that go on to count.
        let logFiles: [WriteAheadLog.ClosedFile]
        /// All that is known to be missing, now and from earlier.
        let damage: [Damage]
        let deletions: DeletedFrames
    }

    /// - Throws: ``DiskError`` when the disk cannot be written.
    func run() throws -> Outcome {
        let earlier = quarantine.notes()
        if survey.state != .good {
            if survey.state != .new, try disk.list("").contains(Manifest.name) {
                try quarantine.setAside(Manifest.name)
            }
            try survey.manifest.publish(on: disk)
        }
        var damage: [Damage] = manifestDamage.map { [$0] } ?? []
        for failure in survey.failed {
            // Why it was set aside says more than that it is not there any more.
            let known = earlier.lazy.flatMap(\.damage).first { $0.file == failure.name }
            damage.append(failure.isThere ? failure.damage : known ?? failure.damage)
            if failure.isThere { try quarantine.setAside(failure.name) }
        }
        damage += replay.damage.map { new in
            // What was sealed since is not decoded again, so the first note knows the times.
            earlier.lazy.flatMap(\.damage)
                .first { $0.file == new.file && $0.detail == new.detail } ?? new
        }
        for (file, parts) in Dictionary(grouping: damage, by: \.file) {
            // Best effort: this process tells of it in any case.
            try? quarantine.note(parts, about: file)
        }
        for note in earlier { damage += stillTrue(note).filter { !damage.contains($0) } }
        for name in survey.unlisted {
            isNeedless(name) ? try disk.remove(name) : try quarantine.setAside(name)
        }
        // So that a power cut does not bring them back when nobody knows them any more.
        if !survey.unlisted.isEmpty { try? disk.syncDirectory("seg") }
        return Outcome(
            logFiles: try settleLogFiles(), damage: damage, deletions: settleDeletions())
    }

    /// Makes `DELETED` say what MANIFEST says: it may tell of a deletion that was not done, or lack
    /// those of a store that came from elsewhere. If that fails, the next publication does it.
    private func settleDeletions() -> DeletedFrames {
        var deletions = DeletedFrames(written: survey.manifest.tombstones)
        let isSame = survey.deletions.map { Set($0) } == Set(survey.manifest.tombstones)
        if !isSame, (try? DeletedFrames.write(survey.manifest.tombstones, on: disk)) == nil {
            deletions.doubt()
        }
        return deletions
    }

    /// What a note from an earlier life says that nobody has mended since.
    private func stillTrue(_ note: (subject: String, damage: [Damage])) -> [Damage] {
        let good = Set(survey.segments.map(\.name))
        let found = Set(survey.failed.map(\.name))
        let left = note.damage.filter { damage in
            // Pages go with their file; a whole file that somebody has put back is there again.
            damage.kind == "page" ? good.contains(damage.file) : !good.contains(damage.file)
        }
        if left.isEmpty { quarantine.forget(note.subject) }
        return left.filter { !found.contains($0.file) }
    }

    func highestGeneration() throws -> UInt64 {
        let names = try disk.list("seg") + quarantine.files()
        // Tombstones too have numbers: what comes after one must not be hidden by it.
        let numbers = survey.manifest.tombstones.map(\.generation)
        // A new file must not be called as one that is to go.
        let all = names + survey.manifest.leftovers
        return (all.compactMap { SegmentName.generation($0) } + numbers).max() ?? 0
    }

    private var manifestDamage: Damage? {
        guard case .rebuilt(let reason) = survey.state else { return nil }
        let made = "It was made anew from the segments, which tell for themselves."
        let lost =
            survey.deletions != nil
            ? "" : " \(DeletedFrames.name) cannot be read: frames that were deleted may be back."
        return Damage(file: Manifest.name, kind: "manifest", detail: "\(reason) \(made)\(lost)")
    }

    /// Whether all frames of a file that no manifest lists are in files that count.
    private func isNeedless(_ name: String) -> Bool {
        // It is said to be: what was merged, or all of what it held was deleted …
        if survey.manifest.leftovers.contains(name) { return true }
        guard survey.state == .good, let segment = try? Segment(name: name, in: survey.files)
        else {
            return false
        }
        let listed = Set(survey.segments.map(\.header.uuid))
        // … it was replaced, and a crash or a full disk kept it from being removed …
        if survey.segments.contains(where: { $0.replaced.contains(segment.header.uuid) }) {
            return true
        }
        // … or it was to replace others that are all still there …
        if !segment.replaced.isEmpty { return segment.replaced.allSatisfy(listed.contains) }
        // … or it is of an import that was never published, whose sender was told nothing …
        if segment.level > 0 { return true }
        // … or it holds what the log holds.
        return segment.header.level == 0
            && segment.footer.lsnMaximum > survey.manifest.flushedLSN && replay.damage.isEmpty
    }

    private func settleLogFiles() throws -> [WriteAheadLog.ClosedFile] {
        var closed: [WriteAheadLog.ClosedFile] = []
        for file in replay.files {
            if file.isUnreadable {
                file.isDamaged ? try quarantine.setAside(file.name) : try disk.remove(file.name)
            } else {
                closed.append(
                    .init(
                        name: file.name, lastLSN: file.lastLSN, bytes: file.bytes,
                        isDamaged: file.isDamaged))
            }
        }
        return closed
    }
}
