//  StoreCheck.swift · Store
//
//  Reads a store as it stands, page by page, and changes nothing: beside a running service too,
//  whose files come and go meanwhile.

package import Monitoring

/// What a reader finds in a store folder.
package struct StoreCheck: Sendable {
    /// Everything that cannot be read, and everything that was known to be missing before.
    package private(set) var damage: [Damage] = []
    /// Files that were set aside, for whatever reason.
    package private(set) var setAside: [String] = []
    /// The newest frame of each unit.
    package private(set) var newest: [UnitID: Timestamp] = [:]
    package private(set) var segmentCount = 0
    /// In segments and log files.
    package private(set) var byteCount = 0
    /// In segments and in the log behind them.
    package private(set) var frameCount = 0

    private var checked: Set<String> = []
    private var notes: [Damage] = []
    private var units: [UnitRef: UnitID] = [:]

    /// Reads the whole store. O(bytes in it).
    ///
    /// - Parameter progress: is told bytes of segments read and how many there are.
    /// - Throws: ``DiskError`` when the folder itself cannot be read, `notFound` when there is no
    ///   store yet; ``NewerFormat``.
    package init(
        folder: String, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        try self.init(on: try SystemDisk(reading: folder), progress: progress)
    }

    /// As above.
    package init(
        on disk: any Disk, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws {
        // Segments that are published while others are read are read as well.
        let quarantine = Quarantine(disk: disk)
        notes = quarantine.notes().flatMap(\.damage)
        var survey = try SegmentSurvey(on: disk)
        for _ in 1...5 {
            let isNew = read(survey, progress)
            guard isNew else { break }
            survey = try SegmentSurvey(on: disk)
        }
        try readLog(disk, survey)
        damage = damage.filter { one in
            // What was merged or deleted meanwhile is in others now, or was to go.
            !one.file.hasPrefix("seg/") || survey.counts(one.file)
        }
        setAside = quarantine.files()
        for note in notes {
            let isKnown = damage.contains {
                $0.file == note.file && ($0.detail == note.detail || $0.kind != "wal")
            }
            if !isKnown { damage.append(note) }
        }
    }

    /// - Returns: whether there was anything that had not been read yet.
    private mutating func read(
        _ survey: SegmentSurvey, _ progress: (Int, Int) -> Void
    ) -> Bool {
        if case .rebuilt(let reason) = survey.state, !damage.contains(where: { $0.kind == "manifest" }) {
            damage.append(
                Damage(
                    file: Manifest.name, kind: "manifest",
                    detail: "\(reason) The service makes it anew when it starts."))
        }
        for failure in survey.failed where checked.insert(failure.name).inserted {
            // Why it was set aside says more than that it is not there any more.
            let known = failure.isThere ? nil : notes.first { $0.file == failure.name }
            damage.append(known ?? failure.damage)
        }
        let fresh = survey.segments.filter { !checked.contains($0.name) }
        let total = fresh.reduce(byteCount) { $0 + $1.bytes }
        for segment in fresh {
            checked.insert(segment.name)
            segmentCount += 1
            byteCount += segment.bytes
            frameCount += Int(segment.footer.frameCount)
            for (row, name) in (try? segment.contents()) ?? [] {
                units[row.ref] = name
                note(name, Timestamp(milliseconds: row.last))
            }
            damage += segment.verify()
            progress(byteCount, total)
        }
        return !fresh.isEmpty
    }

    /// A log whose files were sealed while it was read is read again.
    private mutating func readLog(_ disk: any Disk, _ survey: SegmentSurvey) throws {
        var manifest = survey.manifest
        for attempt in 1...3 {
            let replay = try LogReplay(on: disk, after: manifest.flushedLSN, knowing: units)
            let now = try SegmentSurvey.currentManifest(on: disk) ?? manifest
            guard now.version == manifest.version || attempt == 3 else {
                manifest = now
                continue
            }
            damage += replay.damage
            for file in replay.files { byteCount += file.bytes }
            for frame in replay.frames + replay.unsettled {
                frameCount += 1
                guard let unit = replay.units[frame.unit] else { continue }
                note(unit, Timestamp(milliseconds: frame.time))
            }
            return
        }
    }

    private mutating func note(_ unit: UnitID, _ time: Timestamp) {
        newest[unit] = max(newest[unit] ?? time, time)
    }
}
