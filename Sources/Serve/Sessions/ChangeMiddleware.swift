//  ChangeMiddleware.swift · Serve

import HTTPTypes
import Hummingbird
import Monitoring

/// Lets only those change something who may, from where they may. Behind `AccessMiddleware`.
struct ChangeMiddleware: RouterMiddleware {
    let scope: AccessToken.Scope
    let origins: OriginPolicy

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        guard let access = context.access else { throw Problem.unauthorized }
        guard access.scope >= scope else {
            throw Problem(
                status: .forbidden,
                detail: "This needs the scope \(scope); yours is \(access.scope).")
        }
        // A cookie goes along with whatever page asks; a token is sent on purpose.
        if access.isSession, !origins.provesChange(request.head) {
            throw Problem(
                status: .forbidden, detail: "With a session, changes come from our own pages only.")
        }
        return try await next(request, context)
    }
}
