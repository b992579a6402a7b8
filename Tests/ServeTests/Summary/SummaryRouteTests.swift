//  SummaryRouteTests.swift · ServeTests

import Foundation
import Monitoring
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `Summaries` {
    /// A frame each second of 15:00:01 to 15:15:00, 50.0 dB, the last minute 70.0.
    private func site(damage: [Damage] = []) -> Site {
        let start = Timestamp("2026-11-23T15:00:00Z")
        var site = Site()
        site.history = FakeHistory(
            (1...899).map {
                .sample(
                    at: start.advanced(byMilliseconds: $0 * 1000), lp: $0 > 840 ? 700 : 500,
                    start: start)
            }, damage: damage)
        return site
    }

    private func periods(_ port: Port, _ query: String) async throws -> [[String: Any]] {
        let answer = try await port.get("/api/units/a/summary?\(query)")
        #expect(answer.status == 200, "\(answer.body.prefix(300))")
        let body = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as! [String: Any]
        return body["periods"] as! [[String: Any]]
    }

    @Test func `tell what each period came to`() async throws {
        try await site().run { port async throws in
            let answer = try await port.get(
                "/api/units/a/summary?from=2026-11-23T15:00:00Z&to=2026-11-23T15:15:00Z&period=15m"
                    + "&tz=Asia/Kolkata&above=55,69.9,70&ln=1,10,50&limit=58.2")
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/json")
            #expect(
                answer.body
                    == #"{"unit":"a","from":"2026-11-23T15:00:00.000Z","to":"2026-11-23T15:15:00.000Z","#
                    + #""period":"15m","tz":"Asia/Kolkata","hours":[7,19,23],"min_coverage":75,"#
                    + #""source":"raw","complete_until":"2026-11-23T15:14:59.000Z","periods":["#
                    + #"{"from":"2026-11-23T15:00:00.000Z","to":"2026-11-23T15:15:00.000Z","#
                    + #""from_local":"2026-11-23T20:30:00.000+05:30","#
                    + #""to_local":"2026-11-23T20:45:00.000+05:30","#
                    + #""laeq":58.75,"lp_max":70.0,"lmax":80.0,"lmin":null,"#
                    + #""ln":{"1":null,"10":50.0,"50":50.0},"#
                    + #""lday":null,"levening":null,"lnight":null,"lden":null,"ldn":null,"#
                    + #""coverage":0.9989,"samples":899,"typical_cadence_seconds":1.00,"#
                    + #""overloaded_seconds":0.0,"above":[{"threshold_db":55.0,"seconds":59.0},"#
                    + #"{"threshold_db":69.9,"seconds":59.0},{"threshold_db":70.0,"seconds":0.0}],"#
                    + #""limit":58.2,"verdict":"above"}],"damage":[]}"#)
        }
    }

    // LAeq is 58.746: 58.75 in two decimals and 58.7 in one, never rounded twice.
    @Test(arguments: [
        ("limit=58.7", "kept"), ("limit=58.6", "above"), ("limit=58", "above"), ("limit=59", "kept"),
        ("", "not_judged"),
        ("limit=50&min_coverage=100", "not_judged"),
    ])
    func `judge in tenths`(query: String, verdict: String) async throws {
        try await site().run { port async throws in
            let rows = try await periods(
                port, "from=2026-11-23T15:00:00Z&to=2026-11-23T15:15:00Z&period=15m&\(query)")
            #expect(rows.count == 1 && rows[0]["verdict"] as? String == verdict)
            #expect((rows[0]["limit"] is NSNull) == query.isEmpty)
        }
    }

    @Test(arguments: [
        ("5m", 3), ("15m", 1), ("30m", 1), ("1h", 1), ("hour", 1), ("1d", 1), ("day", 1),
        ("week", 1), ("month", 1),
    ])
    func `have rows of each period`(period: String, count: Int) async throws {
        try await site().run { port async throws in
            let rows = try await periods(
                port, "from=2026-11-23T15:00:00Z&to=2026-11-23T15:15:00Z&period=\(period)")
            #expect(rows.count == count)
            #expect(Set((rows[0]["ln"] as! [String: Any]).keys) == ["10", "50", "90"])
        }
    }

    @Test func `are one row without a period`() async throws {
        try await site().run { port async throws in
            let rows = try await periods(
                port, "from=2026-11-23T15:00:00Z&to=2026-11-23T15:15:00Z&tz=Asia/Tokyo")
            // 00:00 to 00:15 in Tokyo.
            #expect(rows.count == 1)
            #expect(rows[0]["lnight"] as? Double == 58.75)
            #expect(rows[0]["lday"] is NSNull && rows[0]["lden"] is NSNull)
            let moved = try await periods(
                port,
                "from=2026-11-23T15:00:00Z&to=2026-11-23T15:15:00Z&tz=Asia/Tokyo&hours=0,8,20")
            #expect(moved[0]["lday"] as? Double == 58.75)
        }
    }

    @Test func `have every period, empty ones too`() async throws {
        try await site().run { port async throws in
            let rows = try await periods(
                port, "from=2026-11-23T14:30:00Z&to=2026-11-23T15:30:00Z&period=30m&above=60")
            #expect(rows.count == 2)
            for key in ["laeq", "lp_max", "lmax", "lmin", "lden", "typical_cadence_seconds"] {
                #expect(rows[0][key] is NSNull, Comment(rawValue: key))
            }
            #expect(rows[0]["coverage"] as? Double == 0 && rows[0]["samples"] as? Int == 0)
            // Half of this one is covered: too little for a mean, enough for what was measured.
            #expect(rows[1]["laeq"] is NSNull && rows[1]["lp_max"] as? Double == 70)
            let above = (rows[1]["above"] as! [[String: Any]])[0]
            #expect(above["seconds"] as? Double == 59)
        }
    }

    @Test func `say what is damaged, once`() async throws {
        let part = Damage(file: "s1", kind: "page", unit: "a", detail: "cannot be read")
        try await site(damage: [part]).run { port async throws in
            let answer = try await port.get(
                "/api/units/a/summary?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z")
            #expect(
                answer.body.hasSuffix(
                    #""damage":[{"file":"s1","kind":"page","unit":"a","from":null,"to":null,"#
                        + #""detail":"cannot be read"}]}"#))
        }
    }

    @Test func `are not sent again to who has them`() async throws {
        try await site().run { port async throws in
            let path = "/api/units/a/summary?from=2026-11-23T15:00:00Z&to=2026-11-23T16:00:00Z"
            let first = try await port.get(path)
            let tag = try #require(first["etag"])
            #expect(first["cache-control"] == "private, no-cache" && !tag.hasPrefix("W/"))
            let second = try await port.get(
                path, fields: [Port.bearer, "If-None-Match: \(tag)"])
            #expect(second.status == 304)
            let other = try await port.get(
                path + "&limit=50", fields: [Port.bearer, "If-None-Match: \(tag)"])
            #expect(other.status == 200)
        }
    }

    @Test(arguments: [
        ("to=2026-11-23T16:00:00Z", 400, "from"),
        ("from=2026-11-23T15:00:00Z", 400, "to"),
        ("from=yesterday&to=2026-11-23T16:00:00Z", 400, "from"),
        ("from=0&to=1000&period=", 400, "period"),
        ("from=0&to=1000&min_coverage=most", 400, "min_coverage"),
        ("from=2026-11-23T16:00:00Z&to=2026-11-23T15:00:00Z", 422, "to"),
        ("from=0&to=0", 422, "to"),
        ("from=0&to=1000&period=year", 422, "period"),
        ("from=0&to=1000&period=15", 422, "period"),
        ("from=0&to=3000000000&period=5m", 422, "period"),
        ("from=0&to=36000000000&period=1h", 422, "period"),
        ("from=0&to=864000000001&period=1d", 422, "to"),
        ("from=0001-01-01T00:00:00Z&to=9999-12-31T00:00:00Z&period=month", 422, "to"),
        ("from=0&to=207360000001", 422, "to"),
        ("from=0&to=1000&tz=Europe/Lodnon", 422, "tz"),
        ("from=0&to=1000&ln=0", 422, "ln"),
        ("from=0&to=1000&ln=10,100", 422, "ln"),
        ("from=0&to=1000&ln=10.5", 422, "ln"),
        ("from=0&to=1000&ln=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", 422, "ln"),
        ("from=0&to=1000&above=loud", 422, "above"),
        ("from=0&to=1000&above=55,", 422, "above"),
        ("from=0&to=1000&above=55.55", 422, "above"),
        ("from=0&to=1000&above=200.1", 422, "above"),
        ("from=0&to=1000&above=-50.1", 422, "above"),
        ("from=0&to=1000&above=1e2", 422, "above"),
        ("from=0&to=1000&above=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", 422, "above"),
        ("from=0&to=1000&limit=55,65", 422, "limit"),
        ("from=0&to=1000&limit=NaN", 422, "limit"),
        ("from=0&to=1000&min_coverage=101", 422, "min_coverage"),
        ("from=0&to=1000&min_coverage=-1", 422, "min_coverage"),
        ("from=0&to=1000&hours=7,19", 422, "hours"),
        ("from=0&to=1000&hours=19,7,23", 422, "hours"),
        ("from=0&to=1000&hours=7,19,24", 422, "hours"),
    ])
    func `name the parameter that is wrong`(query: String, status: Int, field: String)
        async throws
    {
        try await Site().run { port async throws in
            let answer = try await port.get("/api/units/a/summary?\(query)")
            #expect(answer.status == status, "\(answer.body.prefix(300))")
            let problem = try JSONDecoder().decode(ProblemBody.self, from: Data(answer.body.utf8))
            #expect(problem.errors?.first?.field == field)
        }
    }

    @Test(arguments: [
        ("above=-50,200,0,55.5", "month", 15), ("ln=1,99&above=55", "5m", 8928),
    ])
    func `take what is within the bounds`(query: String, period: String, count: Int) async throws {
        try await site().run { port async throws in
            let from = "2026-01-01T00:00:00Z"
            let to = period == "5m" ? "2026-02-01T00:00:00Z" : "2027-03-02T00:00:00Z"
            let rows = try await periods(port, "from=\(from)&to=\(to)&period=\(period)&\(query)")
            #expect(rows.count == count)
        }
    }

    @Test func `need credentials, and a unit that is there`() async throws {
        try await Site().run { port async throws in
            let query = "from=0&to=1000"
            #expect(try await port.get("/api/units/a/summary?\(query)", fields: []).status == 401)
            #expect(try await port.get("/api/units/nobody/summary?\(query)").status == 404)
        }
    }
}
