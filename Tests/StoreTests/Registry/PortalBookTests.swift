//  PortalBookTests.swift · StoreTests

import CCrypto
import GRDB
import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `Links of clients` {
    private let file = RegistryFile()
    private let now: Timestamp = "2026-11-23T12:00:00Z"

    private func later(_ hours: Double) -> Timestamp {
        now.advanced(byMilliseconds: Int64(hours * 3_600_000))
    }

    private func hash(_ token: String) -> [UInt8] { SQLiteRegistry.sha256(Array(token.utf8)) }

    /// The hash of a new link's token.
    private func link(
        _ registry: SQLiteRegistry, expires: Timestamp? = nil, isOneTime: Bool = false
    ) async throws -> (link: PortalLink, hash: [UInt8]) {
        let made = try await registry.makeLink(
            PortalLinkDraft(
                client: "alpha", label: "Site office", expires: expires, isOneTime: isOneTime),
            at: now)
        let (link, token) = try #require(made)
        return (link, hash(token))
    }

    @Test func `have 256 random bits, of which only the hash is stored`() async throws {
        let registry = try await Sample.registry(file)
        let draft = PortalLinkDraft(client: "alpha", label: "Ä", expires: later(1))
        let (link, token) = try #require(try await registry.makeLink(draft, at: now))
        #expect(token.wholeMatch(of: /el_[0-9a-f]{64}/) != nil)
        #expect(link.client == "alpha" && link.label == "Ä" && link.created == now)
        #expect(try await registry.link(withSecretHash: hash(token), at: now) == link)
        #expect(try await registry.link(withSecretHash: hash(token + "0"), at: now) == nil)
        let stored = try await registry.pool.read { db in
            try String.fetchAll(db, sql: "SELECT hex(secret_sha256) || label FROM portal_link")
        }
        #expect(stored.allSatisfy { !$0.lowercased().contains(token.dropFirst(3)) })
        let other = try await registry.makeLink(draft, at: now)
        #expect(other?.token != token)
        let nobody = PortalLinkDraft(client: "nobody", label: "", expires: nil)
        #expect(try await registry.makeLink(nobody, at: now) == nil)
    }

    // Hours after a link was made for two hours: does it let in, does a session of then go on?
    @Test(arguments: [(0.0, true), (1.99, true), (2.0, false), (3.0, false)])
    func `let in until they expire, and end their sessions then`(
        hours: Double, isLive: Bool
    ) async throws {
        let registry = try await Sample.registry(file)
        let (_, hash) = try await link(registry, expires: later(2))
        let session = try #require(try await registry.enter(withSecretHash: hash, at: now))
        let time = later(hours)
        #expect((try await registry.link(withSecretHash: hash, at: time) != nil) == isLive)
        #expect((try await registry.session(session.id, at: time) != nil) == isLive)
        #expect((try await registry.enter(withSecretHash: hash, at: time) != nil) == isLive)
    }

    @Test func `of one time let in once, and the session goes on`() async throws {
        let registry = try await Sample.registry(file)
        let (_, hash) = try await link(registry, isOneTime: true)
        #expect(try await registry.link(withSecretHash: hash, at: now) != nil)
        let sessions = try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { try await registry.enter(withSecretHash: hash, at: now) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.compactMap(\.self)
        }
        #expect(sessions.count == 1)
        #expect(try await registry.link(withSecretHash: hash, at: now) == nil)
        #expect(try await registry.session(sessions[0].id, at: later(1)) == sessions[0])
    }

    @Test func `end with their sessions when they are revoked, by their client's name only`()
        async throws
    {
        let registry = try await Sample.registry(file)
        let (first, firstHash) = try await link(registry)
        let (second, secondHash) = try await link(registry)
        let sessions = [
            try #require(try await registry.enter(withSecretHash: firstHash, at: now)),
            try #require(try await registry.enter(withSecretHash: secondHash, at: now)),
        ]
        #expect(try await registry.revoke(link: first.id, of: "beta", at: now) == false)
        #expect(try await registry.session(sessions[0].id, at: now) != nil)
        #expect(try await registry.revoke(link: first.id, of: "alpha", at: now))
        #expect(try await registry.revoke(link: first.id, of: "alpha", at: now) == false)
        #expect(try await registry.session(sessions[0].id, at: now) == nil)
        #expect(try await registry.link(withSecretHash: firstHash, at: now) == nil)
        #expect(try await registry.session(sessions[1].id, at: now)?.link == second.id)
        #expect(try await registry.revoke(linkWithSecretHash: secondHash, at: now))
        #expect(try await registry.session(sessions[1].id, at: now) == nil)
        let links = try await registry.links(of: "alpha")
        #expect(links.map(\.id) == [second.id, first.id])
        #expect(links.map(\.revoked) == [now, now] && links.map(\.useCount) == [1, 1])
    }

    @Test func `are configured with all else, and keep what they were used for`() async throws {
        let registry = try await Sample.registry(file)
        let (made, hash) = try await link(registry)
        let session = try #require(try await registry.enter(withSecretHash: hash, at: now))
        let added = PortalLink(
            id: 0, client: "alpha", label: "Gate", created: now, expires: later(2), isOneTime: true)
        let other = self.hash("other")
        try await registry.configure { _, _, links in
            #expect(links == [hash: links[hash]!] && links[hash]?.id == made.id)
            links[hash]!.label = "Office"
            links[hash]!.expires = later(9)
            links[other] = added
        }
        let links = try await registry.links(of: "alpha")
        #expect(links.map(\.label) == ["Gate", "Office"] && links.map(\.useCount) == [0, 1])
        #expect(links.map(\.expires) == [later(2), later(9)] && links.map(\.isOneTime) == [true, false])
        #expect(try await registry.link(withSecretHash: other, at: now)?.id == links[0].id)
        #expect(try await registry.session(session.id, at: now) == session)

        try await registry.configure { _, _, links in links[hash]!.revoked = now }
        #expect(try await registry.session(session.id, at: now) == nil)
        struct Refused: Error {}
        await #expect(throws: Refused.self) {
            try await registry.configure { _, sites, links in
                sites.clients["beta"] = Client(id: "beta", name: "Beta")
                links[other]!.label = "Changed"
                throw Refused()
            }
        }
        #expect(try await registry.links(of: "alpha")[0].label == "Gate")
        #expect(try await registry.sites().clients["beta"] == nil)
    }

    // Hours at which a session is used after it began, and whether it holds at the last of them.
    @Test(arguments: [
        ([11.9], true), ([12.0], false), ([11.0, 22.9], true), ([11.0, 23.0], false),
        ([0.05, 12.0], false),
        (Array(stride(from: 11.0, through: 715, by: 11)), true),
        (Array(stride(from: 11.0, through: 715, by: 11)) + [720], false),
    ])
    func `begin sessions that end after 12 h without use, and after 30 d`(
        hours: [Double], holds: Bool
    ) async throws {
        let registry = try await Sample.registry(file)
        let (_, hash) = try await link(registry)
        let id = try #require(try await registry.enter(withSecretHash: hash, at: now)).id
        for hour in hours.dropLast() { _ = try await registry.session(id, at: later(hour)) }
        #expect((try await registry.session(id, at: later(hours.last!)) != nil) == holds)
    }

    @Test func `leave nothing behind of sessions that time has ended, and of previews without one`()
        async throws
    {
        let registry = try await Sample.registry(file)
        let (kept, hash) = try await link(registry)
        var draft = PortalLinkDraft(
            client: "alpha", label: "Preview", expires: later(0.01), isOneTime: true)
        draft.purpose = .preview
        let preview = try #require(try await registry.makeLink(draft, at: now))
        _ = try await registry.enter(withSecretHash: self.hash(preview.token), at: now)
        _ = try await registry.makeLink(draft, at: now)
        func rows(_ table: String) async throws -> Int {
            try await registry.pool.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")!
            }
        }
        _ = try await registry.enter(withSecretHash: hash, at: later(1))
        // The preview that nobody used is gone; the other one has a session.
        #expect(try await [rows("portal_link"), rows("portal_session")] == [2, 2])
        _ = try await registry.enter(withSecretHash: hash, at: later(30 * 24))
        #expect(try await [rows("portal_link"), rows("portal_session")] == [1, 2])
        #expect(try await registry.links(of: "alpha").map(\.id) == [kept.id])
    }

    @Test func `begin sessions that are left`() async throws {
        let registry = try await Sample.registry(file)
        let (_, hash) = try await link(registry)
        let first = try #require(try await registry.enter(withSecretHash: hash, at: now))
        let second = try #require(try await registry.enter(withSecretHash: hash, at: now))
        try await registry.end(session: first.id, at: now)
        #expect(try await registry.session(first.id, at: now) == nil)
        #expect(try await registry.session(second.id, at: now) == second)
        #expect(try await registry.session(99, at: now) == nil)
    }
}

@Suite struct `A client's locations` {
    private let file = RegistryFile()

    // What is changed, and the locations that are seen after it.
    @Test(arguments: [
        ("nothing", ["gate", "yard"]),
        ("yard is of vibration", ["gate"]),
        ("yard is removed", ["gate"]),
        ("the project is archived", ["yard"]),
        ("the project is deleted", ["yard"]),
        ("the project is another client's", ["yard"]),
    ])
    func `are those of sound that are in use`(change: String, seen: [String]) async throws {
        let registry = try await Sample.registry(file)
        try await registry.configure { _, sites in
            sites.clients["beta"] = Client(id: "beta", name: "Beta")
            switch change {
            case "yard is of vibration": sites.locations["yard"]!.kind = .vibration
            case "yard is removed": sites.locations["yard"]!.status = .removed
            case "the project is archived": sites.projects["p1"]!.status = .archived
            case "the project is deleted": sites.projects["p1"]!.status = .deleted
            case "the project is another client's": sites.projects["p1"]!.client = "beta"
            default: break
            }
        }
        let own = try await registry.locations(in: ClientScope(client: "alpha"))
        #expect(own.map(\.location.id).sorted() == seen)
        for id in ["gate", "yard", "nowhere", "", "gate' OR 1=1 --"] {
            let found = try await registry.location(id, in: ClientScope(client: "alpha"))
            #expect((found != nil) == seen.contains(id), "\(id)")
            #expect(found?.project.timeZone == (found == nil ? nil : id == "gate" ? "Europe/London" : "UTC"))
        }
        let others = try await registry.locations(in: ClientScope(client: "beta")).map(\.location.id).sorted()
        #expect(others == (change.hasSuffix("another client's") ? ["gate"] : []))
    }
}
