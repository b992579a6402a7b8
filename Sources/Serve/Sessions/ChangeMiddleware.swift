//  ChangeMiddleware.swift · Serve

import HTTPTypes
import Hummingbird
import Monitoring

/// Lets only those change something who may, from where they may; what they did is in the audit log.
/// Behind `AccessMiddleware`.
struct ChangeMiddleware: RouterMiddleware {
    let scope: AccessToken.Scope
    let origins: OriginPolicy

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        guard let access = context.access else { throw Problem.unauthorized }
        try access.require(scope)
        // A cookie goes along with whatever page asks; a token is sent on purpose.
        if access.isSession, !origins.provesChange(request.head) {
            throw Problem(
                status: .forbidden, detail: "With a session, changes come from our own pages only.")
        }
        let response = try await next(request, context)
        if response.status.code < 400 {
            await context.audit?.record(by: access.auditName, request, context, response.status)
        }
        return response
    }
}

/// Lets only those read who may. Behind `AccessMiddleware`.
struct ScopeMiddleware: RouterMiddleware {
    let scope: AccessToken.Scope

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        guard let access = context.access else { throw Problem.unauthorized }
        try access.require(scope)
        return try await next(request, context)
    }
}

extension Access {
    /// - Throws: 403 with a lower scope.
    fileprivate func require(_ scope: AccessToken.Scope) throws(Problem) {
        guard self.scope >= scope else {
            throw Problem(
                status: .forbidden,
                detail: "This needs the scope \(scope); yours is \(self.scope).")
        }
    }
}
