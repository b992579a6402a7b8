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

    /// Whether a token may be called so: 1 to 64 printable characters, no blank at either end, and
    /// not only digits, which are an id.
    package static func isName(_ text: String) -> Bool {
        (1...64).contains(text.count) && text.first != " " && text.last != " "
            && !text.utf8.allSatisfy { (48...57).contains($0) }
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
                    .paragraphSeparator:
                    false
                default: true
                }
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
