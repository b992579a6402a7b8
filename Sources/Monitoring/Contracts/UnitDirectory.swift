//  UnitDirectory.swift · Monitoring
//
//  What is configured, for whoever reads units or shows them.

/// The configured upstreams and units. Implemented by the registry.
package protocol UnitDirectory: Sendable {
    /// All units, sorted by id.
    func units() async throws -> [Unit]
    /// The upstreams that were configured by `provision`, sorted by id. Those given on the
    /// command line are not among them.
    func upstreams() async throws -> [Upstream]
    /// A number that grows with each change of units or upstreams, whichever process made it.
    /// Cheap: readers ask each second whether to read anew.
    func revision() async throws -> Int64
    /// Adds the units that an upstream lists and that are not configured yet.
    ///
    /// A name that another upstream's unit already has becomes `name@host`. Repeating the call
    /// changes nothing.
    /// - Returns: all units of that upstream, sorted by id.
    func adopt(_ upstreamUnits: [String], of upstream: Upstream) async throws -> [Unit]
    /// Stores what an operator set of a unit that exists: everything but id and upstream.
    func update(_ unit: Unit) async throws
    /// Forgets a unit; its history stays.
    /// - Returns: false when there is none of this id.
    func remove(_ unit: UnitID) async throws -> Bool
}
