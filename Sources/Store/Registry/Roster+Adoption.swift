//  Roster+Adoption.swift · Store
//
//  What units are called that nobody configured: by their upstream's name, and where that is taken
//  with its host behind it.

import Monitoring

/// An upstream whose URL is not one; its units cannot be told from another's.
struct InvalidUpstream: Error {
    let upstream: Upstream
}

extension Roster {
    /// The units of the upstream `id`, sorted by id.
    func units(of id: String) -> [Unit] {
        units.values.filter { $0.upstream == id }.sorted { $0.id < $1.id }
    }

    /// Adds those of `names` that are neither there nor were removed.
    /// - Returns: the id of the upstream whose units they are: of the provisioned one at the same
    ///   address, else of `upstream`.
    mutating func adopt(_ names: [String], of upstream: Upstream) throws -> String {
        guard let address = upstream.address else { throw InvalidUpstream(upstream: upstream) }
        let owner =
            upstreams[upstream.id] == nil
            ? upstreams.values.first { $0.address == address }?.id ?? upstream.id : upstream.id
        let rows = [units, removed].flatMap(\.values).filter { $0.upstream == owner }
        var known = Set(rows.map(\.upstreamUnit))
        for name in names.sorted() where UnitID.isPlain(name) && known.insert(name).inserted {
            let id = freeID(of: name, at: address)
            units[id] = Unit(id: id, upstream: owner, upstreamUnit: name)
        }
        return owner
    }

    private func freeID(of name: String, at address: Upstream.Address) -> UnitID {
        // Ids are bounded, so a very long host is cut; a number then keeps ids apart.
        let host = address.host.prefix(UnitID.bytesMaximum - 64 - 1 - ":65535-9999".utf8.count)
        let wanted = [name, "\(name)@\(host)", "\(name)@\(host):\(address.port)"]
        let numbered = (2...).lazy.map { "\(name)@\(host):\(address.port)-\($0)" }
        for candidate in wanted {
            if let id = UnitID(candidate), !isTaken(id) { return id }
        }
        return numbered.lazy.map { UnitID($0)! }.first { !isTaken($0) }!
    }

    private func isTaken(_ id: UnitID) -> Bool { units[id] != nil || removed[id] != nil }
}
