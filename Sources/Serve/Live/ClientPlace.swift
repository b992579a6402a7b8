//  ClientPlace.swift · Serve

import Monitoring

/// The location that a client looks at, with the unit that stands there.
struct ClientPlace: Sendable {
    /// ``Location/id``.
    let location: String
    /// `nil` while no unit stands there.
    let stay: UnitStay?
    /// Whether the location is still the client's, and this still the unit's stay there.
    let holds: @Sendable () async throws -> Bool
}
