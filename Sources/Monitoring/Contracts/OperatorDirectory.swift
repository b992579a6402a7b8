//  OperatorDirectory.swift · Monitoring

/// The operators and their sessions. Implemented by the registry.
package protocol OperatorDirectory: Sendable {
    /// Those there are now, by name.
    func operators() async throws -> [Operator]
    /// Makes an operator.
    ///
    /// - Returns: with the password, if it was made.
    /// - Throws: ``OperatorError``.
    func addOperator(
        _ name: String, role: AccessToken.Scope, password: OperatorChange.NewPassword,
        at now: Timestamp
    ) async throws -> (person: Operator, password: String?)
    /// Changes an operator. One who gets a lower role or another password is signed out.
    ///
    /// - Returns: with the password, if it was made.
    /// - Throws: ``OperatorError``.
    func change(
        operator id: Int64, _ change: OperatorChange, at now: Timestamp
    ) async throws -> (person: Operator, password: String?)
    /// Ends an operator and all sessions of theirs, for good.
    ///
    /// - Throws: ``OperatorError``.
    func remove(operator id: Int64, at now: Timestamp) async throws -> Operator

    /// Begins a session. Whether the name or the password is wrong cannot be told, from the time
    /// that it takes neither.
    ///
    /// - Returns: `nil` for a wrong name or password.
    /// - Throws: ``OperatorError/busy``.
    func signIn(
        name: String, password: String, at now: Timestamp
    ) async throws -> OperatorSession?
    /// Begins a session that ends with a token at the latest.
    func beginSession(ofToken id: Int64, at now: Timestamp) async throws -> OperatorSession
    /// The session of this id while it holds; its use is written down now and then.
    func operatorSession(_ id: Int64, at now: Timestamp) async throws -> OperatorSession?
    func end(operatorSession id: Int64, at now: Timestamp) async throws

    /// Another number after each change that may have ended somebody's access, whichever process
    /// made it. Cheap enough to be asked each second.
    func accessRevision() async throws -> Int64
}

/// Why an operator could not be stored.
package enum OperatorError: Error, Hashable, Sendable {
    /// There is none of this id, or they were removed.
    case unknown(Int64)
    /// An operator is called so.
    case taken(String)
    /// Not a name by ``AccessToken/isName(_:)``.
    case unsoundName(String)
    /// With what ``Operator/Password/fault(_:)`` says.
    case unsoundPassword(String)
    /// There would be no admin any more, neither an operator nor a token.
    case lastAdmin
    /// Too many passwords are being checked; it takes seconds.
    case busy
    /// The system has no random bytes, or no memory.
    case noHash
}
