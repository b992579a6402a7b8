//  ProvisionPlan.swift · Provisioning
//
//  What becomes of all that is configured when a file is applied to it. Pure; the same file applied
//  again changes nothing.

package import Monitoring

/// A file, judged against what is configured.
package struct ProvisionPlan: Sendable {
    /// What is to be configured.
    package let roster: Roster
    package let sites: Sites
    /// By the SHA-256 of their secrets.
    package let links: [[UInt8]: PortalLink]
    /// Links that come to be, in the file's order, with the only copy of their secrets.
    package let madeLinks: [MadeLink]
    /// By section, in the file's usual order.
    package let tallies: [(section: String, tally: Tally)]

    /// A link whose secret was not given.
    package struct MadeLink: Equatable, Sendable {
        package let client: String
        package let label: String
        package let token: String
    }

    /// What becomes of one kind of thing.
    package struct Tally: Equatable, Sendable {
        package var created = 0
        package var changed = 0
        package var unchanged = 0
    }

    /// - Parameters:
    ///   - present: what is configured about reading.
    ///   - presentSites: what is configured about where is measured.
    ///   - presentLinks: the links of clients, by the SHA-256 of their secrets.
    ///   - secrets: new ones for links, and what they are known by.
    /// - Throws: everything that is wrong with the file, in itself and with what is configured.
    package init(
        _ file: ProvisionFile, over present: Roster, _ presentSites: Sites = Sites(),
        links presentLinks: [[UInt8]: PortalLink] = [:], secrets: LinkSecrets
    ) throws(ProvisionProblems) {
        var problems = file.problems
        let roster = present.applying(file, &problems)
        let sites = presentSites.applying(file, units: roster.units.keys, &problems)
        let links = LinkPlan(file.links.items, over: presentLinks, secrets, &problems)
        guard problems.count == 0 else { throw problems }
        self.links = links.links
        madeLinks = links.made
        self.roster = roster
        self.sites = sites
        tallies = [
            (
                "upstreams",
                Tally(
                    from: present.upstreams, to: roster.upstreams,
                    file.upstreams.items.map(\.value.id))
            ),
            ("units", Tally(from: present.units, to: roster.units, file.units.items.map(\.value.id))),
        ] + sites.tallies(from: presentSites, file) + [("links", links.tally(over: presentLinks))]
    }

    package subscript(_ section: String) -> Tally {
        tallies.first { $0.section == section }?.tally ?? Tally()
    }

    /// How many things become other than they are.
    package var changedCount: Int { tallies.reduce(0) { $0 + $1.tally.created + $1.tally.changed } }
}

extension ProvisionPlan.Tally {
    init<ID: Hashable, Value: Equatable>(
        from old: [ID: Value], to new: [ID: Value], _ ids: [ID]
    ) {
        for (id, value) in new where old[id] != value {
            if old[id] == nil { created += 1 } else { changed += 1 }
        }
        unchanged = ids.count { old[$0] == new[$0] }
    }
}

extension Roster {
    /// This with what `file` says.
    fileprivate func applying(
        _ file: ProvisionFile, _ problems: inout ProvisionProblems
    ) -> Roster {
        var roster = self
        for item in file.upstreams.items { roster.upstreams[item.value.id] = item.value }
        roster.moveUnits(to: file.upstreams.items.map(\.value))
        problems.checkAddresses(of: file, in: roster)
        let upstreamIDs = Set(file.upstreams.places.keys).union(roster.upstreams.keys)
            .union(roster.units.values.map(\.upstream))
        for item in file.units.items {
            let entry = item.value
            let known = roster.units[entry.id] ?? roster.removed.removeValue(forKey: entry.id)
            roster.units[entry.id] = entry.unit(over: known)
            problems.check(
                item.place, "upstream", entry.upstream, isOf: upstreamIDs, "an upstream")
        }
        problems.checkNames(of: file, in: roster)
        return roster
    }

    /// Units of an upstream that was first given by its URL, whose id then is host and port, are
    /// those of the one that is now provisioned there.
    fileprivate mutating func moveUnits(to provisioned: [Upstream]) {
        let owners = Dictionary(
            provisioned.map { ($0.address, $0.id) }, uniquingKeysWith: { first, _ in first })
        let taken = Set(rows.map { Place(upstream: $0.upstream, name: $0.upstreamUnit) })
        func moved(_ unit: Unit) -> Unit {
            guard upstreams[unit.upstream] == nil,
                let address = Upstream.Address(url: "http://\(unit.upstream)"),
                let owner = owners[address],
                !taken.contains(Place(upstream: owner, name: unit.upstreamUnit))
            else { return unit }
            var unit = unit
            unit.upstream = owner
            return unit
        }
        units = units.mapValues(moved)
        removed = removed.mapValues(moved)
    }

    fileprivate var rows: [Unit] { Array(units.values) + Array(removed.values) }

    /// What a unit is called, and where.
    fileprivate struct Place: Hashable {
        let upstream: String
        let name: String
    }
}

extension ProvisionProblems {
    mutating func check(
        _ place: String, _ key: String, _ id: String, isOf known: Set<String>, _ what: String
    ) {
        guard !known.contains(id) else { return }
        note("\(place).\(key) is \"\(id)\", which is not known. Give the id of \(what).")
    }

    /// Two upstreams at one address would read the same units twice.
    fileprivate mutating func checkAddresses(of file: ProvisionFile, in roster: Roster) {
        for item in file.upstreams.items {
            let others = roster.upstreams.values.filter {
                $0.address == item.value.address && $0.id != item.value.id
            }
            guard let other = others.map(\.id).min() else { continue }
            note(
                "\(item.place).url is \"\(item.value.url)\", where the upstream \"\(other)\" is. "
                    + "Give each upstream once.")
        }
    }

    /// One unit of an upstream has one id.
    fileprivate mutating func checkNames(of file: ProvisionFile, in roster: Roster) {
        let owners = Dictionary(grouping: roster.rows) {
            Roster.Place(upstream: $0.upstream, name: $0.upstreamUnit)
        }
        for item in file.units.items {
            guard let unit = roster.units[item.value.id] else { continue }
            guard UnitID.isPlain(unit.upstreamUnit) else {
                note(
                    "\(item.place).upstream_unit is missing: \"\(unit.id)\" is no name that an "
                        + "upstream has. Give the unit's name there.")
                continue
            }
            let place = Roster.Place(upstream: unit.upstream, name: unit.upstreamUnit)
            let others = owners[place]!.filter { $0.id != unit.id }
            guard let other = others.map(\.id).min() else { continue }
            let removed = roster.removed[other] == nil ? "" : " (removed)"
            note(
                "\(item.place) is \"\(unit.upstreamUnit)\" of \"\(unit.upstream)\", which is "
                    + "already there under the id \"\(other)\"\(removed). Use that id.")
        }
    }
}
