//  StoreReader.swift · Store
//
//  The history of a store folder as it stands, without taking part: nothing is written, and a
//  service may be running on it.

import Monitoring

/// Opens stores for reading only.
package enum StoreReader {
    /// The frames that are on disk now; what comes later is not seen.
    ///
    /// Files that the service merges away meanwhile are named as damage by the answer that needs
    /// them: ask again then, with another reader.
    /// - Throws: ``DiskError``, `notFound` when there is no store yet; ``NewerFormat``.
    package static func history(folder: String) throws -> SegmentHistory {
        try history(on: try SystemDisk(reading: folder))
    }

    /// As above.
    package static func history(on disk: any Disk) throws -> SegmentHistory {
        var (survey, replay) = try look(at: disk)
        // A log whose files are sealed while it is read is read again.
        for _ in 0..<4 {
            let now = try SegmentSurvey.currentManifest(on: disk) ?? survey.manifest
            if now.version == survey.manifest.version { break }
            (survey, replay) = try look(at: disk)
        }
        let view = StoreView()
        view.fill(
            from: survey, replay.frames + replay.unsettled, of: replay.units,
            damage: survey.failed.filter(\.isThere).map(\.damage) + replay.damage)
        return SegmentHistory(view: view)
    }

    private static func look(at disk: any Disk) throws -> (SegmentSurvey, LogReplay) {
        let survey = try SegmentSurvey(on: disk)
        return (
            survey,
            try LogReplay(on: disk, after: survey.manifest.flushedLSN, knowing: survey.unitNames)
        )
    }
}

extension SegmentSurvey {
    /// Names of units by their numbers.
    var unitNames: [UnitRef: UnitID] {
        Dictionary(manifest.units.map { ($0.ref, $0.name) }, uniquingKeysWith: { $1 })
    }
}

extension StoreView {
    /// Takes in what a folder holds.
    func fill(
        from survey: SegmentSurvey, _ frames: [LoggedFrame], of units: [UnitRef: UnitID],
        damage: [Damage]
    ) {
        withState { state in
            for unit in survey.manifest.units {
                state.define(unit.ref, as: unit.name)
                if let newest = unit.newest { state.noteNewest(unit.ref, newest) }
            }
            for (ref, name) in units.sorted(by: { $0.key < $1.key }) {
                state.define(ref, as: name)
            }
            for frame in frames {
                guard state.heads[Int(frame.unit)].stored(at: frame.time) == nil else { continue }
                state.heads[Int(frame.unit)].insert(frame)
                state.noteNewest(frame.unit, frame.time)
            }
            state.segments = survey.segments
            state.tombstones = survey.manifest.tombstones
            state.damage = damage
        }
    }
}
