//  SiteBook.swift · Monitoring

/// Clients, projects, locations and assignments, for whoever shows them or looks for where a unit
/// is. Implemented by the registry.
package protocol SiteBook: Sendable {
    /// All that is configured now. Cheap: one value, read anew only when something has changed.
    func sites() async throws -> Sites
}
