//  PortalMiddleware.swift · Serve

import HTTPTypes
import Hummingbird

/// Lets only clients through; the API answers 401, pages with the access page.
struct PortalMiddleware: RouterMiddleware {
    let gate: PortalGate
    /// `nil`: for the API.
    let pages: PortalPages?

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        guard let session = try await gate.session(request.headers) else {
            guard let pages else {
                throw Problem(status: .unauthorized, detail: "Open the link that you were given.")
            }
            return try pages.access(requestID: context.requestID)
        }
        var context = context
        context.client = session
        return try await next(request, context)
    }
}
