//  OperatorBody.swift · Serve
//
//  What may be set of an operator and of a token, read strictly. Pure.

import JSON
import Monitoring

/// Operators in requests' bodies.
enum OperatorBody {
    static let nameRule =
        "must be 1 to 64 printable characters, not only digits, without blanks at its ends"

    /// A new operator. Without a password, or with `null`, one is made.
    ///
    /// - Throws: 422 with every key that is not known or is missing, and every value that cannot be.
    static func new(
        _ members: [JSONValue.Member]
    ) throws(Problem) -> (
        name: String, role: AccessToken.Scope, password: OperatorChange.NewPassword
    ) {
        var reader = AccountReader(members, keys: ["name", "role", "password"])
        let name = reader.name(isNeeded: true)
        let role = reader.scope("role", isNeeded: true)
        let password = reader.password()
        try reader.finish()
        return (name!, role!, password ?? .made)
    }

    /// What a body changes of an operator. The password `null` is one that is made.
    ///
    /// - Throws: 422, as above.
    static func change(_ members: [JSONValue.Member]) throws(Problem) -> OperatorChange {
        var reader = AccountReader(members, keys: ["name", "role", "password"])
        let change = OperatorChange(
            name: reader.name(isNeeded: false), role: reader.scope("role", isNeeded: false),
            password: reader.password())
        try reader.finish()
        return change
    }
}

/// Tokens in requests' bodies.
enum TokenBody {
    /// A new token. Without `expires`, or with `null`, it lasts until it is revoked.
    ///
    /// - Throws: 422, as above.
    static func new(
        _ members: [JSONValue.Member], at now: Timestamp
    ) throws(Problem) -> (name: String, scope: AccessToken.Scope, expires: Timestamp?) {
        var reader = AccountReader(members, keys: ["name", "scope", "expires"])
        let name = reader.name(isNeeded: true)
        let scope = reader.scope("scope", isNeeded: true)
        let expires = reader.expiry(after: now)
        try reader.finish()
        return (name!, scope!, expires)
    }
}

/// Takes what it knows out of a body, and notes what is wrong.
private struct AccountReader {
    private let members: [JSONValue.Member]
    private var faults: [Problem.Fault] = []

    init(_ members: [JSONValue.Member], keys: [String]) {
        self.members = members
        for member in members where !keys.contains(member.key) {
            let words = keys.dropLast().joined(separator: ", ") + " and " + keys.last!
            refuse(member.key, "is not something to set; there are \(words)")
        }
    }

    /// - Throws: 422 with all that was wrong; else everything needed is there.
    func finish() throws(Problem) {
        guard faults.isEmpty else { throw .unprocessable(faults) }
    }

    mutating func name(isNeeded: Bool) -> String? {
        guard let value = value("name", isNeeded) else { return nil }
        if let text = value.string, AccessToken.isName(text) { return text }
        refuse("name", OperatorBody.nameRule)
        return nil
    }

    mutating func scope(_ key: String, isNeeded: Bool) -> AccessToken.Scope? {
        guard let value = value(key, isNeeded) else { return nil }
        if let scope = value.string.flatMap(AccessToken.Scope.init(rawValue:)) { return scope }
        refuse(key, "must be viewer, operator or admin")
        return nil
    }

    mutating func password() -> OperatorChange.NewPassword? {
        guard let value = value("password", false) else { return nil }
        if case .null = value { return .made }
        guard let text = value.string else {
            refuse("password", "must be a string, or null for one that is made")
            return nil
        }
        if let fault = Operator.Password.fault(text) { refuse("password", fault) }
        return .given(text)
    }

    mutating func expiry(after now: Timestamp) -> Timestamp? {
        guard let value = value("expires", false) else { return nil }
        if case .null = value { return nil }
        guard let time = value.string.flatMap({ Timestamp(rfc3339: $0) }), time > now else {
            refuse("expires", "must be a time to come, like 2027-01-31T00:00:00Z, or null")
            return nil
        }
        return time
    }

    private mutating func value(_ key: String, _ isNeeded: Bool) -> JSONValue? {
        let found = members.first { $0.key == key }?.value
        if found == nil, isNeeded { refuse(key, "is missing") }
        return found
    }

    private mutating func refuse(_ field: String, _ message: String) {
        faults.append(Problem.Fault(field: field, message: message))
    }
}
