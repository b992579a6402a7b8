//  PlaceHistoryRoute.swift · Serve

import HTTPTypes
import Hummingbird
import Monitoring
import NIOCore

/// Answers `/history` of one place: buckets, of the metrics that clients see.
struct PlaceHistoryRoute: Sendable {
    let history: PlaceHistory

    /// What clients see.
    static let metrics: [Metric] = [.lp, .leq, .lmax, .ln1, .ln2]

    func respond(_ request: Request, _ place: Place) async throws -> Response {
        let text = QueryText(request)
        // Single readings are for operators.
        _ = try text.word("resolution", of: ["buckets"])
        let format = try text.word("format", of: ["json", "csv"]) ?? "json"
        let query = try BucketQuery(text, metrics: PlaceHistoryRoute.metrics, formats: ["json", "csv"])
        let stored = try await history.buckets(
            at: place,
            .init(
                range: query.range, edges: query.edges, metrics: query.metrics,
                exceedances: query.exceedances))
        guard format == "json" else {
            return .revalidated(
                HistoryBody.csv(stored.buckets, query.metrics),
                contentType: "text/csv; charset=utf-8", for: request)
        }
        return .revalidated(
            HistoryBody.buckets(stored, of: .location(place.location.id), query),
            contentType: "application/json", for: request)
    }
}
