//  SiteRoutesTests.swift · ServeTests
//
//  Clients, projects, locations and assignments over HTTP, kept by the registry itself.

import Monitoring
import Store
import Support
import Testing

@testable import Serve

private let json = "Content-Type: application/json"

/// The clock stands at 2026-11-23T16:00:00Z. `a` is at the gate since March; `b-2` is nowhere.
private func site(_ scope: AccessToken.Scope = .operator) async throws -> Site {
    var site = Site()
    site.tokens = FakeTokens(scope: scope)
    let sites = try await site.books.sites()
    _ = try await site.registry.book.configure { roster, stored in
        roster.upstreams["north"] = Upstream(id: "north", url: "http://127.0.0.1:1")
        for id in ["a", "b-2"] as [UnitID] {
            roster.units[id] = Unit(id: id, upstream: "north", upstreamUnit: id.name)
        }
        stored.clients = sites.clients
        stored.projects = sites.projects
        stored.locations = sites.locations
        stored.assignments = sites.assignments
        stored.clients["beta"] = Client(id: "beta", name: "Beta")
        stored.projects["old"] = Project(
            id: "old", name: "Old", client: "alpha", status: .deleted, timeZone: "UTC")
        stored.locations["shed"] = Location(id: "shed", project: "old", name: "Shed")
        stored.locations["yard"] = Location(id: "yard", project: "p1", name: "Yard")
    }
    site.siteBook = site.registry.book
    return site
}

extension Port {
    fileprivate func send(
        _ method: String, _ path: String, _ body: String = ""
    ) async throws -> RawConnection.Answer {
        try await request(method, path, fields: [Port.bearer, json], body: body)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Changes of sites over HTTP` {
    @Test func `are made, with ids of their names, and stored`() async throws {
        let site = try await site()
        try await site.run { port async throws in
            let client = try await port.send("POST", "/api/clients", #"{"name":"Café & Söhne 3"}"#)
            #expect(client.status == 201)
            #expect(client["location"] == "/api/clients/cafe-sohne-3")
            #expect(client.body == #"{"id":"cafe-sohne-3","name":"Café & Söhne 3","projects":[]}"#)
            #expect(try await port.get("/api/clients/cafe-sohne-3").body == client.body)
            let project = try await port.send(
                "POST", "/api/projects",
                #"{"name":"Dock","client":"cafe-sohne-3","time_zone":"Europe/Berlin","#
                    + #""monitoring_hours":{"start":"08:05","end":"18:00","days":["mon"]}}"#)
            #expect(project.status == 201)
            #expect(
                project.body
                    == #"{"id":"dock","name":"Dock","client":"cafe-sohne-3","status":"active","#
                    + #""time_zone":"Europe/Berlin","monitoring_hours":{"start":"08:05","#
                    + #""end":"18:00","days":["mon"],"except_dates":[]},"locations":[]}"#)
            let place = try await port.send(
                "POST", "/api/locations", #"{"project":"dock","name":"東","latitude":52.5,"longitude":13}"#)
            #expect(
                place.body
                    == #"{"id":"location","project":"dock","name":"東","kind":"sound","#
                    + #""status":"active","latitude":52.5,"longitude":13,"unit":null,"assignments":[]}"#)
            let second = try await port.send("POST", "/api/locations", #"{"project":"dock","name":"東"}"#)
            #expect(second["location"] == "/api/locations/location-2")
            let stored = try await site.registry.book.sites()
            #expect(stored.clients["cafe-sohne-3"]?.name == "Café & Söhne 3")
            #expect(stored.projects["dock"]?.monitoringHours?.startMinute == 485)
            #expect(stored.locations["location"]?.latitude == 52.5)
        }
    }

    @Test func `keep what a change leaves out, and null clears`() async throws {
        let site = try await site()
        try await site.run { port async throws in
            _ = try await port.send("PUT", "/api/clients/beta", #"{"name":"Beta Ltd"}"#)
            _ = try await port.send("PUT", "/api/projects/p1", #"{"name":"Quay"}"#)
            _ = try await port.send("PUT", "/api/locations/a.b%3Ac", #"{"name":"Y","latitude":50}"#)
            var stored = try await site.registry.book.sites()
            #expect(stored.clients["beta"]?.name == "Beta Ltd")
            let quay = try #require(stored.projects["p1"])
            #expect(quay.name == "Quay" && quay.timeZone == "Europe/London")
            #expect(quay.monitoringHours?.startMinute == 485)
            let yard = try #require(stored.locations["a.b:c"])
            #expect(yard.latitude == 50 && yard.longitude == -0.02 && yard.kind == .vibration)
            let cleared = try await port.send(
                "PUT", "/api/locations/a.b%3Ac", #"{"latitude":null,"longitude":null}"#)
            #expect(cleared.status == 200)
            _ = try await port.send("PUT", "/api/projects/p1", #"{"monitoring_hours":null}"#)
            stored = try await site.registry.book.sites()
            #expect(stored.locations["a.b:c"]?.latitude == nil)
            #expect(stored.projects["p1"]?.monitoringHours == nil)
        }
    }

    @Test(arguments: [
        ("POST", "/api/clients", "{}", "name"),
        ("POST", "/api/clients", #"{"name":""}"#, "name"),
        ("POST", "/api/clients", #"{"name":"a\nb"}"#, "name"),
        ("POST", "/api/clients", #"{"name":"A","id":"a/b"}"#, "id"),
        ("POST", "/api/clients", #"{"name":"A","colour":1}"#, "colour"),
        ("PUT", "/api/clients/alpha", #"{"id":"beta"}"#, "id"),
        ("POST", "/api/projects", #"{"client":"alpha","time_zone":"UTC"}"#, "name"),
        ("POST", "/api/projects", #"{"name":"P","time_zone":"UTC"}"#, "client"),
        ("POST", "/api/projects", #"{"name":"P","client":"none","time_zone":"UTC"}"#, "client"),
        ("POST", "/api/projects", #"{"name":"P","client":"alpha"}"#, "time_zone"),
        ("POST", "/api/projects", #"{"name":"P","client":"alpha","time_zone":"BST"}"#, "time_zone"),
        ("POST", "/api/projects", #"{"name":"P","client":"alpha","time_zone":"Europe/Nowhere"}"#,
            "time_zone"),
        ("PUT", "/api/projects/p1", #"{"status":"paused"}"#, "status"),
        ("PUT", "/api/projects/p1", #"{"monitoring_hours":{"start":"25:00"}}"#,
            "monitoring_hours.start"),
        ("PUT", "/api/projects/p1", #"{"monitoring_hours":{"days":[]}}"#, "monitoring_hours.days"),
        ("POST", "/api/locations", #"{"project":"p1"}"#, "name"),
        ("POST", "/api/locations", #"{"project":"none","name":"N"}"#, "project"),
        ("POST", "/api/locations", #"{"project":"old","name":"N"}"#, "project"),
        ("POST", "/api/locations", #"{"project":"p1","name":"N","kind":"light"}"#, "kind"),
        ("POST", "/api/locations", #"{"project":"p1","name":"N","latitude":91,"longitude":0}"#,
            "latitude"),
        ("POST", "/api/locations", #"{"project":"p1","name":"N","latitude":51}"#, "longitude"),
        ("PUT", "/api/locations/gate", #"{"status":"archived"}"#, "status"),
        ("PUT", "/api/locations/gate", #"{"unit":"b-2"}"#, "unit"),
        ("POST", "/api/assignments", #"{"unit":"b-2"}"#, "location"),
        ("POST", "/api/assignments", #"{"location":"none","unit":"b-2"}"#, "location"),
        ("POST", "/api/assignments", #"{"location":"yard","unit":"nobody"}"#, "unit"),
        ("POST", "/api/assignments", #"{"location":"yard","unit":"b-2","from":"now"}"#, "from"),
        ("POST", "/api/assignments",
            #"{"location":"yard","unit":"b-2","from":"2026-11-23T16:00:00Z","to":"2026-11-23T16:00:00Z"}"#,
            "to"),
        ("POST", "/api/assignments", #"{"location":"yard","unit":"b-2","move":1}"#, "move"),
        ("PUT", "/api/assignments/gate/2026-03-01T00:00:00Z", "{}", "to"),
        ("PUT", "/api/assignments/gate/2026-03-01T00:00:00Z", #"{"to":"2026-02-01T00:00:00Z"}"#, "to"),
        ("PUT", "/api/assignments/gate/2026-03-01T00:00:00Z", #"{"to":null,"unit":"b-2"}"#, "unit"),
    ])
    func `are refused with the field that is wrong`(
        method: String, path: String, body: String, field: String
    ) async throws {
        let site = try await site()
        let before = try await site.registry.book.sites()
        try await site.run { port async throws in
            let answer = try await port.send(method, path, body)
            #expect(answer.status == 422, Comment(rawValue: answer.body))
            #expect(answer.body.contains(#""field":"\#(field)""#), Comment(rawValue: answer.body))
        }
        #expect(try await site.registry.book.sites() == before)
    }

    @Test(arguments: [
        ("POST", "/api/clients", #"{"id":"alpha","name":"A"}"#, "already"),
        ("POST", "/api/projects", #"{"id":"old","name":"A","client":"alpha","time_zone":"UTC"}"#,
            "already"),
        ("POST", "/api/locations", #"{"id":"roof","name":"A","project":"p1"}"#, "already"),
        ("DELETE", "/api/clients/alpha", "", "has projects"),
        // What was measured for one client is never another's.
        ("PUT", "/api/projects/p1", #"{"client":"beta"}"#, "was measured for"),
        ("POST", "/api/assignments", #"{"location":"roof","unit":"b-2"}"#, "not in use"),
        ("POST", "/api/assignments", #"{"location":"shed","unit":"b-2"}"#, "not in use"),
        ("POST", "/api/assignments", #"{"location":"yard","unit":"a"}"#, #"is at the location \"gate\""#),
        ("POST", "/api/assignments", #"{"location":"gate","unit":"b-2"}"#, #"has the unit \"a\""#),
        ("POST", "/api/assignments", #"{"location":"gate","unit":"a","move":true}"#, "is at"),
        // Before it begins there, it cannot end there.
        ("POST", "/api/assignments",
            #"{"location":"yard","unit":"a","from":"2026-02-01T00:00:00Z","move":true}"#, "is at"),
        ("POST", "/api/assignments",
            #"{"location":"yard","unit":"a","from":"2026-03-01T00:00:00Z","move":true}"#, "is at"),
    ])
    func `are not changed into what cannot be`(
        method: String, path: String, body: String, words: String
    ) async throws {
        let site = try await site()
        let before = try await site.registry.book.sites()
        try await site.run { port async throws in
            let answer = try await port.send(method, path, body)
            #expect(answer.status == 409, Comment(rawValue: answer.body))
            #expect(answer.body.contains(words), Comment(rawValue: answer.body))
        }
        #expect(try await site.registry.book.sites() == before)
    }

    @Test(arguments: [
        "/api/clients/none", "/api/projects/none", "/api/locations/none",
        "/api/assignments/gate/2026-03-02T00:00:00Z", "/api/assignments/yard/2026-03-01T00:00:00Z",
        "/api/assignments/gate/then",
    ])
    func `are not found, whatever is sent`(path: String) async throws {
        try await site().run { port async throws in
            #expect(try await port.send("PUT", path, "no JSON").status == 404)
            if !path.contains("assignments") {
                #expect(try await port.get(path).status == 404)
                #expect(try await port.send("DELETE", path).status == 404)
            }
        }
    }

    @Test(arguments: [
        ("POST", "/api/clients"), ("PUT", "/api/clients/alpha"), ("DELETE", "/api/clients/alpha"),
        ("POST", "/api/projects"), ("PUT", "/api/projects/p1"), ("DELETE", "/api/projects/p1"),
        ("POST", "/api/locations"), ("PUT", "/api/locations/gate"),
        ("DELETE", "/api/locations/gate"), ("POST", "/api/assignments"),
        ("PUT", "/api/assignments/gate/2026-03-01T00:00:00Z"),
    ])
    func `are changed by operators only`(method: String, path: String) async throws {
        try await site(.viewer).run { port async throws in
            #expect(try await port.send(method, path, "{}").status == 403)
        }
    }

    @Test func `a unit moves only when that is said`() async throws {
        let site = try await site()
        try await site.run { port async throws in
            let body = #"{"location":"yard","unit":"a","from":"2026-11-23T12:00:00Z","move":true}"#
            let moved = try await port.send("POST", "/api/assignments", body)
            #expect(moved.status == 201)
            #expect(moved["location"] == "/api/assignments/yard/2026-11-23T12:00:00.000Z")
            #expect(
                try await port.get("/api/assignments?unit=a").body
                    == #"{"assignments":[{"location":"gate","unit":"a","#
                    + #""from":"2026-03-01T00:00:00.000Z","to":"2026-11-23T12:00:00.000Z"},"#
                    + #"{"location":"yard","unit":"a","from":"2026-11-23T12:00:00.000Z","to":null}]}"#)
            #expect(try await port.get("/api/locations/yard").body.contains(#""unit":"a","#))
            #expect(try await port.get("/api/projects/p1").body.contains(#""unit":"a"}"#))
            // Back to where it was is another assignment; the first one cannot go on over it.
            let on = try await port.send(
                "PUT", "/api/assignments/gate/2026-03-01T00:00:00Z", #"{"to":null}"#)
            #expect(on.status == 409 && on.body.contains(#"is at the location \"yard\""#))
        }
    }

    @Test func `a unit takes another one's place only when that is said`() async throws {
        let site = try await site()
        try await site.run { port async throws in
            let body = #"{"location":"gate","unit":"b-2","replace":true}"#
            #expect(try await port.send("POST", "/api/assignments", body).status == 201)
            #expect(
                try await site.registry.book.sites().assignments == [
                    Assignment(
                        location: "gate", unit: "a", from: "2026-03-01T00:00:00Z",
                        to: site.clock.now),
                    Assignment(location: "gate", unit: "b-2", from: site.clock.now),
                ])
        }
    }

    @Test func `an assignment ends, and may end at another time`() async throws {
        let site = try await site()
        try await site.run { port async throws in
            let path = "/api/assignments/gate/1772323200000"
            for to in [#""2026-11-20T00:00:00.000Z""#, #""2026-11-25T00:00:00.000Z""#, "null"] {
                let answer = try await port.send("PUT", path, #"{"to":\#(to)}"#)
                #expect(answer.status == 200)
                #expect(
                    answer.body
                        == #"{"location":"gate","unit":"a","from":"2026-03-01T00:00:00.000Z","to":\#(to)}"#)
                #expect(try await port.get("/api/assignments").body.contains(answer.body))
            }
        }
    }

    @Test(arguments: ["/api/projects/p1", "/api/locations/gate"])
    func `what goes frees its unit, and stays in the books`(path: String) async throws {
        let site = try await site()
        try await site.run { port async throws in
            #expect(try await port.send("DELETE", path).status == 204)
            let stored = try await site.registry.book.sites()
            #expect(!stored.isInUse("gate"))
            #expect(stored.assignments.map(\.to) == [site.clock.now])
            #expect(try await port.get(path).status == 200)
            let again = try await port.send("PUT", path, #"{"status":"active"}"#)
            #expect(again.status == 200)
            #expect(try await site.registry.book.sites().isInUse("gate"))
        }
    }

    @Test func `a client without projects goes, and its links with it`() async throws {
        let site = try await site()
        let link = try #require(
            try await site.registry.book.makeLink(
                PortalLinkDraft(client: "beta", label: "L", expires: nil), at: site.clock.now))
        let hash = Digest.sha256(Array(link.token.utf8))
        let session = try #require(
            try await site.registry.book.enter(withSecretHash: hash, at: site.clock.now))
        try await site.run { port async throws in
            #expect(try await port.send("DELETE", "/api/clients/beta").status == 204)
            #expect(try await port.get("/api/clients/beta").status == 404)
        }
        #expect(try await site.registry.book.session(session.id, at: site.clock.now) == nil)
        #expect(try await site.registry.book.sites().clients["beta"] == nil)
    }
}

@Suite struct `An id of a name` {
    @Test(arguments: [
        ("Harbour Quarter", "harbour-quarter"), ("  A  & B! ", "a-b"), ("Ærø", "r"), ("東京", "x"),
        ("Ünïcödé", "unicode"), ("taken", "taken-2"), ("two", "two-3"), ("", "x"),
        (String(repeating: "ab ", count: 60), String(repeating: "ab-", count: 16).dropLast().description),
    ])
    func `can be said and is free`(name: String, id: String) {
        let taken: Set<String> = ["taken", "two", "two-2"]
        #expect(Slug.make(of: name, or: "x", isTaken: taken.contains) == id)
    }
}
