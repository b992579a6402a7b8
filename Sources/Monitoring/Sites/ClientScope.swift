//  ClientScope.swift · Monitoring

/// Whose locations somebody sees.
package struct ClientScope: Hashable, Sendable {
    /// ``Client/id``.
    package let client: String
    /// The one project; `nil`: all of the client's.
    package let project: String?

    package init(client: String, project: String? = nil) {
        self.client = client
        self.project = project
    }
}
