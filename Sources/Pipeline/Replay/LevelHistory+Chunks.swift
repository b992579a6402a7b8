//  LevelHistory+Chunks.swift · Pipeline

import Monitoring

extension LevelHistory {
    /// Calls `body` with the frames of `unit` in [`start`, `end`), at most 100,000 at a time, oldest
    /// first.
    /// - Returns: what could not be read.
    func forEachChunk(
        of unit: UnitID, from start: Timestamp, to end: Timestamp,
        _ body: (FrameColumns) throws -> Void
    ) async throws -> [Damage] {
        var (start, damage) = (start, [Damage]())
        while let range = TimeRange(start: start, end: end) {
            let frames = try await frames(of: unit, in: range, limit: 100_000)
            damage += frames.damage.filter { !damage.contains($0) }
            try body(frames.columns)
            guard frames.hasMore, let last = frames.columns.times.last else { break }
            start = Timestamp(milliseconds: last + 1)
        }
        return damage
    }
}
