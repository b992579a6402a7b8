//  ProvisionFile.swift · Provisioning
//
//  What a person wants to be configured, read from JSON. Pure: the file is read and judged here;
//  who keeps what comes of it is `ProvisionPlan`'s user.

package import Monitoring

/// A file of `earshot provision`.
package struct ProvisionFile: Sendable {
    package let upstreams: Section<Upstream>
    package let units: Section<UnitEntry>
    package let clients: Section<ClientEntry>
    package let projects: Section<ProjectEntry>
    package let locations: Section<LocationEntry>
    package let assignments: Section<AssignmentEntry>
    package let rules: Section<RuleEntry>
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
        let notes = Notes()
        let file = Entry(document, at: "") { notes.problems.note($0) }
        func entries(_ key: String) -> [Entry] { file?.entries(key) ?? [] }
        upstreams = Section(entries("upstreams"), Upstream.init)
        units = Section(entries("units"), id: .unitID, UnitEntry.init)
        clients = Section(entries("clients"), ClientEntry.init)
        projects = Section(entries("projects"), ProjectEntry.init)
        locations = Section(entries("locations"), LocationEntry.init)
        assignments = Section(entries("assignments"), AssignmentEntry.init)
        rules = Section(entries("rules"), RuleEntry.init)
        links = Section(entries("links"), LinkEntry.init)
        file?.close()
        problems = notes.problems
    }

    /// Entries of each section, by its key in the file and in the file's usual order.
    package var counts: [(section: String, count: Int)] {
        [
            ("upstreams", upstreams.count), ("units", units.count), ("clients", clients.count),
            ("projects", projects.count), ("locations", locations.count),
            ("assignments", assignments.count), ("rules", rules.count), ("links", links.count),
        ]
    }

    /// The sections with entries that this version checks and cannot keep.
    package var unkept: [String] {
        counts.dropFirst(2).filter { $0.count > 0 }.map(\.section)
    }
}

/// Collects while closures read.
private final class Notes {
    var problems = ProvisionProblems()
}
