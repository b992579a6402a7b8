//  ClientSite.swift · ServeTests
//
//  A clients' port on loopback with a real registry behind it.
//
//      alpha   p1 active     a1 sound, unit a · a2 sound, no unit · av vibration · ar removed
//              p2 active     a3 sound, no unit
//              px archived   x1        pd deleted   d1
//      beta    p3 active     b1 sound, unit b

import Monitoring
import ServiceLifecycle
import Store
import Support

@testable import Serve

/// A clients' port and all that is behind it.
struct ClientSite {
    let clock = ManualClock()
    let registry = TemporaryRegistry()
    var book: SQLiteRegistry { registry.book }
    var history: any LevelHistory = FakeHistory()
    let feed = FakeFeed()
    let demand = FakeDemand()
    let counts = ServeCounts()
    var configuration = {
        var configuration = PortalListener.Configuration(host: "127.0.0.1", port: 0)
        configuration.web = .patient
        return configuration
    }()
    let keys = KeyRing(keys: [.init(id: "k1", secret: Array(repeating: 9, count: 32))])

    static let owned = ["alpha": ["a1", "a2", "a3"], "beta": ["b1"]]
    static let locations = ["a1", "a2", "a3", "av", "ar", "x1", "d1", "b1"]
    static let assigned: Timestamp = "2026-11-23T15:00:00Z"

    static func filled() async throws -> ClientSite {
        let site = ClientSite()
        try await site.fill()
        return site
    }

    func fill() async throws {
        try await book.configure { roster, sites in
            for id in ["a", "b"] as [UnitID] {
                roster.units[id] = Unit(id: id, upstream: "north", upstreamUnit: id.name)
            }
            for id in ["alpha", "beta"] { sites.clients[id] = Client(id: id, name: id.uppercased()) }
            for (id, client, status) in [
                ("p1", "alpha", Project.Status.active), ("p2", "alpha", .active),
                ("px", "alpha", .archived), ("pd", "alpha", .deleted), ("p3", "beta", .active),
            ] {
                sites.projects[id] = Project(
                    id: id, name: "Project \(id)", client: client, status: status,
                    timeZone: "Europe/London")
            }
            for (id, project) in [
                ("a1", "p1"), ("a2", "p1"), ("av", "p1"), ("ar", "p1"), ("a3", "p2"), ("x1", "px"),
                ("d1", "pd"), ("b1", "p3"),
            ] {
                sites.locations[id] = Location(
                    id: id, project: project, name: "Secret \(id)",
                    kind: id == "av" ? .vibration : .sound, status: id == "ar" ? .removed : .active)
            }
            sites.assignments = [
                Assignment(location: "a1", unit: "a", from: ClientSite.assigned),
                Assignment(location: "b1", unit: "b", from: ClientSite.assigned),
            ]
            for id in ["a1", "b1"] {
                sites.put(
                    AlertRule(
                        id: "night-\(id)", site: .location(id), name: "Night \(id)",
                        thresholdTenths: 650))
            }
        }
    }

    /// The field of a session's cookie, made by a new link.
    func cookie(of client: String) async throws -> String {
        "Cookie: " + cookiePair(try await session(of: client).id)
    }

    func session(of client: String) async throws -> PortalSession {
        try await session(by: PortalLinkDraft(client: client, label: "L", expires: nil))
    }

    func session(by draft: PortalLinkDraft) async throws -> PortalSession {
        let link = try await book.makeLink(draft, at: clock.now)!
        return try await book.enter(
            withSecretHash: Digest.sha256(link.token.utf8), at: clock.now)!
    }

    func cookiePair(_ session: Int64, audience: SessionCookie.Audience = .portal) -> String {
        let cookie = SessionCookie(audience: audience, keys: keys, isSecure: false)
        return "earshot-portal=" + cookie.value(sessionID: session, now: clock.now)
    }

    var sources: PortalListener.Sources {
        PortalListener.Sources(
            portal: book, sites: book, directory: book, events: book, history: history, live: feed,
            clock: clock)
    }

    func hub() -> StreamHub {
        StreamHub(
            live: feed, history: history, demand: demand, operators: book, directory: book,
            counts: counts, clock: clock, interval: .seconds(3600), logger: quietLogger)
    }

    func listener(
        _ hub: StreamHub? = nil, onBound: @escaping @Sendable (Int) async -> Void
    ) throws -> PortalListener {
        try PortalListener(
            configuration: configuration, sources: sources, hub: hub ?? self.hub(),
            counts: counts, keys: keys, onBound: onBound, logger: quietLogger)
    }

    func routes() throws -> PortalRoutes {
        PortalRoutes(
            desk: PortalDesk(sources: sources),
            gate: PortalGate(
                book: book, cookie: SessionCookie(audience: .portal, keys: keys, isSecure: false),
                clock: clock, opensLinks: false),
            origins: OriginPolicy(allowed: []), policy: AnswerPolicy(isSecure: false),
            configuration: configuration, pages: PortalPages(try Pages(.embedded)),
            assets: .embedded,
            log: RequestLog(listener: "portal", counts: counts, logger: quietLogger))
    }

    /// Runs the port; `body` gets its number and the hub.
    func run<Result>(_ body: (Port) async throws -> Result) async throws -> Result {
        let hub = hub()
        return try await withServices { onBound in
            [hub, try! listener(hub, onBound: onBound)]
        } _: { number in
            try await body(Port(number: number, hub: hub))
        }
    }
}
