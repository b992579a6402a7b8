//  StoreEngine+Release.swift · Store

package import Monitoring

extension StoreEngine {
    /// The first frame of the oldest day that ``releaseOldestDay()`` would take.
    var oldestReleasable: Timestamp? {
        view.withState { $0.segments.filter { $0.header.level > 0 }.map(\.header.first).min() }
            .map(Timestamp.init(milliseconds:))
    }

    /// Lets the raw frames of the oldest day go.
    /// - Returns: when they were; `nil` when there are none that could go.
    package func releaseOldestDay() throws -> TimeRange? {
        let oldest = view.withState { state in
            state.segments.filter { $0.header.level > 0 }.min { $0.header.first < $1.header.first }
        }
        guard let oldest else { return nil }
        try publish(
            adding: [], removing: [oldest], flushedLSN: manifest.flushedLSN, changing: { _ in })
        return TimeRange(
            start: Timestamp(milliseconds: oldest.header.first),
            end: Timestamp(milliseconds: oldest.header.last + 1))
    }
}
