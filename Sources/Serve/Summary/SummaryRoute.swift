//  SummaryRoute.swift · Serve
//
//  `/summary` of one unit: what its periods came to. Keys and shapes: `docs/api.md`.

import Hummingbird
import Monitoring
import NIOCore

/// Answers `/summary` of one unit.
struct SummaryRoute: Sendable {
    let history: any LevelHistory

    func respond(_ request: Request, unit: UnitID) async throws -> Response {
        let query = try SummaryQuery(QueryText(request), unit: unit)
        let summary = try await history.summary(query.question)
        return .revalidated(
            SummaryBody.text(summary, query), contentType: "application/json", for: request)
    }
}
