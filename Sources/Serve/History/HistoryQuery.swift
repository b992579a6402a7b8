//  HistoryQuery.swift · Serve
//
//  What a request to `/history` asks for, checked before anything is read.

import Monitoring

/// What `/history` is asked for.
enum HistoryQuery {
    case buckets(BucketQuery)
    case raw(RawQuery)

    /// - Throws: 400 for what cannot be read, 422 for what is out of range; both name it.
    init(_ query: QueryText, now: Timestamp) throws(Problem) {
        switch try query.word("resolution", of: ["raw", "buckets"]) {
        case "raw": self = .raw(try RawQuery(query, now: now))
        default: self = .buckets(try BucketQuery(query))
        }
    }

    /// The range of an answer in pages; without `from` and `to` the 24 h up to now. A cursor knows
    /// both ends of its range.
    static func pageRange(_ query: QueryText, now: Timestamp) throws(Problem) -> TimeRange {
        let to = try query.time("to")
        let from = try query.time("from")
        guard let text = try query.text("cursor") else {
            let end = to ?? now
            return try range(from ?? end.advanced(byMilliseconds: -86_400_000), end)
        }
        guard let cursor = Cursor(text) else {
            throw .malformed("cursor", "is not one that was answered")
        }
        return try range(cursor.next, to ?? cursor.end)
    }

    /// The range of an answer in one piece: `from` and `to` must be there.
    static func range(_ query: QueryText) throws(Problem) -> TimeRange {
        guard let from = try query.time("from") else { throw .malformed("from", "is missing") }
        guard let to = try query.time("to") else { throw .malformed("to", "is missing") }
        return try range(from, to)
    }

    static func range(_ start: Timestamp, _ end: Timestamp) throws(Problem) -> TimeRange {
        guard start < end, let range = TimeRange(start: start, end: end) else {
            throw .unprocessable("to", "must be after from")
        }
        return range
    }
}

/// Buckets of a range.
struct BucketQuery {
    let range: TimeRange
    let stepSeconds: Int64
    let metrics: [Metric]
    /// LN asked for: percentages, ascending.
    let exceedances: [Int]
    /// See `LevelBuckets.init(edges:range:)`.
    let edges: [Int64]

    static let defaultPoints: Int64 = 1500
    /// The most buckets of an answer with LN, each of which is made of a histogram.
    static let mostExceedanceBuckets: Int64 = 10_000

    /// - Parameters:
    ///   - allowed: the metrics that may be asked for, and are when none is.
    ///   - formats: those that buckets may be answered in.
    init(
        _ query: QueryText, metrics allowed: [Metric] = Metric.allCases, formats: [String] = ["json"]
    ) throws(Problem) {
        range = try HistoryQuery.range(query)
        let points = try query.integer("points", in: 1...BucketWidth.mostBuckets)
        let step = try query.integer("step", in: 1...86_400)
        if points != nil, step != nil {
            throw .malformed("step", "and points exclude each other")
        }
        let format = try query.word("format", of: ["json", "csv", "ndjson"]) ?? "json"
        guard formats.contains(format) else {
            throw .unprocessable("format", "of buckets must be \(formats.joined(separator: " or "))")
        }
        let clock = try query.clock()
        metrics = try query.metrics(of: allowed)
        exceedances = try query.percentages("ln")
        let length = range.milliseconds
        stepSeconds =
            step.map(BucketWidth.atLeast(seconds:))
            ?? BucketWidth.cutting(milliseconds: length, into: points ?? BucketQuery.defaultPoints)
        guard length / (stepSeconds * 1000) <= BucketWidth.mostBuckets else {
            let most = "more than \(BucketWidth.mostBuckets) buckets"
            throw .unprocessable(step == nil ? "to" : "step", "makes \(most) of this range")
        }
        guard exceedances.isEmpty || length / (stepSeconds * 1000) <= BucketQuery.mostExceedanceBuckets
        else {
            throw .unprocessable(
                "ln", "is given for at most \(BucketQuery.mostExceedanceBuckets) buckets")
        }
        edges = LocalEdges.edges(around: range, stepMilliseconds: stepSeconds * 1000, on: clock)
    }
}

/// Stored frames of a range, page by page.
struct RawQuery {
    enum Format: String, CaseIterable { case json, csv, ndjson }

    let range: TimeRange
    let limit: Int
    let metrics: [Metric]
    let format: Format

    init(_ query: QueryText, now: Timestamp) throws(Problem) {
        range = try HistoryQuery.pageRange(query, now: now)
        limit = Int(try query.integer("limit", in: 1...100_000) ?? 10_000)
        metrics = try query.metrics()
        let word = try query.word("format", of: Format.allCases.map(\.rawValue))
        format = word.flatMap(Format.init) ?? .json
        for name in ["points", "step", "tz", "ln"] where try query.text(name) != nil {
            throw .unprocessable(name, "does not go with resolution=raw")
        }
    }
}

/// Where the next page begins, and where the range ends: `r1-<next>-<end>`, in base 36.
///
/// Opaque to clients; `r1` leaves room for another form.
struct Cursor: Equatable {
    let next: Timestamp
    let end: Timestamp

    init(next: Timestamp, end: Timestamp) {
        self.next = next
        self.end = end
    }

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "r1", let next = Cursor.time(parts[1]),
            let end = Cursor.time(parts[2]), next <= end
        else { return nil }
        self.init(next: next, end: end)
    }

    var text: String {
        "r1-\(Cursor.text(next))-\(Cursor.text(end))"
    }

    // Times may lie before 1970: shifted, so that no sign is needed.
    private static let shift: Int64 = 1 << 50

    private static func text(_ time: Timestamp) -> String {
        String(time.milliseconds + shift, radix: 36)
    }

    private static func time(_ text: some StringProtocol) -> Timestamp? {
        guard let value = Int64(text, radix: 36), (0...(shift * 2)).contains(value) else {
            return nil
        }
        return Timestamp(milliseconds: value - shift)
    }
}
