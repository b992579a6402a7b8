//  MatrixTests.swift · ServeTests
//
//  Every credential × location × endpoint × socket: what is somebody's own is answered, everything
//  else tells nothing.

import Monitoring
import Store
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `What clients see` {
    static let range = "from=2026-11-23T15:00:00Z&to=2026-11-23T16:00:00Z"
    static func targets(of location: String) -> [String] {
        let api = "/portal/api/location/\(location)"
        return [
            "\(api)/live", "\(api)/history?\(range)&points=4", "\(api)/history?\(range)&format=csv",
            "\(api)/events", "\(api)/thresholds", "\(api)/stream", "/portal/location/\(location)",
        ]
    }

    /// The cookies of those who have no access, by how they lost it or never had it.
    private func strangers(_ site: ClientSite) async throws -> [(who: String, fields: [String])] {
        let now = site.clock.now
        func field(_ pair: String) -> [String] { ["Cookie: " + pair] }
        let revoked = try await site.session(of: "alpha")
        _ = try await site.book.revoke(link: revoked.link, of: "alpha", at: now)
        let left = try await site.session(of: "alpha")
        try await site.book.end(session: left.id, at: now)
        let short = try await site.session(
            by: PortalLinkDraft(
                client: "alpha", label: "short", expires: now.advanced(byMilliseconds: 1)))
        let good = try await site.session(of: "alpha")
        let pair = site.cookiePair(good.id)
        let other = SessionCookie(
            audience: .portal,
            keys: KeyRing(keys: [.init(id: "k1", secret: Array(repeating: 8, count: 32))]),
            isSecure: false)
        site.clock.advance(by: .milliseconds(2))
        func changed(_ part: Int, _ text: String) -> [String] {
            var parts = pair.split(separator: ".").map(String.init)
            parts[part] = text
            return field(parts.joined(separator: "."))
        }
        return [
            ("nobody", []), ("a revoked link", field(site.cookiePair(revoked.id))),
            ("an ended session", field(site.cookiePair(left.id))),
            ("an expired link", field(site.cookiePair(short.id))),
            ("a session that never was", field(site.cookiePair(99_999))),
            ("another key", field("earshot-portal=" + other.value(sessionID: good.id, now: now))),
            ("an operator's cookie", field(site.cookiePair(good.id, audience: .operator))),
            ("a cookie of another name", field(pair.replacing("earshot-portal", with: "earshot-operator"))),
            ("a cut cookie", field(String(pair.dropLast(1)))),
            ("another session's id", changed(2, "\(good.id + 1)")),
            ("a later expiry", changed(3, "9999999999")),
            ("no cookie's form", field("earshot-portal=v1....")),
            ("an API token", [Port.bearer]),
        ]
    }

    @Test func `is their own, and nobody else's`() async throws {
        let site = try await ClientSite.filled()
        site.feed.publish([
            .frame(.sample("a", at: "2026-11-23T15:59:59Z", lp: 611)),
            .frame(.sample("b", at: "2026-11-23T15:59:59Z", lp: 722)),
        ])
        let clients = ["alpha": try await site.cookie(of: "alpha"), "beta": try await site.cookie(of: "beta")]
        let strangers = try await strangers(site)
        try await site.run { port async throws in
            for location in ClientSite.locations + ["nowhere"] {
                for target in Self.targets(of: location) {
                    for (client, cookie) in clients {
                        let answer = try await port.get(target, fields: [cookie])
                        let isOwn = ClientSite.owned[client]!.contains(location)
                        let wanted = !isOwn ? 404 : target.hasSuffix("stream") ? 426 : 200
                        #expect(answer.status == wanted, "\(client) \(target)")
                        guard !isOwn else { continue }
                        #expect(!answer.body.contains("Secret"), "\(client) \(target)")
                        let isPage = target.hasPrefix("/portal/location")
                        #expect(isPage || !answer.body.contains(location), "\(client) \(target)")
                    }
                    for (who, fields) in strangers {
                        let answer = try await port.get(target, fields: fields)
                        #expect(answer.status == 401, "\(who) \(target)")
                        #expect(!answer.body.contains("Secret") && !answer.body.contains("61.1"))
                    }
                }
            }
            for (who, fields) in strangers {
                for target in ["/portal", "/portal/api/locations"] {
                    #expect(try await port.get(target, fields: fields).status == 401, "\(who) \(target)")
                }
            }
            for (client, cookie) in clients {
                let body = try await port.get("/portal/api/locations", fields: [cookie]).body
                for location in ClientSite.locations {
                    let isOwn = ClientSite.owned[client]!.contains(location)
                    #expect(body.contains("\"Secret \(location)\"") == isOwn)
                }
            }
        }
    }

    @Test func `is not found in the same bytes, whatever is tried`() async throws {
        let site = try await ClientSite.filled()
        let cookie = try await site.cookie(of: "alpha")
        let names = [
            "nowhere", "b1", "av", "ar", "d1", "x1", "%62%31", "b1%00", "A1", "a1%20", "a1%2f", "..%2fb1",
            "a1%2f..%2fb1", "%zz", "%", "'%20OR%201=1", "%c0%af", "a1%0a",
            String(repeating: "a", count: 4000),
        ]
        try await site.run { port async throws in
            var answers: [String: Set<String>] = [:]
            for name in names {
                for target in Self.targets(of: name) {
                    let answer = try await port.get(target, fields: [cookie])
                    #expect(answer.status == 404, "\(target)")
                    let fields = answer.fields.filter { !["x-request-id", "date"].contains($0.key) }
                    let kind = target.hasPrefix("/portal/location") ? "page" : "API"
                    answers[kind, default: []].insert(
                        answer.body + fields.map { "\($0.key): \($0.value)" }.sorted().joined())
                }
            }
            #expect(answers["API"]?.count == 1)
            #expect(answers["page"]?.count == 1)
        }
    }

    // Who asks for which socket, from which page, and what becomes of it.
    @Test func `is told on sockets likewise`() async throws {
        let site = try await ClientSite.filled()
        let cookies = [
            "alpha": try await site.cookie(of: "alpha"), "beta": try await site.cookie(of: "beta"),
        ]
        let strangers = try await strangers(site)
        try await site.run { port async throws in
            func status(_ location: String, _ fields: [String]) async throws -> Int {
                let connection = try await RawConnection(port: port.number)
                try await connection.send(
                    RawConnection.handshake("/portal/api/location/\(location)/stream", fields: fields))
                let status = try await connection.readAnswer().status
                try await connection.close()
                return status
            }
            for location in ClientSite.locations + ["nowhere", "%62%31"] {
                for (client, cookie) in cookies {
                    let name = location == "%62%31" ? "b1" : location
                    let isOwn = ClientSite.owned[client]!.contains(name)
                    #expect(
                        try await status(location, [cookie]) == (isOwn ? 101 : 404), "\(client) \(location)")
                }
                for (who, fields) in strangers {
                    #expect(try await status(location, fields) == 401, "\(who) \(location)")
                }
            }
            for origin in ["https://evil.example", "http://127.0.0.1:1", "null", "file://"] {
                #expect(try await status("a1", [cookies["alpha"]!, "Origin: \(origin)"]) == 403, "\(origin)")
            }
            #expect(try await status("a1", [cookies["alpha"]!, "Origin: http://127.0.0.1"]) == 101)
        }
    }

    @Test func `is no more, and no less, than one project by quick share`() async throws {
        var site = try await ClientSite.filled()
        site.configuration.opensLinks = true
        let now = site.clock.now
        let session = try #require(try await site.book.enter(openProject: "p2", at: now))
        let cookie = "Cookie: " + site.cookiePair(session.id)
        for project in ["px", "pd", "nowhere"] {
            #expect(try await site.book.enter(openProject: project, at: now) == nil)
        }
        try await site.run { port async throws in
            for location in ClientSite.locations {
                let answer = try await port.get("/portal/api/location/\(location)/live", fields: [cookie])
                #expect(answer.status == (location == "a3" ? 200 : 404), "\(location)")
            }
        }
        site.configuration.opensLinks = false
        try await site.run { port async throws in
            #expect(try await port.get("/portal/api/locations", fields: [cookie]).status == 401)
            #expect(try await port.get("/portal/open/p2", fields: []).status == 404)
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `A client's stream` {
    @Test func `tells of the stay alone`() async throws {
        let site = try await ClientSite.filled()
        let cookie = try await site.cookie(of: "alpha")
        site.feed.publish([
            // Measured before it stood here, and a measurement that began before.
            .frame(.sample("a", at: "2026-11-23T14:59:59Z", lp: 401)),
            .frame(.sample("a", at: "2026-11-23T15:59:58Z", lp: 602, start: "2026-11-23T14:00:00Z")),
        ])
        try await site.run { port async throws in
            let stream = try await port.socket("/portal/api/location/a1/stream", fields: [cookie])
            #expect(
                try await stream.readMessage()
                    == #"{"type":"frame","t":"2026-11-23T15:59:58.000Z","lp":60.2,"leq":null,"lmax":null,"#
                    + #""ln1":null,"ln2":null,"state":"measuring"}"#)
            #expect(try await stream.readMessage().contains(#""type":"status""#))
            port.hub.tell([
                .frame(.sample("b", at: "2026-11-23T15:59:59Z", lp: 722)),
                .frame(.sample("a", at: "2026-11-23T15:59:59Z", lp: 613, start: "2026-11-23T15:30:00Z")),
            ])
            #expect(try await stream.readMessage().contains(#""lp":61.3,"leq":60.3,"lmax":71.3"#))
            try await stream.close()
        }
    }

    @Test func `closes when the unit goes to somebody else, before its next frame`() async throws {
        let site = try await ClientSite.filled()
        let cookie = try await site.cookie(of: "alpha")
        try await site.run { port async throws in
            let stream = try await port.socket("/portal/api/location/a1/stream", fields: [cookie])
            #expect(try await stream.readMessage().contains("status"))
            await port.hub.checkViewers(always: false)
            let now = site.clock.now
            try await site.book.configure { _, sites in
                sites.assignments[0].to = now
                sites.assignments.append(Assignment(location: "b1", unit: "a", from: now))
            }
            await port.hub.checkViewers(always: false)
            port.hub.tell([.frame(.sample("a", at: now, lp: 613))])
            let frame = try await stream.readFrame()
            #expect(frame.closeCode == 4404, "\(frame.text)")
        }
    }

    // What ends an access, and with which code its sockets close.
    @Test(arguments: [
        ("the link is revoked", 4401), ("the session is left", 4401), ("the location is removed", 4404),
        ("the project is deleted", 4404), ("the project is archived", 4404),
        ("the project is another client's", 4404), ("the stay ends", 4404), ("the unit is removed", 4404),
        ("nothing", 0),
    ])
    func `closes when the access ends`(what: String, code: UInt16) async throws {
        let site = try await ClientSite.filled()
        let session = try await site.session(of: "alpha")
        let cookie = "Cookie: " + site.cookiePair(session.id)
        try await site.run { port async throws in
            let stream = try await port.socket("/portal/api/location/a1/stream", fields: [cookie])
            #expect(try await stream.readMessage().contains("status"))
            await port.hub.checkViewers(always: false)
            let now = site.clock.now
            switch what {
            case "the link is revoked":
                _ = try await site.book.revoke(link: session.link, of: "alpha", at: now)
            case "the session is left": try await site.book.end(session: session.id, at: now)
            case "the unit is removed": _ = try await site.book.remove("a")
            case "nothing": break
            default:
                try await site.book.configure { _, sites in
                    switch what {
                    case "the location is removed": sites.locations["a1"]!.status = .removed
                    case "the project is deleted": sites.projects["p1"]!.status = .deleted
                    case "the project is archived": sites.projects["p1"]!.status = .archived
                    case "the project is another client's": sites.projects["p1"]!.client = "beta"
                    default: sites.assignments[0].to = now
                    }
                }
            }
            await port.hub.checkViewers(always: false)
            guard code != 0 else {
                port.hub.tell([.frame(.sample("a", at: now, lp: 613))])
                #expect(try await stream.readMessage().contains("61.3"))
                return try await stream.close()
            }
            #expect(try await stream.readFrame().closeCode == code)
        }
    }

    @Test func `of a place without a unit says so, and closes when one comes`() async throws {
        let site = try await ClientSite.filled()
        let cookie = try await site.cookie(of: "alpha")
        try await site.run { port async throws in
            let stream = try await port.socket("/portal/api/location/a2/stream", fields: [cookie])
            #expect(
                try await stream.readMessage() == #"{"type":"status","feed":"unassigned","since":null}"#)
            let now = site.clock.now
            try await site.book.configure { _, sites in
                sites.assignments[0].to = now
                sites.assignments.append(Assignment(location: "a2", unit: "a", from: now))
            }
            await port.hub.checkViewers(always: false)
            #expect(try await stream.readFrame().closeCode == 4404)
        }
    }
}
