//  HistoryRoute.swift · Serve

import HTTPTypes
import Hummingbird
import Monitoring
import NIOCore

/// Answers `/history` of one unit.
struct HistoryRoute: Sendable {
    let history: any LevelHistory
    let clock: any WallClock

    func respond(_ request: Request, unit: UnitID) async throws -> Response {
        switch try HistoryQuery(QueryText(request), now: clock.now) {
        case .buckets(let query):
            let stored = try await history.buckets(
                BucketQuestion(
                    unit: unit, range: query.range, edges: query.edges, metrics: query.metrics,
                    exceedances: query.exceedances))
            let body = HistoryBody.buckets(stored, of: .unit(unit), query)
            return .revalidated(body, contentType: "application/json", for: request)
        case .raw(let query):
            let stored = try await history.frames(of: unit, in: query.range, limit: query.limit)
            return raw(stored, unit, query, request)
        }
    }

    private func raw(
        _ stored: StoredFrames, _ unit: UnitID, _ query: RawQuery, _ request: Request
    ) -> Response {
        let columns = stored.columns
        var next: String?
        if stored.hasMore, let last = columns.times.last {
            let begin = Timestamp(milliseconds: last + 1)
            next = Cursor(next: begin, end: query.range.end).text
        }
        let body: ByteBuffer
        let contentType: String
        switch query.format {
        case .json:
            body = HistoryBody.raw(stored, of: unit, metrics: query.metrics, next: next)
            contentType = "application/json"
        case .csv:
            body = HistoryBody.csv(columns, of: unit, metrics: query.metrics)
            contentType = "text/csv; charset=utf-8"
        case .ndjson:
            body = HistoryBody.lines(columns, of: unit, metrics: query.metrics)
            contentType = "application/x-ndjson"
        }
        var response = Response.revalidated(body, contentType: contentType, for: request)
        // CSV and NDJSON have no place for it in the body.
        if let next { response.headers[.nextCursor] = next }
        return response
    }
}

extension HTTPField.Name {
    static let nextCursor = HTTPField.Name("X-Next-Cursor")!
}
