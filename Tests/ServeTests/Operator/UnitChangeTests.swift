//  UnitChangeTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `A change of a unit` {
    private static let json = "Content-Type: application/json"

    private func site(_ scope: AccessToken.Scope = .operator) -> Site {
        var site = Site()
        site.tokens = FakeTokens(scope: scope)
        return site
    }

    private func put(
        _ port: Port, _ body: String, unit: String = "b-2",
        fields: [String] = [Port.bearer, json]
    ) async throws -> RawConnection.Answer {
        try await port.request("PUT", "/api/units/\(unit)", fields: fields, body: body)
    }

    @Test func `sets what it names, and leaves the rest`() async throws {
        let site = site()
        try await site.run { port async throws in
            let answer = try await put(port, #"{"rate":"idle","ln2_percent":12.5}"#)
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/json")
            #expect(answer.body == (try await port.get("/api/units/b-2").body))
            let unit = try #require(try await site.directory.units().last)
            #expect(unit.rate == .idle)
            #expect(unit.ln2Percent == 12.5)
            #expect(unit.ln1Percent == 1)
            #expect(unit.upstreamUnit == "b")
        }
    }

    @Test func `clears by null`() async throws {
        let site = site()
        try await site.run { port async throws in
            let body =
                #"{"ln1_percent":null,"ln2_percent":null,"frequency_weighting":null,"#
                + #""time_weighting":null,"rate":null}"#
            #expect(try await put(port, body).status == 200)
            #expect(
                try await site.directory.units().last
                    == Unit(id: "b-2", upstream: "south", upstreamUnit: "b"))
        }
    }

    @Test(arguments: [
        (#"{"id":"c"}"#, 422, "id"), (#"{"colour":"red"}"#, 422, "colour"),
        (#"{"rate":"fast"}"#, 422, "rate"), (#"{"rate":1}"#, 422, "rate"),
        (#"{"rate":["full"]}"#, 422, "rate"),
        (#"{"ln1_percent":0}"#, 422, "ln1_percent"), (#"{"ln1_percent":100}"#, 422, "ln1_percent"),
        (#"{"ln1_percent":"5"}"#, 422, "ln1_percent"), (#"{"ln1_percent":1e999}"#, 422, "ln1_percent"),
        (#"{"frequency_weighting":"B"}"#, 422, "frequency_weighting"),
        (#"{"time_weighting":"f"}"#, 422, "time_weighting"),
        (#"{"rate":"full","rate":"idle"}"#, 400, "rate"),
        (#"{"rate":{"a":1,"a":1}}"#, 400, "a"), (#"{"rate":[{"b":1,"b":1}]}"#, 400, "b"),
    ])
    func `is refused as a whole, and told why`(
        body: String, status: Int, field: String
    ) async throws {
        let site = site()
        let before = try await site.directory.units()
        try await site.run { port async throws in
            let answer = try await put(port, body)
            #expect(answer.status == status)
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer.body.contains(#""errors":[{"field":"\#(field)","message":""#))
        }
        #expect(try await site.directory.units() == before)
    }

    @Test func `is told of everything that is wrong at once`() async throws {
        try await site().run { port async throws in
            let answer = try await put(port, #"{"rate":1,"colour":"red","time_weighting":"F"}"#)
            #expect(answer.body.contains(#"{"field":"rate","#))
            #expect(answer.body.contains(#"{"field":"colour","#))
            #expect(!answer.body.contains(#"{"field":"time_weighting","#))
        }
    }

    @Test(arguments: [
        ("", 400), ("x", 400), ("[]", 400), ("null", 400), (#"{"rate":"full"} x"#, 400),
        (#"{"rate":"\#u{0}"}"#, 400),
        (#"{"rate":"# + String(repeating: "[", count: 32) + String(repeating: "]", count: 32) + "}", 400),
        (#"{"rate":"# + String(repeating: "[", count: 31) + String(repeating: "]", count: 31) + "}", 422),
        (#"{"rate":""# + String(repeating: "x", count: 64 * 1024) + #""}"#, 413),
    ])
    func `has a body that is read within bounds`(body: String, status: Int) async throws {
        try await site().run { port async throws in
            #expect(try await put(port, body).status == status)
        }
    }

    @Test(arguments: [
        [], ["Content-Type: text/plain"], ["Content-Type: application/jsonx"],
        ["Content-Type: application/json", "Content-Encoding: gzip"],
    ])
    func `is JSON by its own word, and not compressed`(fields: [String]) async throws {
        try await site().run { port async throws in
            let answer = try await put(port, #"{"rate":"full"}"#, fields: [Port.bearer] + fields)
            #expect(answer.status == 415)
        }
    }

    @Test(arguments: [
        (AccessToken.Scope.viewer, "PUT", 403), (.operator, "PUT", 200), (.admin, "PUT", 200),
        (.viewer, "DELETE", 403), (.operator, "DELETE", 403), (.admin, "DELETE", 204),
    ])
    func `needs a scope`(scope: AccessToken.Scope, method: String, status: Int) async throws {
        try await site(scope).run { port async throws in
            let answer = try await port.request(
                method, "/api/units/a", fields: [Port.bearer, Self.json], body: "{}")
            #expect(answer.status == status)
            let stranger = try await port.request(
                method, "/api/units/a", fields: [Self.json], body: "{}")
            #expect(stranger.status == 401)
        }
    }

    @Test(arguments: [
        ([], 403), (["Sec-Fetch-Site: none"], 403), (["Sec-Fetch-Site: same-origin"], 200),
        (["Sec-Fetch-Site: same-site"], 403), (["Sec-Fetch-Site: cross-site"], 403),
        (["Origin: http://127.0.0.1:PORT"], 200), (["Origin: http://evil.example"], 403),
        (["Origin: null"], 403), (["Origin: https://levels.example.org"], 200),
        (["Sec-Fetch-Site: cross-site", "Origin: https://levels.example.org"], 200),
        (["Sec-Fetch-Site: cross-site", "Origin: http://127.0.0.1:PORT"], 403),
    ])
    func `with a session comes from our own pages`(fields: [String], status: Int) async throws {
        var site = site()
        site.configuration.origins = ["https://levels.example.org"]
        let value = try await site.session()
        try await site.run { port async throws in
            let fields = fields.map { $0.replacing("PORT", with: "\(port.number)") }
            let answer = try await put(
                port, #"{"rate":"full"}"#,
                fields: [Self.json, "Cookie: earshot-operator=\(value)"] + fields)
            #expect(answer.status == status)
            let program = try await put(
                port, #"{"rate":"full"}"#, fields: [Self.json, Port.bearer] + fields)
            #expect(program.status == 200)
        }
    }

    @Test func `is not for what is no unit`() async throws {
        try await site(.admin).run { port async throws in
            for (unit, status) in [("nobody", 404), ("no.name", 400)] {
                #expect(try await put(port, "{}", unit: unit).status == status)
                #expect(try await port.request("DELETE", "/api/units/\(unit)").status == status)
            }
        }
    }

    @Test func `never comes by GET`() async throws {
        let site = site(.admin)
        let before = try await site.directory.units()
        try await site.run { port async throws in
            for path in ["/api/units/a?rate=full", "/units/a?rate=full", "/?rate=full"] {
                _ = try await port.request(
                    "GET", path, fields: [Port.bearer, Self.json], body: #"{"rate":"full"}"#)
            }
        }
        #expect(try await site.directory.units() == before)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `The removal of a unit` {
    @Test func `forgets it, once`() async throws {
        var site = Site()
        site.tokens = FakeTokens(scope: .admin)
        try await site.run { port async throws in
            #expect(try await port.request("DELETE", "/api/units/a").status == 204)
            #expect(try await site.directory.units().map(\.id) == ["b-2"])
            #expect(try await port.get("/api/units/a").status == 404)
            #expect(try await port.request("DELETE", "/api/units/a").status == 404)
        }
    }
}
