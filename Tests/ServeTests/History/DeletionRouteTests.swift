//  DeletionRouteTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `A deletion of frames` {
    /// A frame each second from 15:59:00 to 15:59:09 of unit a, and of one that was removed.
    private func site(_ scope: AccessToken.Scope = .admin) -> Site {
        let start = Timestamp("2026-11-23T15:59:00Z")
        var site = Site()
        site.tokens = FakeTokens(scope: scope)
        site.frames = FakeStore(
            ["a", "removed"].flatMap { unit in
                (0..<10).map { second in
                    .sample(UnitID(unit)!, at: start.advanced(byMilliseconds: second * 1000))
                }
            })
        site.exported = site.frames
        return site
    }

    private static let range = "from=2026-11-23T15:59:02Z&to=2026-11-23T15:59:05Z"

    private func seconds(_ site: Site, _ unit: UnitID = "a") -> [Int64] {
        site.frames.frames(of: unit).map { $0.time.milliseconds / 1000 % 60 }
    }

    @Test func `takes those from its beginning to before its end`() async throws {
        let site = site()
        try await site.run { port async throws in
            let path = "/api/units/a/history?\(Self.range)"
            let raw = "/api/units/a/history?resolution=raw&from=1790000000000&to=1800000000000"
            let before = try await port.get(raw)
            let answer = try await port.request("DELETE", path)
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"unit":"a","from":"2026-11-23T15:59:02.000Z","to":"2026-11-23T15:59:05.000Z"}"#)
            #expect(answer["cache-control"] == "no-store")
            #expect(seconds(site) == [0, 1, 5, 6, 7, 8, 9])
            #expect(seconds(site, "removed").count == 10)
            // Whoever kept the answer from before is told that it is not true any more.
            let tag = try #require(before["etag"])
            let after = try await port.get(raw, fields: [Port.bearer, "If-None-Match: \(tag)"])
            #expect(after.status == 200 && after["etag"] != tag)
            // Once more does no harm.
            #expect(try await port.request("DELETE", path).body == answer.body)
            #expect(seconds(site).count == 7)
        }
    }

    @Test(arguments: [
        ("", 422, ["from", "to"]), ("from=2026-11-23T15:59:02Z", 422, ["to"]),
        ("to=2026-11-23T15:59:02Z", 422, ["from"]),
        ("from=2026-11-23T15:59:05Z&to=2026-11-23T15:59:05Z", 422, ["to"]),
        ("from=2026-11-23T15:59:05Z&to=2026-11-23T15:59:02Z", 422, ["to"]),
        ("from=0&to=99999999999999999", 422, ["to"]), ("from=then&to=1", 400, ["from"]),
        ("from=0&from=1&to=2", 400, ["from"]), ("from=&to=2", 400, ["from"]),
        ("\(Self.range)&metrics=lp", 422, ["metrics"]),
        ("\(Self.range)&cursor=r1-a-b", 422, ["cursor"]),
    ])
    func `is done only when it says exactly what`(
        query: String, status: Int, fields: [String]
    ) async throws {
        let site = site()
        try await site.run { port async throws in
            let answer = try await port.request("DELETE", "/api/units/a/history?\(query)")
            #expect(answer.status == status)
            #expect(answer["content-type"] == "application/problem+json")
            for field in fields {
                #expect(answer.body.contains(#"{"field":"\#(field)","message":""#))
            }
        }
        #expect(seconds(site).count == 10)
    }

    @Test(arguments: [
        ("a", 200), ("b-2", 200), ("removed", 200), ("nobody", 404), ("no.name", 400),
    ])
    func `is of a unit that is known, or has frames`(unit: String, status: Int) async throws {
        let site = site()
        try await site.run { port async throws in
            let path = "/api/units/\(unit)/history?\(Self.range)"
            #expect(try await port.request("DELETE", path).status == status)
        }
        #expect(seconds(site, "removed").count == (unit == "removed" ? 7 : 10))
    }

    @Test(arguments: [(AccessToken.Scope.viewer, 403), (.operator, 403), (.admin, 200)])
    func `needs the scope admin`(scope: AccessToken.Scope, status: Int) async throws {
        let site = site(scope)
        try await site.run { port async throws in
            let path = "/api/units/a/history?\(Self.range)"
            #expect(try await port.request("DELETE", path, fields: []).status == 401)
            #expect(seconds(site).count == 10)
            #expect(try await port.request("DELETE", path).status == status)
        }
        #expect(seconds(site).count == (status == 200 ? 7 : 10))
    }

    @Test(arguments: [
        ([], 403), (["Sec-Fetch-Site: same-origin"], 200), (["Sec-Fetch-Site: cross-site"], 403),
        (["Origin: http://evil.example"], 403),
    ])
    func `with a session comes from our own pages`(fields: [String], status: Int) async throws {
        let site = site()
        let value = try await site.session()
        try await site.run { port async throws in
            let answer = try await port.request(
                "DELETE", "/api/units/a/history?\(Self.range)",
                fields: ["Cookie: earshot-operator=\(value)"] + fields)
            #expect(answer.status == status)
        }
        #expect(seconds(site).count == (status == 200 ? 7 : 10))
    }

    @Test(arguments: [
        (StoreError.full, 507, "The disk is full"), (.failed("EIO"), 503, "cannot write"),
        (.stopped, 503, "going down"),
    ])
    func `that the store cannot do is to be sent again`(
        failure: StoreError, status: Int, detail: String
    ) async throws {
        let site = site()
        site.frames.fail(failure)
        try await site.run { port async throws in
            let answer = try await port.request(
                "DELETE", "/api/units/a/history?\(Self.range)")
            #expect(answer.status == status)
            #expect(answer.body.contains(detail) && answer.body.contains("It may not be done."))
            #expect(answer["retry-after"] == "10")
            #expect(!answer.body.contains("EIO"))
        }
    }

    @Test func `are not too many at once`() async throws {
        let site = site()
        site.frames.fail(DeletionError.tooMany(10_000))
        try await site.run { port async throws in
            let answer = try await port.request(
                "DELETE", "/api/units/a/history?\(Self.range)")
            #expect(answer.status == 409 && answer["retry-after"] == nil)
            #expect(answer.body.contains("10000 deletions wait"))
            #expect(answer.body.contains("`earshot store compact --force`"))
        }
        #expect(seconds(site).count == 10)
    }
}
