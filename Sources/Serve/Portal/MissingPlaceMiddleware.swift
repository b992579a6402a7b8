//  MissingPlaceMiddleware.swift · Serve

import HTTPTypes
import Hummingbird

/// What is not there, to people who wanted a page: a page, in the same bytes each time.
struct MissingPlaceMiddleware: RouterMiddleware {
    let pages: PortalPages

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error where error.isMissing {
            let path = request.uri.path
            guard path.hasPrefix("/portal/"), !path.hasPrefix("/portal/api"),
                request.method == .get || request.method == .head
            else { throw error }
            return try pages.notFound()
        }
    }
}
