//  Access.swift · Serve
//
//  Who asks: somebody who signed in, or a script with a token.

import Monitoring

/// What somebody showed; sockets are counted by it, and close when it ends.
enum Credential: Hashable, Sendable {
    /// ``AccessToken/id``, shown with the request itself.
    case token(Int64)
    /// ``OperatorSession/id``, of a cookie.
    case session(Int64)
}

/// Who asks, and how they showed it.
struct Access: Sendable {
    let credential: Credential
    /// What notes and logs call them.
    let name: String
    /// What they may do.
    let scope: AccessToken.Scope
    /// A person with a password, and not whoever has a token.
    let isOperator: Bool

    var isSession: Bool {
        if case .session = credential { return true }
        return false
    }

    /// What the audit log calls them: a token may be called like a person.
    var auditName: String { isOperator ? name : "token \(name)" }

    init(_ credential: Credential, _ person: Operator) {
        self.credential = credential
        name = person.name
        scope = person.role
        isOperator = true
    }

    init(_ credential: Credential, _ token: AccessToken) {
        self.credential = credential
        name = token.name
        scope = token.scope
        isOperator = false
    }
}

/// What credentials are worth now.
struct Credentials: Sendable {
    let tokens: any TokenDirectory
    let operators: any OperatorDirectory
    let clock: any WallClock

    /// - Returns: `nil` for one that has ended.
    func access(_ credential: Credential) async throws -> Access? {
        switch credential {
        case .token(let id):
            return try await tokens.token(withID: id).map { Access(credential, $0) }
        case .session(let id):
            guard let session = try await operators.operatorSession(id, at: clock.now) else {
                return nil
            }
            switch session.holder {
            case .operator(let person): return Access(credential, person)
            case .token(let id):
                return try await tokens.token(withID: id).map { Access(credential, $0) }
            }
        }
    }
}
