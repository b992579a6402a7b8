//  UnitEntry.swift · Provisioning
//
//  Upstreams and units: what levels are read from.

import Monitoring

/// What a file says about a unit. What it leaves out stays as it is.
package struct UnitEntry: Sendable {
    let id: UnitID
    let upstream: String
    /// `nil` when left out: as it is, and the id for a new unit.
    let upstreamUnit: String?
    /// `nil` when left out, `.some(nil)` when it is to be taken away; so the others.
    let ln1Percent: Double??
    let ln2Percent: Double??
    let frequencyWeighting: String??
    let timeWeighting: String??
    let rate: Unit.Rate??

    init?(_ entry: Entry, id: String) {
        let upstream = entry.required("upstream", .identifier)
        upstreamUnit = entry.optional("upstream_unit", .plainUnitName)
        ln1Percent = entry.change("ln1_percent", .tenths(0.1...99.9))
        ln2Percent = entry.change("ln2_percent", .tenths(0.1...99.9))
        frequencyWeighting = entry.change("frequency_weighting", .one(of: ["A", "C", "Z"]))
        timeWeighting = entry.change("time_weighting", .one(of: ["F", "S", "I"]))
        rate = entry.change("rate", .word)
        guard let upstream, let id = UnitID(id) else { return nil }
        self.id = id
        self.upstream = upstream
    }

    /// The unit as it shall be.
    /// - Parameter known: as it is.
    func unit(over known: Unit?) -> Unit {
        var unit = known ?? Unit(id: id, upstream: upstream, upstreamUnit: id.name)
        unit.upstream = upstream
        if let upstreamUnit { unit.upstreamUnit = upstreamUnit }
        if let ln1Percent { unit.ln1Percent = ln1Percent }
        if let ln2Percent { unit.ln2Percent = ln2Percent }
        if let frequencyWeighting { unit.frequencyWeighting = frequencyWeighting }
        if let timeWeighting { unit.timeWeighting = timeWeighting }
        if let rate { unit.rate = rate ?? .auto }
        return unit
    }
}

extension Form<String> {
    static let unitID = text("1 to 64 of A-Z, a-z, 0-9, _ and -, or the id that a unit has") {
        UnitID($0) != nil
    }
    static let plainUnitName = text("1 to 64 of A-Z, a-z, 0-9, _ and -") { UnitID.isPlain($0) }
}

extension Upstream {
    init?(_ entry: Entry, id: String) {
        let form = Form<Address>(
            remedy: "scheme, host and port only, like http://slmm:8100"
        ) { node in
            guard case .text(let text) = node else { return nil }
            return Address(url: text)
        }
        guard let address = entry.required("url", form) else { return nil }
        self.init(id: id, url: "http://\(address.authority)")
    }
}
