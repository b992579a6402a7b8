//  SiteBook.swift · Monitoring

/// Clients, projects, locations and assignments, for whoever shows them, changes them or looks for
/// where a unit is. Implemented by the registry.
package protocol SiteBook: Sendable {
    /// All that is configured now. Cheap: one value, read anew only when something has changed.
    func sites() async throws -> Sites
    /// Changes where is measured and for whom, everything or nothing; nobody else writes meanwhile.
    /// Durable on return. What is left out stays, but for rules and for clients without projects.
    ///
    /// - Parameter decide: makes of the sites what they shall be; it gets the units that are
    ///   configured, ascending.
    /// - Throws: what `decide` throws, and then nothing has changed.
    func revise<Result: Sendable>(
        _ decide: @Sendable (_ sites: inout Sites, _ units: [UnitID]) throws -> Result
    ) async throws -> Result
}
