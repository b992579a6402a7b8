//  LinkPlanTests.swift · ProvisioningTests

import Monitoring
import Testing

@testable import Provisioning

extension Timestamp: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) { self.init(rfc3339: text)! }
}

extension LinkSecrets {
    static let noon: Timestamp = "2026-11-24T12:00:00Z"

    /// Where none is needed, or any will do. A secret is known by itself, backwards.
    static let some = LinkSecrets(
        now: noon, fresh: (0..<10).map { "fresh-\($0)" }, sha256: { Array($0.utf8.reversed()) })
}

private typealias Links = [[UInt8]: PortalLink]

private func key(_ token: String) -> [UInt8] { LinkSecrets.some.sha256(token) }

private let early: Timestamp = "2026-11-01T00:00:00Z"
private let tokenA = String(repeating: "a", count: 32)
private let tokenB = String(repeating: "b", count: 32)
/// Of the other client.
private let tokenC = String(repeating: "c", count: 32)

private let present: Links = [
    key(tokenA): PortalLink(id: 1, client: "alpha", label: "Office", created: early, expires: nil),
    key(tokenB): PortalLink(id: 2, client: "alpha", label: "Office", created: early, expires: nil),
    key(tokenC): PortalLink(id: 3, client: "beta", label: "Office", created: early, expires: nil),
]

private func gate(
    client: String = "alpha", label: String = "Gate", expires: Timestamp? = nil, useCount: Int = 0,
    revoked: Timestamp? = nil
) -> PortalLink {
    PortalLink(
        id: 1, client: client, label: label, created: early, expires: expires, useCount: useCount,
        revoked: revoked)
}

private func plan(_ entries: String, over links: Links = present) throws -> ProvisionPlan {
    var sites = Sites()
    for id in ["alpha", "beta"] { sites.clients[id] = Client(id: id, name: id) }
    let json = "{\"links\": [\(entries)]}"
    return try ProvisionPlan(
        try ProvisionFile(json: Array(json.utf8)), over: Roster(), sites, links: links, secrets: .some)
}

@Suite struct `A plan for links` {
    // An entry; the id of the link that it changes, 0 for a new one; what that is then.
    @Test(arguments: [
        (
            #""label": "Gate""#, 1,
            PortalLink(id: 1, client: "alpha", label: "Gate", created: early, expires: nil)
        ),
        (
            #""label": "Office", "expires": "2026-12-01T00:00:00Z", "one_time": true"#, 1,
            PortalLink(
                id: 1, client: "alpha", label: "Office", created: early, expires: "2026-12-01T00:00:00Z",
                isOneTime: true)
        ),
        (
            #""label": "Office", "revoked": true"#, 1,
            PortalLink(
                id: 1, client: "alpha", label: "Office", created: early, expires: nil,
                revoked: LinkSecrets.noon)
        ),
    ])
    func `changes the link whose secret it gives, and nothing the second time`(
        keys: String, id: Int64, link: PortalLink
    ) throws {
        let entry = #"{"client": "alpha", "token": "\#(tokenA)", \#(keys)}"#
        let next = try plan(entry)
        #expect(next.links[key(tokenA)] == link)
        #expect(next.links.filter { $0.value.id != id } == present.filter { $0.value.id != id })
        #expect(next["links"] == .init(changed: 1) && next.madeLinks.isEmpty)
        let again = try plan(entry, over: next.links)
        #expect(again["links"] == .init(unchanged: 1) && again.links == next.links)
    }

    @Test func `adds a link whose secret is given`() throws {
        let token = String(repeating: "n", count: 32)
        let next = try plan(#"{"client": "beta", "label": "Gate", "token": "\#(token)"}"#)
        let link = try #require(next.links[key(token)])
        #expect(link.client == "beta" && link.label == "Gate" && link.created == LinkSecrets.noon)
        #expect(link.expires == nil && link.revoked == nil && !link.isOneTime && link.useCount == 0)
        #expect(next["links"] == .init(created: 1) && next.madeLinks.isEmpty)
    }

    // How the one link of a label is, and whether another is made for an entry without a token.
    @Test(arguments: [
        (gate(), false), (gate(useCount: 3), false), (gate(expires: LinkSecrets.noon), true),
        (gate(revoked: early), true), (gate(client: "beta"), true), (gate(label: "gate"), true),
    ])
    func `makes a secret only where no live link of that client and label is`(
        link: PortalLink, isMade: Bool
    ) throws {
        let entry = #"{"client": "alpha", "label": "Gate"}"#
        let next = try plan(entry, over: [key(tokenA): link])
        #expect(next.links[key(tokenA)] == link)
        #expect(next["links"] == (isMade ? .init(created: 1) : .init(unchanged: 1)))
        #expect(next.madeLinks.map(\.token) == (isMade ? ["fresh-0"] : []))
        #expect(next.links[key("fresh-0")]?.label == (isMade ? "Gate" : nil))
        let again = try plan(entry, over: next.links)
        #expect(again.links == next.links && again.madeLinks.isEmpty && again.changedCount == 0)
    }

    @Test func `means the newest link where it gives no token, and revokes all`() throws {
        let end = try plan(#"{"client": "alpha", "label": "Office", "expires": "2026-12-01T00:00:00Z"}"#)
        #expect(end["links"] == .init(changed: 1))
        #expect(end.links[key(tokenB)]?.expires == "2026-12-01T00:00:00Z")
        let revoke = #"{"client": "alpha", "label": "Office", "revoked": true}"#
        let next = try plan(revoke)
        #expect(next["links"] == .init(changed: 2) && next.madeLinks.isEmpty)
        #expect(next.links[key(tokenC)] == present[key(tokenC)])
        #expect(try plan(revoke, over: next.links).changedCount == 0)
    }

    @Test func `makes none that nobody could use`() throws {
        for keys in [#""revoked": true"#, #""expires": "2026-11-24T12:00:00Z""#] {
            let next = try plan(#"{"client": "alpha", "label": "New", \#(keys)}"#)
            #expect(next.madeLinks.isEmpty && next.links == present)
        }
    }

    @Test func `never brings a revoked link back`() throws {
        var links = present
        links[key(tokenA)]!.revoked = early
        let next = try plan(
            #"{"client": "alpha", "label": "Office", "token": "\#(tokenA)", "revoked": false}"#,
            over: links)
        #expect(next.links[key(tokenA)]?.revoked == early && next.changedCount == 0)
    }

    // Two entries, and what is said.
    @Test(arguments: [
        (
            #"{"client": "alpha", "label": "A", "token": "\#(tokenA)"}"#,
            #"{"client": "alpha", "label": "B", "token": "\#(tokenA)"}"#,
            "links[1].token is that of links[0]. Give each link once."
        ),
        (
            #"{"client": "alpha", "label": "A"}"#, #"{"client": "alpha", "label": "A"}"#,
            "links[1].label is that of links[0], and one of them has no token."
        ),
        (
            #"{"client": "alpha", "label": "A"}"#,
            #"{"client": "alpha", "label": "A", "token": "\#(tokenA)"}"#,
            "links[1].label is that of links[0], and one of them has no token."
        ),
        (
            #"{"client": "beta", "label": "A"}"#,
            #"{"client": "alpha", "label": "A", "token": "\#(tokenC)"}"#,
            "links[1].token is that of a link of another client."
        ),
    ])
    func `tells of two that cannot both be, without the secret`(
        first: String, second: String, sentence: String
    ) throws {
        let problems = try #require(throws: ProvisionProblems.self) { try plan("\(first), \(second)") }
        #expect(problems.count == 1 && problems.sentences[0].hasPrefix(sentence), "\(problems)")
        #expect(problems.sentences.allSatisfy { !$0.contains(tokenA) && !$0.contains(tokenC) })
    }
}
