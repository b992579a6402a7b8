//  LevelHistory+Chunks.swift · Pipeline

import Monitoring

extension LevelHistory {
    /// Calls `body` with the frames of `unit` in [`start`, `end`), at most 100,000 at a time, oldest
    /// first, and of one UTC day: so are the store's files, each of which is opened once then.
    ///
    /// O(frames + files × holes of whole days).
    /// - Returns: what could not be read.
    func forEachChunk(
        of unit: UnitID, from start: Timestamp, to end: Timestamp,
        _ body: (FrameColumns) throws -> Void
    ) async throws -> [Damage] {
        var (start, damage) = (start, [Damage]())
        func read(to end: Timestamp, limit: Int) async throws -> StoredFrames? {
            guard let range = TimeRange(start: start, end: end) else { return nil }
            let frames = try await frames(of: unit, in: range, limit: limit)
            damage += frames.damage.filter { !damage.contains($0) }
            return frames
        }
        // Each turn begins where there is a frame.
        while let first = try await read(to: end, limit: 1)?.columns.times.first {
            start = Timestamp(milliseconds: first)
            let midnight = Dwell.midnight(before: first) + Dwell.dayMilliseconds
            var day = min(Timestamp(milliseconds: midnight), end)
            while let frames = try await read(to: day, limit: 100_000), !frames.columns.isEmpty {
                try body(frames.columns)
                start = day
                if frames.hasMore {
                    start = Timestamp(milliseconds: frames.columns.times.last! + 1)
                } else {
                    day = min(day.advanced(byMilliseconds: Dwell.dayMilliseconds), end)
                }
            }
        }
        return damage
    }
}
