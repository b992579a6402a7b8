//  IntervalsRoute.swift · Serve
//
//  `/intervals` of one unit: what its meter came to in each measurement.

import HTTPTypes
import Hummingbird
import Monitoring
import NIOCore

/// Answers `/intervals` of one unit. Keys and shapes: `docs/api.md`.
struct IntervalsRoute: Sendable {
    let history: any LevelHistory
    let clock: any WallClock

    static let limitMaximum: Int64 = 10_000

    func respond(_ request: Request, unit: UnitID) async throws -> Response {
        let query = QueryText(request)
        let limit = Int(try query.integer("limit", in: 1...IntervalsRoute.limitMaximum) ?? 1000)
        let range = try HistoryQuery.pageRange(query, now: clock.now)
        let stored = try await history.meterIntervals(of: unit, in: range, limit: limit)
        var next: String?
        if stored.hasMore, let last = stored.intervals.last {
            next = Cursor(next: last.to.advanced(byMilliseconds: 1), end: range.end).text
        }
        return .revalidated(
            IntervalsRoute.body(stored, of: unit, next: next), contentType: "application/json",
            for: request)
    }

    private static func body(
        _ stored: StoredIntervals, of unit: UnitID, next: String?
    ) -> ByteBuffer {
        var text = JSONText(capacity: 256 + stored.intervals.count * 192)
        text.beginObject()
        text.key("unit")
        text.string(unit.name)
        text.key("complete_until")
        text.time(stored.completeUntil)
        text.key("intervals")
        text.beginArray()
        for interval in stored.intervals { write(interval, into: &text) }
        text.endArray()
        if !stored.damage.isEmpty {
            text.key("damage")
            HistoryBody.write(stored.damage, into: &text)
        }
        if let next {
            text.key("next")
            text.string(next)
        }
        text.endObject()
        return text.buffer
    }

    private static func write(_ interval: MeterInterval, into text: inout JSONText) {
        text.beginObject()
        text.key("from")
        text.time(interval.from)
        text.key("to")
        text.time(interval.to)
        for metric in Metric.allCases where metric.isCumulative {
            text.key(metric.name)
            text.level(interval.levels[metric])
        }
        text.key("open")
        text.bool(interval.isOpen)
        text.endObject()
    }
}
