//  AccessToken.swift · Monitoring

/// An API token as it is kept: the secret itself is never stored.
package struct AccessToken: Hashable, Sendable {
    package let id: Int64
    package let name: String
    package let scope: Scope
    package let created: Timestamp
    /// `nil`: until revoked.
    package let expires: Timestamp?

    /// What a token allows; each scope includes those before it.
    package enum Scope: String, CaseIterable, Comparable, Sendable {
        /// Reading.
        case viewer
        /// Reading, acknowledging, editing rules and links.
        case `operator`
        /// Everything.
        case admin

        package static func < (a: Scope, b: Scope) -> Bool {
            allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
        }
    }

    package init(id: Int64, name: String, scope: Scope, created: Timestamp, expires: Timestamp?) {
        self.id = id
        self.name = name
        self.scope = scope
        self.created = created
        self.expires = expires
    }
}
