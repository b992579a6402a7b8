//  ProvisionFile.swift · Provisioning
//
//  What a person wants to be configured, read from JSON. Pure: the file is read and judged here;
//  who keeps what comes of it is `ProvisionPlan`'s user.

package import Monitoring

/// A file of `earshot provision`.
package struct ProvisionFile: Sendable {
    package let upstreams: Section<Upstream>
    package let units: Section<UnitEntry>
    package let clients: Section<Client>
    package let projects: Section<Project>
    package let locations: Section<Location>
    package let assignments: Section<Assignment>
    package let rules: Section<AlertRule>
    package let links: Section<LinkEntry>

    /// What is wrong with the file whatever is configured already. Not thrown at once, so that a
    /// person hears at the same time what is wrong with it here.
    let problems: ProvisionProblems

    /// The largest file, in bytes.
    package static let bytesMaximum = 16 << 20

    /// - Parameter json: at most ``bytesMaximum``.
    /// - Throws: when it is not JSON, or has a key twice.
    package init(json: [UInt8]) throws(ProvisionProblems) {
        let document = try Node(json: json)
        let notes = Notes(limit: ProvisionProblems.limit)
        let file = Entry(document, at: "", notes)
        func entries(_ key: String) -> [Entry] { file?.entries(key) ?? [] }
        upstreams = Section(entries("upstreams"), Upstream.init)
        units = Section(entries("units"), id: .unitID, UnitEntry.init)
        clients = Section(entries("clients")) { Client($0, id: $1) }
        projects = Section(entries("projects")) { Project($0, id: $1) }
        locations = Section(entries("locations")) { Location($0, id: $1) }
        assignments = Section(entries("assignments")) { Assignment($0) }
        rules = Section(entries("rules")) { AlertRule($0, id: $1) }
        links = Section(entries("links"), LinkEntry.init)
        file?.close()
        problems = ProvisionProblems(notes, of: "The file")
    }

    /// The rules, for a use in which nothing else of the file counts.
    /// - Throws: everything that is wrong with the file in itself.
    package func checkedRules() throws(ProvisionProblems) -> [AlertRule] {
        guard problems.count == 0 else { throw problems }
        return rules.items.map(\.value)
    }

    /// Entries of each section, by its key in the file and in the file's usual order.
    package var counts: [(section: String, count: Int)] {
        [
            ("upstreams", upstreams.count), ("units", units.count), ("clients", clients.count),
            ("projects", projects.count), ("locations", locations.count),
            ("assignments", assignments.count), ("rules", rules.count), ("links", links.count),
        ]
    }

    /// How many new secrets its links could need.
    package var linkCountWithoutToken: Int { links.items.count { $0.value.token == nil } }
}
