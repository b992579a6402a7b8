//  OperatorRoutesTests.swift · ServeTests

import Foundation
import Hummingbird
import HummingbirdCore
import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `The operators' port` {
    @Test(arguments: [
        ("no credentials", []), ("a wrong token", ["Authorization: Bearer other"]),
        ("another scheme", ["Authorization: Basic c2VjcmV0"]),
        ("an empty token", ["Authorization: Bearer "]),
        ("a made-up cookie", ["Cookie: earshot-operator=v1.k1.7.9999999999.00"]),
        (
            "a wrong token beside a cookie that is good",
            [
                "Authorization: Bearer other",
                "Cookie: earshot-operator="
                    + SessionCookie(keys: Site().keys, isSecure: false)
                    .value(sessionID: 7, now: Site().clock.now),
            ]
        ),
    ])
    func `asks strangers to sign in`(who: String, fields: [String]) async throws {
        try await Site().run { port async throws in
            for path in [
                "/api/units", "/api/units/a", "/api/units/a/live", "/api/units/a/history",
                "/api/units/a/stream", "/api/nothing", "/api/units/no.name",
            ] {
                let answer = try await port.get(path, fields: fields)
                #expect(answer.status == 401, Comment(rawValue: "\(who): \(path)"))
                #expect(answer["content-type"] == "application/problem+json")
                #expect(answer["www-authenticate"] == "Bearer realm=\"earshot\"")
            }
            let page = try await port.get("/units/a?range=24h", fields: fields)
            #expect(page.status == 303)
            #expect(page["location"] == "/sign-in?next=/units/a%3Frange%3D24h")
            #expect(try await port.get("/", fields: fields)["location"] == "/sign-in")
            let signIn = try await port.get("/sign-in?next=/units/a%3Frange%3D24h", fields: [])
            #expect(signIn.body == " next=/units/a?range&#x3D;24h" || signIn.body.contains("24h"))
        }
    }

    @Test func `stops knowing a token once it is revoked`() async throws {
        let site = Site()
        try await site.run { port async throws in
            #expect(try await port.get("/api/units").status == 200)
            site.tokens.revoke("secret")
            #expect(try await port.get("/api/units").status == 401)
        }
    }

    @Test func `tells what a unit is and does`() async throws {
        var site = Site()
        site.units.reports["b-2"] = UnitReport(
            rate: UnitRate(isFull: true, reason: .viewer, viewerCount: 2),
            cellular: CellularEstimate(
                bytesPerDay: 43_000_000, bytes: 1_200_000, since: "2026-11-23T15:00:00Z"),
            isListed: true, hasMonitor: true)
        site.faults = [
            FakeFaults(counts: ["b-2": [.timedOut: 3, .late: 0]]),
            FakeFaults(counts: ["b-2": [.timedOut: 1, .conflict: 2]]),
        ]
        site.upstreams.statuses = [
            UpstreamStatus(
                id: "south", url: "http://127.0.0.1:1", state: .ok, units: 1,
                since: "2026-11-23T15:00:00Z")
        ]
        site.feed.publish([
            .feed(
                "b-2",
                FeedReport(
                    cadenceMilliseconds: 1030, fault: nil, since: "2026-11-23T15:00:00Z")),
            .frame(
                .sample(
                    "b-2", at: "2026-11-23T15:59:58.760Z", lp: 571, start: "2026-11-23T07:00:00Z")),
        ])
        try await site.run { port async throws in
            let live =
                #""feed":"ok","timestamp":"2026-11-23T15:59:58.760Z","age_seconds":1.2,"#
                + #""cadence_seconds":1.03,"state":"measuring","#
                + #""measurement_start":"2026-11-23T07:00:00.000Z","lp":57.1,"leq":56.1,"#
                + #""lmax":67.1,"lmin":47.1,"lpeak":null,"ln1":null,"ln2":null}"#
            let answer = try await port.get("/api/units/b-2/live")
            #expect(answer.status == 200)
            #expect(answer["cache-control"] == "no-store")
            #expect(answer.body == #"{"unit":"b-2","# + live)
            let unit =
                #"{"id":"b-2","upstream":"south","upstream_unit":"b","ln1_percent":1,"ln2_percent":10,"#
                + #""frequency_weighting":"A","time_weighting":"F","rate":"full","#
                + #""rate_now":{"full":true,"reason":"viewer","viewers":2},"#
                + #""cellular":{"bytes_per_day":43000000,"bytes":1200000,"#
                + #""since":"2026-11-23T15:00:00.000Z"},"faults":{"timed_out":4,"conflict":2},"#
                + #""has_monitor":true,"listed":true,"# + live
            #expect(try await port.get("/api/units/b-2").body == unit)
            let units = try await port.get("/api/units").body
            #expect(units.hasPrefix(#"{"units":[{"id":"a","#))
            let upstream =
                #"{"id":"south","url":"http://127.0.0.1:1","state":"ok","#
                + #""since":"2026-11-23T15:00:00.000Z","failure":null,"units":1,"#
                + #""full_rate_units":0,"monitors":null,"clock_offset_seconds":null,"#
                + #""condition":null,"notices":[]}"#
            #expect(units.hasSuffix("," + unit + #"],"upstreams":["# + upstream + "]}"))
        }
    }

    @Test func `has nulls and waits where nothing is known`() async throws {
        try await Site().run { port async throws in
            let answer = try await port.get("/api/units/a/live")
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"unit":"a","feed":"waiting","timestamp":null,"age_seconds":null,"#
                    + #""cadence_seconds":null,"state":null,"measurement_start":null,"lp":null,"#
                    + #""leq":null,"lmax":null,"lmin":null,"lpeak":null,"ln1":null,"ln2":null}"#)
        }
    }

    @Test(arguments: ["/healthz", "/api/units", "/nothing", "/api/units/!/live", "/sign-in", "/"])
    func `guards every answer by headers and gives it an id`(path: String) async throws {
        try await Site().run { port async throws in
            var ids: Set<String> = []
            for fields in [[], [Port.bearer]] {
                let answer = try await port.get(path, fields: fields)
                #expect(answer["content-security-policy"]?.contains("default-src 'self'") == true)
                #expect(
                    answer["content-security-policy"]?.contains("frame-ancestors 'none'") == true)
                #expect(answer["x-content-type-options"] == "nosniff")
                #expect(answer["cross-origin-opener-policy"] == "same-origin")
                #expect(answer["referrer-policy"] == "no-referrer")
                #expect(answer["cache-control"] == "no-store")
                #expect(answer["strict-transport-security"] == nil)
                ids.insert(try #require(answer["x-request-id"]))
            }
            #expect(ids.count == 2)
        }
    }

    @Test func `guards what never reaches the router, too`() async throws {
        try await Site().run { port async throws in
            let connection = try await RawConnection(port: port.number)
            try await connection.send("GET / HTTP/1.1\r\n\r\n")
            let answer = try await connection.readAnswer()
            #expect(answer.status == 400)
            #expect(answer["x-content-type-options"] == "nosniff")
            #expect(answer["content-type"] == "application/problem+json")
        }
    }

    @Test func `asks for https where the service is`() async throws {
        var site = Site()
        site.configuration.publicURL = "https://levels.example.org"
        try await site.run { port async throws in
            let answer = try await port.get("/healthz", fields: [])
            #expect(answer["strict-transport-security"] == "max-age=31536000")
        }
    }

    @Test func `shows pages`() async throws {
        let site = Site()
        site.feed.publish([.frame(.sample(at: "2026-11-23T15:59:59Z", lp: -5))])
        try await site.run { port async throws in
            #expect(try await port.get("/").body == "[a][b-2]")
            let page = try await port.get("/units/a")
            #expect(page["content-type"] == "text/html; charset=utf-8")
            let script = try #require(page.body.split(separator: " ").last)
            #expect(page.body == "<h1>a</h1> -0.5 ok \(script)")
            let asset = try await port.get(String(script), fields: [])
            #expect(asset.status == 200)
            #expect(asset.body == "let a = 1")
            #expect(asset["content-type"] == "text/javascript; charset=utf-8")
            #expect(asset["cache-control"] == "public, max-age=31536000, immutable")
            for path in ["/assets/unit.js", "/assets/unit.mustache", "/assets/../unit.js"] {
                #expect(try await port.get(path, fields: []).status == 404)
            }
        }
    }

    @Test func `shows people a page where there is nothing`() async throws {
        try await Site().run { port async throws in
            let html = [Port.bearer, "Accept: text/html,*/*"]
            for path in ["/nothing", "/units/nobody"] {
                let answer = try await port.get(path, fields: html)
                #expect(answer.status == 404)
                #expect(answer.body == "nothing here \(answer["x-request-id"]!)")
            }
            let program = try await port.get("/nothing")
            #expect(program["content-type"] == "application/problem+json")
        }
    }

    @Test func `answers HEAD like GET, without a body`() async throws {
        try await Site().run { port async throws in
            let answer = try await port.request("HEAD", "/api/units/a/live")
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Health` {
    private let down = UpstreamStatus(
        id: "north", url: "http://127.0.0.1:1", state: .down, units: 3,
        since: "2026-11-23T15:00:00Z")
    private let part = Damage(file: "s1", kind: "page", detail: "cannot be read")

    @Test func `is alive whatever happens`() async throws {
        var site = Site()
        site.store.stored = ["the disk is full"]
        try await site.run { port async throws in
            let answer = try await port.get("/healthz", fields: [])
            #expect(answer.status == 200)
            #expect(answer.body == #"{"status":"ok"}"#)
        }
    }

    @Test func `is ready when all is well`() async throws {
        try await Site().run { port async throws in
            let answer = try await port.get("/readyz", fields: [])
            #expect(answer.status == 200)
            #expect(
                answer.body == #"{"status":"ready","reasons":[],"damage":[],"upstreams":[]}"#)
        }
    }

    @Test func `is degraded by damage or an upstream that is down`() async throws {
        var site = Site()
        site.store.parts = [part]
        site.upstreams.statuses = [down]
        try await site.run { port async throws in
            let answer = try await port.get("/readyz", fields: [])
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"status":"degraded","reasons":["1 parts of the store cannot be read","#
                    + #""upstream_down: north (http://127.0.0.1:1) does not answer since "#
                    + #"2026-11-23T15:00:00.000Z"],"damage":[{"file":"s1","#
                    + #""kind":"page","unit":null,"from":null,"to":null,"#
                    + #""detail":"cannot be read"}],"upstreams":[{"id":"north","state":"down","units":3}]}"#
            )
        }
    }

    @Test func `is degraded while the disk is short of room`() async throws {
        var site = Site()
        site.store.remarks = ["little room"]
        try await site.run { port async throws in
            let answer = try await port.get("/readyz", fields: [])
            #expect(answer.status == 200)
            #expect(answer.body.hasPrefix(#"{"status":"degraded","reasons":["little room"],"#))
        }
    }

    @Test func `is not ready when the store cannot work`() async throws {
        var site = Site()
        site.store.stored = ["the disk is full"]
        site.upstreams.statuses = [down]
        try await site.run { port async throws in
            let answer = try await port.get("/readyz", fields: [])
            #expect(answer.status == 503)
            #expect(answer.body.hasPrefix(#"{"status":"not_ready","reasons":["the disk is full","#))
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `The clients' port` {
    @Test func `lives, and knows nothing else`() async throws {
        try await withServices {
            [
                try! ClientSite().listener(onBound: $0)
            ]
        } _: { number in
            let connection = try await RawConnection(port: number)
            try await connection.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.readAnswer().body == #"{"status":"ok"}"#)
            var bodies: Set<String> = []
            for path in ["/readyz", "/metrics", "/api/units", "/units/a", "/", "/assets/unit.js"] {
                try await connection.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try await connection.readAnswer()
                #expect(answer.status == 404)
                #expect(answer["content-type"] == "application/problem+json")
                #expect(answer["x-content-type-options"] == "nosniff")
                bodies.insert(answer.body)
            }
            #expect(bodies.count == 1)
        }
    }
}

@Suite struct `The program's own files` {
    @Test func `hold every page, and every file that a page names`() throws {
        let pages = try Pages(.embedded)
        let unit = UnitSnapshot(
            unit: Unit(id: "a", upstream: "north", upstreamUnit: "a"), live: LiveState(),
            report: nil, faults: [:])
        let now = Timestamp(milliseconds: 0)
        let list = UnitListView(
            units: [unit], upstreams: [], query: UnitListQuery(Parameters()), now: now)
        let answers = [
            try pages.unit(UnitView(snapshot: unit, now: now), scope: .viewer, requestID: "r"),
            try pages.units(list, requestID: "r"),
            try pages.signIn(
                SignInView(next: "/", hasOperators: true, failure: .password), requestID: "r"),
            try pages.notFound(requestID: "r"),
        ]
        for answer in answers { #expect((answer.body.contentLength ?? 0) > 500) }
        for text in AssetCatalog.embedded.templates.values {
            for match in text.matches(of: /{{assets\.([A-Za-z_]+)}}/) {
                #expect(AssetCatalog.embedded.addresses[String(match.1)] != nil)
            }
        }
    }
}
