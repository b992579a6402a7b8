//  LinkPlan.swift · Provisioning
//
//  What becomes of links of clients when a file is applied. A secret that is given says which link
//  is meant; without one it is the newest live one of that client and label, or a new one.

package import Monitoring

/// Where secrets of links come from, and what is kept of them.
package struct LinkSecrets: Sendable {
    package let now: Timestamp
    /// New ones, as many as links could need.
    package let fresh: [String]
    package let sha256: @Sendable (String) -> [UInt8]

    package init(
        now: Timestamp, fresh: [String], sha256: @escaping @Sendable (String) -> [UInt8]
    ) {
        self.now = now
        self.fresh = fresh
        self.sha256 = sha256
    }
}

/// Links, judged against those that there are.
struct LinkPlan {
    private(set) var links: [[UInt8]: PortalLink]
    private(set) var made: [ProvisionPlan.MadeLink] = []
    private let secrets: LinkSecrets
    /// Those that the file means, once each.
    private var meant: [[UInt8]: String] = [:]
    private var labels: [Label: (place: String, hasToken: Bool)] = [:]

    private struct Label: Hashable {
        let client: String
        let label: String
    }

    init(
        _ items: [Section<LinkEntry>.Item], over present: [[UInt8]: PortalLink],
        _ secrets: LinkSecrets, _ problems: inout ProvisionProblems
    ) {
        links = present
        self.secrets = secrets
        for item in items {
            let entry = item.value
            let label = Label(client: entry.client, label: entry.label)
            if let first = labels[label], !first.hasToken || entry.token == nil {
                problems.note(
                    "\(item.place).label is that of \(first.place), and one of them has no token. "
                        + "Give each a label of its own, or a token.")
                continue
            }
            labels[label] = (item.place, entry.token != nil)
            if let token = entry.token {
                keep(entry, secrets.sha256(token), at: item.place, &problems)
            } else {
                find(entry)
            }
        }
    }

    private mutating func keep(
        _ entry: LinkEntry, _ hash: [UInt8], at place: String, _ problems: inout ProvisionProblems
    ) {
        if let first = meant[hash] {
            return problems.note("\(place).token is that of \(first). Give each link once.")
        }
        meant[hash] = place
        guard links[hash].map({ $0.client == entry.client }) ?? true else {
            return problems.note(
                "\(place).token is that of a link of another client. Give another one.")
        }
        set(hash, entry)
    }

    private mutating func find(_ entry: LinkEntry) {
        let (now, tokens) = (secrets.now, secrets.fresh)
        let live = links.filter {
            $0.value.client == entry.client && $0.value.label == entry.label
                && $0.value.isLive(at: now)
        }
        if entry.isRevoked {
            for hash in live.keys { set(hash, entry) }
        } else if let newest = live.max(by: { $0.value.id < $1.value.id }) {
            set(newest.key, entry)
        } else if entry.expires.map({ now < $0 }) ?? true {
            let token = tokens[made.count]
            made.append(.init(client: entry.client, label: entry.label, token: token))
            set(secrets.sha256(token), entry)
        }
    }

    /// What was revoked stays so: for whoever lost a link, that is for good.
    private mutating func set(_ hash: [UInt8], _ entry: LinkEntry) {
        var link =
            links[hash]
            ?? PortalLink(
                id: 0, client: entry.client, label: entry.label, created: secrets.now, expires: nil)
        link.label = entry.label
        link.expires = entry.expires
        link.isOneTime = entry.isOneTime
        if entry.isRevoked, link.revoked == nil { link.revoked = secrets.now }
        links[hash] = link
        meant[hash] = meant[hash] ?? ""
    }

    func tally(over present: [[UInt8]: PortalLink]) -> ProvisionPlan.Tally {
        ProvisionPlan.Tally(from: present, to: links, Array(meant.keys))
    }
}
