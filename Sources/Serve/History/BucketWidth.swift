//  BucketWidth.swift · Serve
//
//  The widths that buckets may have. Source: `docs/acoustics.md`, "Downsampling".

/// The widths that buckets may have.
enum BucketWidth {
    /// In seconds, ascending: each is what people call a step, and divides a day.
    static let seconds: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
        86_400,
    ]

    /// The most buckets of one answer.
    static let mostBuckets: Int64 = 100_000

    /// The least width that is at least `seconds`; a day when there is none.
    static func atLeast(seconds wanted: Int64) -> Int64 {
        seconds.first { $0 >= wanted } ?? 86_400
    }

    /// The least width that cuts `milliseconds` into at most `points`; a day when there is none.
    static func cutting(milliseconds: Int64, into points: Int64) -> Int64 {
        let divisor = points * 1000
        return atLeast(seconds: max(1, (milliseconds + divisor - 1) / divisor))
    }
}
