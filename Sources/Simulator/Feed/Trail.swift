//  Trail.swift · Simulator
//
//  What `/history` answers.

/// One point sample a minute of the cumulative values, kept for 24 hours: at most 1,441.
struct Trail: Sendable {
    struct Point: Sendable {
        let time: UpstreamTime
        let lp, leq, lmax, ln1, ln2: Int16?
    }

    private var points: [Point] = []
    /// Points before this index have expired; they are dropped in batches.
    private var first = 0

    private static let spacingMicroseconds: Int64 = 60_000_000
    private static let ageMicroseconds: Int64 = 86_400_000_000

    /// Takes `reading` unless the newest point is younger than a minute.
    mutating func add(_ reading: Reading) {
        if let last = points.last,
            reading.time.microseconds(since: last.time) < Trail.spacingMicroseconds
        {
            return
        }
        // A garbled line leaves a row without levels.
        let values = reading.display == .garbled ? MeterReading() : reading.values
        points.append(
            Point(
                time: reading.time, lp: values[.lp], leq: values[.leq], lmax: values[.lmax],
                ln1: values[.ln1], ln2: values[.ln2]))
        while first < points.count,
            reading.time.microseconds(since: points[first].time) > Trail.ageMicroseconds
        {
            first += 1
        }
        if first > 256 {
            points.removeFirst(first)
            first = 0
        }
    }

    /// The points at or after `time`, oldest first.
    func points(since time: UpstreamTime) -> some Sequence<Point> {
        points[first...].drop { $0.time < time }
    }
}
