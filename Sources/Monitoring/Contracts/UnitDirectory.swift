//  UnitDirectory.swift · Monitoring
//
//  What is configured, for whoever reads units or shows them.

/// The configured upstreams and units. Implemented by the registry.
package protocol UnitDirectory: Sendable {
    /// All units, sorted by id.
    func units() async throws -> [Unit]
    /// The unit of this id; `nil` when there is none.
    func unit(_ id: UnitID) async throws -> Unit?
    /// The upstreams that were configured by `provision`, sorted by id. Those given on the
    /// command line are not among them.
    func upstreams() async throws -> [Upstream]
    /// A number that grows with each change of units or upstreams, whichever process made it.
    /// Cheap: readers ask each second whether to read anew.
    func revision() async throws -> Int64
    /// Adds the units that an upstream lists and that are not configured yet.
    ///
    /// A name that another upstream's unit already has becomes `name@host`, and `name@host:port`
    /// when that is taken too. Repeating the call changes nothing. Where an upstream of the same
    /// host and port is provisioned under another id, the units are that one's.
    /// - Returns: all units of that upstream, sorted by id.
    func adopt(_ upstreamUnits: [String], of upstream: Upstream) async throws -> [Unit]
    /// Stores what an operator set of a unit: percentages, weightings and rate.
    /// - Throws: ``UnknownUnit`` when there is none of this id, for one was removed meanwhile.
    func update(_ unit: Unit) async throws
    /// Forgets a unit; its history stays, and its id is not given to another one. However long its
    /// upstream lists it, it comes back only when it is provisioned again.
    /// - Returns: false when there is none of this id.
    func remove(_ unit: UnitID) async throws -> Bool
}

extension UnitDirectory {
    package func unit(_ id: UnitID) async throws -> Unit? {
        try await units().first { $0.id == id }
    }
}

/// There is no unit of this id.
package struct UnknownUnit: Error, Hashable, Sendable {
    package let id: UnitID
    package init(id: UnitID) { self.id = id }
}
