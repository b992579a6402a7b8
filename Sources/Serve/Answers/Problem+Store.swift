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
            throw Problem(error, consequence)
        }
    }

    init(_ error: StoreError, _ consequence: String) {
        self.init(status: .serviceUnavailable, detail: "")
        fields[.retryAfter] = "10"
        switch error {
        case .full:
            status = .init(code: 507, reasonPhrase: "Insufficient Storage")
            detail = "The disk is full. \(consequence) Make room, then send it again."
        case .failed:
            detail = "The store cannot write. \(consequence) /readyz tells more."
        case .stopped:
            detail = "The service is going down. \(consequence) Send it again later."
        }
    }
}
