//  AuditLog.swift · Monitoring

/// Who changed what, kept for those who answer for it. Implemented by the registry.
package protocol AuditLog: Sendable {
    /// Writes a row; its id is given. Past ``AuditEntry/countMaximum`` the oldest row goes.
    func record(_ entry: AuditEntry) async throws
    /// The newest rows, newest first; of those before `id`, if given.
    func auditEntries(before id: Int64?, limit: Int) async throws -> [AuditEntry]
}

/// Something that somebody did. Never holds a secret.
package struct AuditEntry: Hashable, Sendable {
    package var id: Int64
    package var at: Timestamp
    /// An operator's name, `token NAME`, or `command line`; empty: nobody that is known.
    package var by: String
    /// `POST /api/events/{event}/ack`, or the words of a command.
    package var action: String
    /// As it was asked for, without query; empty for a command.
    package var path: String
    /// Of the answer; `nil` for a command.
    package var status: Int?
    /// The other end's; empty when not known.
    package var address: String
    /// What the path does not say.
    package var detail: String

    /// How many are kept.
    package static let countMaximum: Int64 = 100_000

    package init(
        id: Int64 = 0, at: Timestamp, by: String, action: String, path: String = "",
        status: Int? = nil, address: String = "", detail: String = ""
    ) {
        self.id = id
        self.at = at
        self.by = by
        self.action = action
        self.path = path
        self.status = status
        self.address = address
        self.detail = detail
    }
}

/// All about who may come in, and what they did.
package typealias AccountBook = OperatorDirectory & TokenBook & AuditLog
