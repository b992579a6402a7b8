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
        // A log whose files are sealed while it is read is read again.
        for _ in 1...4 {
            let survey = try SegmentSurvey(on: disk)
            let replay = try LogReplay(
                on: disk, after: survey.manifest.flushedLSN, knowing: survey.unitNames)
            let now = try SegmentSurvey.currentManifest(on: disk) ?? survey.manifest
            if now.version == survey.manifest.version { return history(survey, replay) }
        }
        let survey = try SegmentSurvey(on: disk)
        return history(
            survey,
            try LogReplay(on: disk, after: survey.manifest.flushedLSN, knowing: survey.unitNames))
    }

    private static func history(_ survey: SegmentSurvey, _ replay: LogReplay) -> SegmentHistory {
        let view = StoreView()
        view.fill(
            from: survey, replay,
            damage: survey.failed.filter(\.isThere).map(\.damage) + replay.damage)
        return SegmentHistory(view: view)
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
    func fill(from survey: SegmentSurvey, _ replay: LogReplay, damage: [Damage]) {
        withState { state in
            for unit in survey.manifest.units {
                state.define(unit.ref, as: unit.name)
                if let newest = unit.newest { state.noteNewest(unit.ref, newest) }
            }
            for (ref, name) in replay.units.sorted(by: { $0.key < $1.key }) {
                state.define(ref, as: name)
            }
            for frame in replay.frames {
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
