//  UnitLookup.swift · Serve

import Hummingbird
import Monitoring

/// Finds the unit that a request's path names.
struct UnitLookup: Sendable {
    static let rule = "must be 1 to 64 of A-Z, a-z, 0-9, _ and -"

    let directory: any UnitDirectory
    let counts: ServeCounts

    /// - Throws: 400 for what cannot be a unit's name, 404 for what is none.
    func unit(_ context: RequestScope) async throws -> Unit {
        guard let id = UnitID(context.parameters.get("unit") ?? "") else {
            counts.hit(.unitName)
            throw Problem.malformed("unit", UnitLookup.rule)
        }
        guard let unit = try await directory.units().first(where: { $0.id == id }) else {
            throw Problem.notFound
        }
        return unit
    }
}
