//  Pages+Accounts.swift · Serve

import HTTPTypes
import Hummingbird
import Monitoring

extension Pages {
    /// See `AccountsView.context`.
    func accounts(_ view: AccountsView, requestID: String) throws -> Response {
        try page("accounts", title: "Accounts", section: .accounts, view.context, requestID)
    }

    /// A page that takes another scope. `scope`: that one; `own`: one's own.
    func forbidden(
        _ section: PageSection, scope: AccessToken.Scope, own: AccessToken.Scope, requestID: String
    ) throws -> Response {
        try page(
            "forbidden", title: section.words, section: section,
            ["scope": scope.rawValue, "own": own.rawValue], requestID, status: .forbidden)
    }
}

/// Answers `/accounts`.
struct AccountsPage: Sendable {
    let book: any AccountBook
    let clock: any WallClock
    let pages: Pages

    func respond(_ request: Request, _ context: RequestScope) async throws -> Response {
        guard let access = context.access else { throw Problem.unauthorized }
        guard access.scope >= .admin else {
            return try pages.forbidden(
                .accounts, scope: .admin, own: access.scope, requestID: context.requestID)
        }
        let before = request.uri.queryParameters["before"].flatMap { Int64($0) }
        let view = AccountsView(
            operators: try await book.operators(), tokens: try await book.tokenRecords(),
            audit: try await book.auditEntries(
                before: before, limit: AccountsView.auditCount + 1),
            before: before, access: access, now: clock.now)
        return try pages.accounts(view, requestID: context.requestID)
    }
}
