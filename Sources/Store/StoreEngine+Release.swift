//  StoreEngine+Release.swift · Store
//
//  Letting go of frames that are too old, or that the disk has no room for. Rollups stay: a chart
//  of years goes on.

package import Monitoring

extension StoreEngine {
    /// Lets go of the frames of days that are older than the retention; their rollups are kept.
    ///
    /// - Returns: of how many days.
    package func retire(now: Timestamp) throws -> Int {
        let oldest = now.advanced(byMilliseconds: -configuration.retentionMilliseconds)
        let expired = StoreEngine.daily(view.withState { $0.segments }).filter { _, segments in
            segments.allSatisfy { $0.header.last < oldest.milliseconds }
        }
        for (_, segments) in expired { try releaseFrames(of: segments) }
        return expired.count
    }

    /// Lets go of the frames of the oldest day, its rollups are kept; for a disk that fills up.
    ///
    /// - Returns: when they were; `nil` when there are none that could go.
    package func releaseOldestDay() throws -> TimeRange? {
        guard let (midnight, oldest) = StoreEngine.daily(view.withState { $0.segments }).first else {
            return nil
        }
        try releaseFrames(of: oldest)
        return TimeRange(
            start: Timestamp(milliseconds: midnight),
            end: Timestamp(milliseconds: midnight + SegmentFormat.dayMilliseconds))
    }

    /// The first moment of the day that ``releaseOldestDay()`` would take.
    var oldestReleasable: Timestamp? {
        StoreEngine.daily(view.withState { $0.segments }).first
            .map { Timestamp(milliseconds: $0.0) }
    }

    /// - Parameter generations: all segments of one day; made one first, so that its rollups are
    ///   of all of its frames.
    private func releaseFrames(of generations: [Segment]) throws {
        if generations.count > 1 || hasDeletions(generations) {
            _ = try merge([], all: generations)
        }
        let midnight = Dwell.midnight(before: generations[0].header.first)
        let whole = StoreEngine.daily(view.withState { $0.segments }).first { $0.0 == midnight }
        guard let segment = whole?.1.first else { return }
        try keepRollups(of: segment)
    }

    /// Puts a segment of rollups alone in the place of `segment`.
    ///
    /// - Parameter lost: units that are left out, because pages of theirs cannot be read; the file
    ///   is set aside then.
    func keepRollups(of segment: Segment, without lost: Set<UnitID> = []) throws {
        let contents: [(row: UnitRow, name: UnitID)]
        do {
            contents = try segment.contents().filter { !lost.contains($0.name) }
        } catch let error as FormatError {
            // It cannot be released, and must not keep others from being.
            try setAside(segment, error)
            return
        }
        let damaged: Set<String> = lost.isEmpty ? [] : [segment.name]
        guard !contents.isEmpty else {
            try publish(
                adding: [], removing: [segment], damaged: damaged,
                flushedLSN: manifest.flushedLSN, changing: { _ in })
            return
        }
        let file = try segment.file()
        let rest = try write(
            level: segment.level, first: segment.header.first, last: segment.header.last,
            holdsFrames: false, lsnMaximum: segment.footer.lsnMaximum,
            replacing: [segment.header.uuid]
        ) { writer in
            for (row, name) in contents {
                try writer.copy(row, name, [], in: file)
            }
        }
        try publish(
            adding: [rest], removing: [segment], damaged: damaged,
            flushedLSN: manifest.flushedLSN, changing: { _ in })
    }

    private func setAside(_ segment: Segment, _ error: FormatError) throws {
        let damage = Damage(
            file: segment.name, kind: "index", from: Timestamp(milliseconds: segment.header.first),
            to: Timestamp(milliseconds: segment.header.last),
            detail: "Its index cannot be read: \(error). The file was set aside.")
        try? Quarantine(disk: disk).note([damage], about: segment.name)
        _ = view.note([damage])
        try publish(
            adding: [], removing: [segment], damaged: [segment.name],
            flushedLSN: manifest.flushedLSN, changing: { _ in })
    }
}
