//  Operator.swift · Monitoring
//
//  The people who work with the operators' pages: of a password only a hash is ever kept.

/// Somebody who signs in with a name and a password.
package struct Operator: Hashable, Sendable {
    package let id: Int64
    /// As ``AccessToken/isName(_:)`` asks for; of those there are now, unique but for case.
    package var name: String
    package var role: AccessToken.Scope
    package let created: Timestamp
    package var lastSignIn: Timestamp?

    package init(
        id: Int64, name: String, role: AccessToken.Scope, created: Timestamp,
        lastSignIn: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.created = created
        self.lastSignIn = lastSignIn
    }

    /// What a password must be.
    package enum Password {
        /// In Unicode code points. Source: NIST SP 800-63B, 5.1.1.2, with a longer minimum.
        package static let lengths = 12...256

        /// - Returns: what is wrong with `text`, as a sentence without its subject; `nil`: nothing.
        package static func fault(_ text: String) -> String? {
            let count = text.unicodeScalars.count
            if count < lengths.lowerBound {
                return "must have at least \(lengths.lowerBound) characters; it has \(count)"
            }
            if count > lengths.upperBound {
                return "must have at most \(lengths.upperBound) characters"
            }
            let hasControls = text.unicodeScalars.contains {
                $0.properties.generalCategory == .control
            }
            return hasControls ? "must be one line, without control characters" : nil
        }
    }
}

/// What is to change of an operator; `nil` stays as it is.
package struct OperatorChange: Hashable, Sendable {
    /// Where a password comes from.
    package enum NewPassword: Hashable, Sendable {
        case given(String)
        /// From 100 random bits; it is answered once.
        case made
    }

    package var name: String?
    package var role: AccessToken.Scope?
    package var password: NewPassword?

    package init(
        name: String? = nil, role: AccessToken.Scope? = nil, password: NewPassword? = nil
    ) {
        self.name = name
        self.role = role
        self.password = password
    }
}

/// A browser that somebody signed in with.
package struct OperatorSession: Hashable, Sendable {
    /// Whose it is; it ends with them.
    package enum Holder: Hashable, Sendable {
        /// As they are now: what they may do is asked at each request.
        case `operator`(Operator)
        /// ``AccessToken/id``, live or not.
        case token(Int64)
    }

    package let id: Int64
    package let holder: Holder
    package let began: Timestamp
    package var lastUsed: Timestamp

    package init(id: Int64, holder: Holder, began: Timestamp, lastUsed: Timestamp) {
        self.id = id
        self.holder = holder
        self.began = began
        self.lastUsed = lastUsed
    }

    /// Whether it holds at `now`, as far as time tells.
    package func holds(at now: Timestamp) -> Bool {
        SessionTerms.hold(began: began, lastUsed: lastUsed, at: now)
    }
}
