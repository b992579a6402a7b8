//  SitePagesTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

private func site(_ scope: AccessToken.Scope = .operator) -> Site {
    var site = Site()
    site.assets = .embedded
    site.tokens = FakeTokens(scope: scope)
    site.books.change { sites in
        sites.clients["zeta"] = Client(id: "zeta", name: "Zeta & <b>Sons</b>")
        sites.projects["old"] = Project(
            id: "old", name: "Old dock", client: "alpha", status: .deleted, timeZone: "UTC")
    }
    site.books.set([.sample()])
    site.feed.publish([
        .frame(.sample("a", at: "2026-11-23T15:59:59Z", start: "2026-11-23T07:00:00Z"))
    ])
    return site
}

@Suite(.timeLimit(.minutes(10))) struct `Pages of sites` {
    @Test func `show clients with their projects, and how those are doing`() async throws {
        try await site().run { port async throws in
            let page = try await port.get("/projects").body
            #expect(page.contains(#"<a href="/projects/p1">Harbour</a>"#))
            #expect(page.contains("2 locations"))
            #expect(page.contains("1 of 1 measuring"))
            #expect(page.contains(#"<a class="active" href="/events?project=p1">1 active</a>"#))
            // What people typed is text.
            #expect(page.contains("Zeta &amp; &lt;b&gt;Sons&lt;/b&gt;") && !page.contains("<b>Sons"))
            #expect(page.contains(#"data-opens="remove-client" data-fill-id="zeta""#))
            #expect(!page.contains(#"data-opens="remove-client" data-fill-id="alpha""#))
            // Deleted projects on request only.
            #expect(!page.contains("Old dock") && page.contains("Show 1 deleted project"))
            #expect(try await port.get("/projects?all=1").body.contains("Old dock"))
        }
    }

    @Test func `show a project with its locations, those in use first`() async throws {
        try await site().run { port async throws in
            let page = try await port.get("/projects/p1").body
            #expect(page.contains("<h1>Harbour</h1>"))
            #expect(page.contains("Times in Europe/London"))
            #expect(page.contains("08:05–18:00 every day"))
            #expect(page.contains(#"<a href="/locations/gate">Gate</a>"#))
            #expect(page.contains(#"<a href="/units/a">a</a>"#))
            #expect(page.contains(#"<a class="active" href="/events?location=gate">1 active</a>"#))
            #expect(page.contains("Vibration") && page.contains("No meter here at present"))
            let roof = try #require(page.firstRange(of: "/locations/roof"))
            #expect(page[..<roof.lowerBound].contains("/locations/a.b:c"))
            #expect(page.contains(#"action="/projects/p1/portal-preview" target="_blank""#))
        }
    }

    @Test func `show a location with the units that were there`() async throws {
        let site = site()
        site.books.change { sites in
            sites.assignments.insert(
                Assignment(
                    location: "gate", unit: "gone", from: "2026-01-01T00:00:00Z",
                    to: "2026-02-01T00:00:00Z"), at: 0)
        }
        try await site.run { port async throws in
            let page = try await port.get("/locations/gate").body
            #expect(page.contains("<h1>Gate</h1>"))
            #expect(page.contains(#"id="alerts" aria-labelledby="alerts-title" data-site="locations/gate""#))
            #expect(page.contains("Here since 1 Mar 2026 00:00"))
            // A unit that is no longer configured has no page.
            #expect(page.contains(#"<th scope="row">gone</th>"#))
            #expect(page.contains("1 Jan 2026 00:00") && page.contains("1 Feb 2026 00:00"))
            #expect(page.contains(#"data-path="/api/assignments/gate/2026-03-01T00:00:00.000Z""#))
            #expect(page.contains(#"<option value="b-2" data-place="">b-2</option>"#))
            #expect(!page.contains(#"<option value="a""#))
            #expect(page.contains("Replace it"))
            // Where it goes is said beside a unit that stands elsewhere.
            let yard = try await port.get("/locations/a.b:c").body
            #expect(yard.contains(#"<option value="a" data-place="Gate">a (at Gate)</option>"#))
            #expect(yard.contains("51.5, -0.02") && yard.contains("Assign a unit"))
            let roof = try await port.get("/locations/roof").body
            #expect(roof.contains("Removed") && !roof.contains("data-opens=\"assign\""))
        }
    }

    @Test(arguments: ["/projects", "/projects/p1", "/locations/gate"])
    func `offer changes to those only who may make them`(path: String) async throws {
        try await site(.viewer).run { port async throws in
            let page = try await port.get(path)
            #expect(page.status == 200)
            #expect(!page.body.contains("data-opens") && !page.body.contains("<dialog"))
        }
    }

    @Test(arguments: ["/projects/none", "/locations/none", "/projects/%ff"])
    func `are not found when there is nothing`(path: String) async throws {
        try await site().run { port async throws in
            #expect(try await port.get(path).status == 404)
        }
    }

    @Test func `say the next step when there is nothing`() async throws {
        let site = site()
        site.books.change { $0 = Sites() }
        try await site.run { port async throws in
            #expect(try await port.get("/projects").body.contains("No clients yet"))
        }
    }

    @Test(arguments: [
        ("2026-03-29T00:59:00Z", "29 Mar 2026 00:59"), ("2026-03-29T01:00:00Z", "29 Mar 2026 02:00"),
        ("2026-12-31T23:59:59Z", "31 Dec 2026 23:59"), ("2026-09-01T00:00:00Z", "1 Sept 2026 01:00"),
    ] as [(Timestamp, String)])
    func `give times on the project's clock`(time: Timestamp, text: String) throws {
        let london = try #require(ZoneClock(name: "Europe/London"))
        #expect(PageText.moment(time, on: london) == text)
    }
}
