//  MissingPageMiddleware.swift · Serve

import HTTPTypes
import Hummingbird

/// What is not there: a page for people, who first have to sign in, and a problem for programs.
struct MissingPageMiddleware: RouterMiddleware {
    let authenticator: Authenticator
    let pages: Pages

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            guard error.isMissing else { throw error }
            let path = request.uri.path
            if path.hasPrefix("/api/") || path == "/api" {
                // Strangers learn nothing of what exists.
                guard try await authenticator.access(request.headers) != nil else {
                    throw Problem.unauthorized
                }
                throw error
            }
            guard request.method == .get || request.method == .head,
                request.headers[.accept]?.contains("text/html") == true
            else { throw error }
            return try pages.notFound(requestID: context.requestID)
        }
    }
}

extension Error {
    /// Whether it is that there is nothing at an address.
    var isMissing: Bool {
        (self as? Problem)?.status == .notFound || (self as? HTTPError)?.status == .notFound
    }
}
