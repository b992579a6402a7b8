//  Problem+Store.swift · Serve
//
//  What the store could not do, as an answer.

import HTTPTypes
import Monitoring

extension Problem {
    /// Runs `body`; what the store could not do becomes 503 or 507, with `Retry-After`.
    ///
    /// - Parameter consequence: a sentence of what that means for what was asked.
    static func ofStore<Result: Sendable>(
        _ consequence: String, _ body: () async throws(StoreError) -> Result
    ) async throws(Problem) -> Result {
        do {
            return try await body()
        } catch {
            var problem = Problem(status: .serviceUnavailable, detail: "")
            problem.fields[.retryAfter] = "10"
            switch error {
            case .full:
                problem.status = .init(code: 507, reasonPhrase: "Insufficient Storage")
                problem.detail = "The disk is full. \(consequence) Make room, then send it again."
            case .failed:
                problem.detail = "The store cannot write. \(consequence) /readyz tells more."
            case .stopped:
                problem.detail = "The service is going down. \(consequence) Send it again later."
            }
            throw problem
        }
    }
}
