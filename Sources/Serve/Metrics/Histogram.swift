//  Histogram.swift · Serve

/// How long things took, by bucket. Prometheus' own: each bucket holds those before it, too, but
/// only when written.
struct Histogram: Equatable {
    /// Upper ends, inclusive, in seconds; what is longer goes to one more bucket.
    static let bounds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    private(set) var sumSeconds = 0.0

    mutating func add(seconds: Double) {
        counts[Histogram.bounds.firstIndex { seconds <= $0 } ?? Histogram.bounds.count] += 1
        sumSeconds += seconds
    }
}
