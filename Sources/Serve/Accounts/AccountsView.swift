//  AccountsView.swift · Serve
//
//  What the page of accounts shows.

import Monitoring

/// Operators, tokens and a page of the audit log.
struct AccountsView {
    /// How many rows of the audit log a page has.
    static let auditCount = 50

    let operators: [Operator]
    let tokens: [TokenRecord]
    /// One more than ``auditCount`` when there is another page.
    let audit: [AuditEntry]
    /// Where the audit log's page begins; `nil`: with the newest row.
    let before: Int64?
    let access: Access
    let now: Timestamp

    /// - `operators`: `id`, `name`, `is_you`, `roles` (`value`, `words`, `selected`), `created`,
    ///   `last` or nothing; `has_operators`.
    /// - `live`, `ended`: tokens with `id`, `name`, `scope`, `created`, `expires` or nothing, `state`;
    ///   `has_live`, `has_ended`, `ended_count`.
    /// - `audit`: `at`, `time`, `by`, `what`, `path`, `detail`, `has_detail`, `address`; `has_audit`,
    ///   `older` (the address of the next page) or nothing, `is_older`.
    /// - `scopes`: `value`, `words`, for new ones.
    var context: [String: Any] {
        let live = tokens.filter { $0.state(at: now) == "live" }
        let ended = tokens.filter { $0.state(at: now) != "live" }
        let page = audit.prefix(AccountsView.auditCount)
        var context: [String: Any] = [
            "operators": operators.map(row), "has_operators": !operators.isEmpty,
            "live": live.map(row), "has_live": !live.isEmpty,
            "ended": ended.reversed().prefix(100).map(row), "has_ended": !ended.isEmpty,
            "ended_count": ended.count, "audit": page.map(row), "has_audit": !page.isEmpty,
            "is_older": before != nil,
            "scopes": AccessToken.Scope.allCases.map {
                ["value": $0.rawValue, "words": $0.words, "selected": $0 == .operator] as [String: Any]
            },
        ]
        if audit.count > page.count, let last = page.last {
            context["older"] = "/accounts?before=\(last.id)#audit"
        }
        return context
    }

    private func row(_ person: Operator) -> [String: Any] {
        var row: [String: Any] = [
            "id": person.id, "name": person.name,
            "is_you": access.isOperator && access.name == person.name,
            "created": PageText.moment(person.created),
            "roles": AccessToken.Scope.allCases.map {
                [
                    "value": $0.rawValue, "words": $0.title,
                    "selected": $0 == person.role,
                ] as [String: Any]
            },
        ]
        if let last = person.lastSignIn {
            row["last"] = PageText.age(milliseconds: now.milliseconds(since: last))
            row["last_time"] = PageText.moment(last)
        }
        return row
    }

    private func row(_ record: TokenRecord) -> [String: Any] {
        var row: [String: Any] = [
            "id": record.token.id, "name": record.token.name,
            "scope": record.token.scope.title,
            "created": PageText.moment(record.token.created),
            "state": record.state(at: now),
        ]
        if let expires = record.token.expires { row["expires"] = PageText.moment(expires) }
        return row
    }

    private func row(_ entry: AuditEntry) -> [String: Any] {
        [
            "at": PageText.moment(entry.at, hasSeconds: true), "time": entry.at.description,
            "by": entry.by.isEmpty ? "unknown" : entry.by, "what": entry.words,
            "path": entry.path.hasPrefix("/sign-") ? "" : entry.path, "detail": entry.detail,
            "has_detail": !entry.detail.isEmpty,
            "address": entry.address.isEmpty ? PageText.none : entry.address,
        ]
    }
}

extension AccessToken.Scope {
    var title: String {
        switch self {
        case .viewer: "Viewer"
        case .operator: "Operator"
        case .admin: "Admin"
        }
    }

    /// What somebody may do, for a choice.
    var words: String {
        switch self {
        case .viewer: "Viewer: looks only"
        case .operator: "Operator: also events, rules and links"
        case .admin: "Admin: also accounts and deletions"
        }
    }
}
