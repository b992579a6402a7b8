//  StoreStatisticsReport.swift · Store
//
//  A store in numbers, from footers and directories: no page is read.

package import Monitoring

/// What a store holds. Made beside a running service, too.
package struct StoreStatisticsReport: Equatable, Sendable {
    /// Segments of one level.
    package struct Level: Equatable, Sendable {
        package var segments = 0
        package var frames = 0
        package var bytes = 0
    }

    package struct Log: Equatable, Sendable {
        package var files = 0
        /// Not in a segment yet.
        package var frames = 0
        package var bytes = 0
    }

    package private(set) var levels: [UInt8: Level] = [:]
    package private(set) var log = Log()
    /// Units with frames.
    package private(set) var units = 0
    /// UTC days with frames.
    package private(set) var days = 0
    package private(set) var oldest: Timestamp?
    package private(set) var newest: Timestamp?
    /// Segments that cannot be used.
    package private(set) var unusable = 0

    package var frames: Int { levels.values.reduce(log.frames) { $0 + $1.frames } }
    package var bytes: Int { levels.values.reduce(log.bytes) { $0 + $1.bytes } }
    /// Of settled frames, index and rollups included; `nil` without any.
    package var bytesPerFrame: Double? {
        let frames = levels.values.reduce(0) { $0 + $1.frames }
        guard frames > 0 else { return nil }
        return Double(levels.values.reduce(0) { $0 + $1.bytes }) / Double(frames)
    }

    /// - Throws: ``DiskError``, `notFound` without a store; ``NewerFormat``.
    package init(folder: String) throws { try self.init(on: try SystemDisk(reading: folder)) }

    /// As above. O(segments × units + bytes in the log).
    package init(on disk: any Disk) throws {
        // Segments that are merged while they are looked at are looked at again.
        for attempt in 1...5 {
            let survey = try SegmentSurvey(on: disk)
            var units: [UnitRef: UnitID] = [:]
            for unit in survey.manifest.units { units[unit.ref] = unit.name }
            let replay = try LogReplay(
                on: disk, after: survey.manifest.flushedLSN, knowing: units)
            let now = try SegmentSurvey.currentManifest(on: disk)
            guard now == nil || now?.version == survey.manifest.version || attempt == 5 else {
                continue
            }
            count(survey, replay)
            return
        }
    }

    private mutating func count(_ survey: SegmentSurvey, _ replay: LogReplay) {
        var names: Set<UnitID> = []
        var days: Set<Int64> = []
        func dayNumber(_ time: Int64) -> Int64 {
            floorDivide(time, by: SegmentFormat.dayMilliseconds)
        }
        for segment in survey.segments {
            levels[segment.header.level, default: Level()].segments += 1
            levels[segment.header.level]!.frames += Int(segment.footer.frameCount)
            levels[segment.header.level]!.bytes += segment.bytes
            for (row, name) in (try? segment.contents()) ?? [] {
                names.insert(name)
                days.formUnion(dayNumber(row.first)...dayNumber(row.last))
                note(row.first)
                note(row.last)
            }
        }
        for frame in replay.frames + replay.unsettled {
            if let name = replay.units[frame.unit] { names.insert(name) }
            days.insert(dayNumber(frame.time))
            note(frame.time)
            log.frames += 1
        }
        log.files = replay.files.count
        log.bytes = replay.files.reduce(0) { $0 + $1.bytes }
        units = names.count
        self.days = days.count
        unusable = survey.failed.count
    }

    private mutating func note(_ milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        oldest = min(oldest ?? time, time)
        newest = max(newest ?? time, time)
    }
}
