//  HistoryRouteTests.swift · ServeTests

import Foundation
import Monitoring
import Support
import Testing

@testable import Serve

/// 16:00 on the clock of `Site`.
private let now = Timestamp("2026-11-23T16:00:00Z")

@Suite(.timeLimit(.minutes(10))) struct `History` {
    /// A frame each second from 15:59:00 to 15:59:09, 50.0 … 50.9 dB.
    private func site(damage: [Damage] = []) -> Site {
        let start = Timestamp("2026-11-23T15:59:00Z")
        var site = Site()
        site.history = FakeHistory(
            (0..<10).map {
                .sample(at: start.advanced(byMilliseconds: $0 * 1000), lp: 500 + Int16($0))
            }, damage: damage)
        return site
    }

    @Test func `gives every bucket of the range by column`() async throws {
        try await site().run { port async throws in
            let answer = try await port.get(
                "/api/units/a/history?from=2026-11-23T15:58:55Z&to=2026-11-23T15:59:10Z&step=5")
            #expect(answer.status == 200)
            #expect(answer["content-type"] == "application/json")
            let t = Timestamp("2026-11-23T15:58:55Z").milliseconds
            #expect(
                answer.body
                    == #"{"unit":"a","from":"2026-11-23T15:58:55.000Z","to":"2026-11-23T15:59:10.000Z","#
                    + #""step_seconds":5,"source":"raw","complete_until":"2026-11-23T15:59:09.000Z","#
                    + #""coverage":0.6667,"t":[\#(t),\#(t + 5000),\#(t + 10_000)],"#
                    + #""lp":{"mean":[50.00,50.30,50.75],"min":[null,50.0,50.5],"max":[null,50.4,50.9]},"#
                    + #""leq":{"last":[null,49.4,49.9],"min":[null,49.0,49.5],"max":[null,49.4,49.9]},"#
                    + #""lmax":{"last":[null,60.4,60.9],"min":[null,60.0,60.5],"max":[null,60.4,60.9]},"#
                    + #""lmin":{"last":[null,40.4,40.9],"min":[null,40.0,40.5],"max":[null,40.4,40.9]},"#
                    + #""lpeak":{"last":[null,null,null],"min":[null,null,null],"max":[null,null,null]},"#
                    + #""ln1":{"last":[null,null,null],"min":[null,null,null],"max":[null,null,null]},"#
                    + #""ln2":{"last":[null,null,null],"min":[null,null,null],"max":[null,null,null]},"#
                    + #""covered":[1.0,5.0,4.0],"damage":[]}"#)
        }
    }

    @Test func `keeps to the metrics asked for, and takes epoch milliseconds`() async throws {
        try await site().run { port async throws in
            let from = Timestamp("2026-11-23T15:00:00Z").milliseconds
            let answer = try await port.get(
                "/api/units/a/history?from=\(from)&to=\(from + 3_600_000)&points=60&metrics=lmax")
            let body = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
            let keys = Set((body as! [String: Any]).keys)
            #expect(
                keys == [
                    "unit", "from", "to", "step_seconds", "source", "complete_until", "coverage",
                    "t", "lmax", "covered", "damage",
                ])
            #expect((body as! [String: Any])["step_seconds"] as? Int == 60)
        }
    }

    @Test func `says what is damaged`() async throws {
        let part = Damage(
            file: "s1", kind: "page", unit: "a", from: "2026-11-23T15:00:00Z", to: nil,
            detail: "a \"page\"")
        try await site(damage: [part]).run { port async throws in
            let answer = try await port.get(
                "/api/units/a/history?from=2026-11-23T15:00:00Z&to=2026-11-23T16:00:00Z")
            #expect(
                answer.body.hasSuffix(
                    #""damage":[{"file":"s1","kind":"page","unit":"a","#
                        + #""from":"2026-11-23T15:00:00.000Z","to":null,"detail":"a \"page\""}]}"#))
        }
    }

    @Test func `gives stored frames page by page`() async throws {
        try await site().run { port async throws in
            var times: [Int64] = []
            var cursor = ""
            var pages = 0
            repeat {
                let answer = try await port.get(
                    "/api/units/a/history?resolution=raw&limit=4&metrics=lp,ln1\(cursor)")
                let body =
                    try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
                    as! [String: Any]
                times += body["t"] as! [Int64]
                pages += 1
                cursor = (body["next"] as? String).map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(pages == 3)
            #expect(
                times
                    == (0..<10).map {
                        Timestamp("2026-11-23T15:59:00Z").milliseconds + $0 * 1000
                    })
        }
    }

    @Test func `gives the origin of each frame by name`() async throws {
        let start = Timestamp("2026-11-23T15:00:00Z")
        var site = Site()
        site.history = FakeHistory(
            FrameState.Origin.allCases.enumerated().map { second, origin in
                let state: FrameState = [.measuring, .over, .under]
                return .sample(
                    at: start.advanced(byMilliseconds: Int64(second) * 1000),
                    state: state.from(origin), start: start)
            })
        try await site.run { port async throws in
            let json = try await port.get("/api/units/a/history?resolution=raw&metrics=lp")
            #expect(json.body.contains(#""origin":["live","late","imported","trail"]"#))
            let words = Array(repeating: #""measuring""#, count: 4).joined(separator: ",")
            #expect(json.body.contains(#""state":[\#(words)]"#))
        }
    }

    @Test func `gives stored frames with their state and origin`() async throws {
        var site = Site()
        site.history = FakeHistory([
            .sample(at: "2026-11-23T15:00:00Z", lp: 571),
            .sample(
                at: "2026-11-23T15:00:01Z", lp: nil,
                state: FrameState([]).from(.late)),
        ])
        let time = Timestamp("2026-11-23T15:00:00Z").milliseconds
        try await site.run { port async throws in
            let json = try await port.get("/api/units/a/history?resolution=raw")
            #expect(
                json.body
                    == #"{"unit":"a","complete_until":"2026-11-23T15:00:01.000Z","#
                    + #""t":[\#(time),\#(time + 1000)],"#
                    + #""lp":[57.1,null],"leq":[56.1,null],"lmax":[67.1,null],"lmin":[47.1,null],"#
                    + #""lpeak":[null,null],"ln1":[null,null],"ln2":[null,null],"#
                    + #""state":["measuring","stopped"],"origin":["live","late"]}"#)
            let csv = try await port.get(
                "/api/units/a/history?resolution=raw&format=csv&metrics=lp,leq&limit=1")
            #expect(csv["content-type"] == "text/csv; charset=utf-8")
            #expect(
                csv.body
                    == "t,unit,lp,leq,state,origin,start\n"
                    + "2026-11-23T15:00:00.000Z,a,57.1,56.1,measuring,live,\n")
            #expect(csv["x-next-cursor"] != nil)
            let lines = try await port.get(
                "/api/units/a/history?resolution=raw&format=ndjson&metrics=lp")
            #expect(
                lines.body
                    == #"{"t":"2026-11-23T15:00:00.000Z","unit":"a","lp":57.1,"#
                    + #""state":"measuring","origin":"live","start":null}"#
                    + "\n"
                    + #"{"t":"2026-11-23T15:00:01.000Z","unit":"a","lp":null,"#
                    + #""state":"stopped","origin":"late","start":null}"#
                    + "\n")
        }
    }

    @Test func `is the last day of a unit that has none`() async throws {
        try await Site().run { port async throws in
            let raw = try await port.get("/api/units/a/history?resolution=raw")
            #expect(
                raw.body
                    == #"{"unit":"a","complete_until":null,"t":[],"lp":[],"leq":[],"lmax":[],"lmin":[],"#
                    + #""lpeak":[],"ln1":[],"ln2":[],"state":[],"origin":[]}"#)
        }
    }

    @Test func `is not sent again to who has it`() async throws {
        try await site().run { port async throws in
            let path = "/api/units/a/history?from=2026-11-23T15:00:00Z&to=2026-11-23T16:00:00Z"
            let first = try await port.get(path)
            let tag = try #require(first["etag"])
            #expect(first["cache-control"] == "private, no-cache")
            #expect(!tag.hasPrefix("W/"))
            let second = try await port.get(
                path, fields: [Port.bearer, "If-None-Match: \"other\", W/\(tag)"])
            #expect(second.status == 304)
            #expect(second["etag"] == tag)
            let third = try await port.get(
                path, fields: [Port.bearer, "If-None-Match: \"other\""])
            #expect(third.status == 200)
        }
    }

    @Test(arguments: [
        // Malformed.
        ("to=2026-11-23T16:00:00Z", 400, "from"),
        ("from=2026-11-23T15:00:00Z", 400, "to"),
        ("", 400, "from"),
        ("from=yesterday&to=2026-11-23T16:00:00Z", 400, "from"),
        ("from=2026-11-23T15:00:00Z&to=2026-13-01T00:00:00Z", 400, "to"),
        ("from=2026-11-23T15:00:00&to=2026-11-23T16:00:00Z", 400, "from"),
        ("from=&to=2026-11-23T16:00:00Z", 400, "from"),
        ("from=1e12&to=2026-11-23T16:00:00Z", 400, "from"),
        ("from=NaN&to=2026-11-23T16:00:00Z", 400, "from"),
        ("from=0&from=1&to=2", 400, "from"),
        ("from=0&to=1000&points=many", 400, "points"),
        ("from=0&to=1000&points=1.5", 400, "points"),
        ("from=0&to=1000&step=", 400, "step"),
        ("from=0&to=1000&step=1&points=1", 400, "step"),
        ("resolution=raw&cursor=nonsense", 400, "cursor"),
        ("resolution=raw&cursor=r1-5-4", 400, "cursor"),
        ("resolution=raw&cursor=r1-zzzzzzzzzzzzz-zzzzzzzzzzzzz", 400, "cursor"),
        ("resolution=raw&limit=ten", 400, "limit"),
        ("resolution=raw&from=x", 400, "from"),
        // Out of range.
        ("from=2026-11-23T16:00:00Z&to=2026-11-23T15:00:00Z", 422, "to"),
        ("from=2026-11-23T16:00:00Z&to=2026-11-23T16:00:00Z", 422, "to"),
        ("from=99999999999999999&to=2026-11-23T16:00:00Z", 422, "from"),
        ("from=0&to=99999999999999999999999", 422, "to"),
        ("from=0&to=1000&points=0", 422, "points"),
        ("from=0&to=1000&points=-5", 422, "points"),
        ("from=0&to=1000&points=100001", 422, "points"),
        ("from=0&to=1000&step=0", 422, "step"),
        ("from=0&to=1000&step=86401", 422, "step"),
        ("from=0&to=1000&step=99999999999999999999", 422, "step"),
        ("from=2026-01-01T00:00:00Z&to=2026-11-23T16:00:00Z&step=1", 422, "step"),
        ("from=0001-01-01T00:00:00Z&to=9999-12-31T00:00:00Z", 422, "to"),
        ("from=0&to=1000&tz=Europe/Lodnon", 422, "tz"),
        ("from=0&to=1000&tz=%2E%2E/etc/passwd", 422, "tz"),
        ("from=0&to=1000&metrics=lp,loudness", 422, "metrics"),
        ("from=0&to=1000&metrics=lp,", 422, "metrics"),
        ("from=0&to=1000&resolution=fine", 422, "resolution"),
        ("from=0&to=1000&format=csv", 422, "format"),
        ("from=0&to=1000&ln=0", 422, "ln"),
        ("from=0&to=1000&ln=10,100", 422, "ln"),
        ("from=0&to=1000&ln=10,", 422, "ln"),
        ("from=0&to=1000&ln=+5", 422, "ln"),
        ("from=0&to=20000000&step=1&ln=10", 422, "ln"),
        ("resolution=raw&ln=10", 422, "ln"),
        ("resolution=raw&limit=0", 422, "limit"),
        ("resolution=raw&limit=100001", 422, "limit"),
        ("resolution=raw&format=xml", 422, "format"),
        ("resolution=raw&step=5", 422, "step"),
        ("resolution=raw&from=2026-11-23T16:00:00Z&to=2026-11-23T15:00:00Z", 422, "to"),
        ("resolution=raw&metrics=x", 422, "metrics"),
    ])
    func `names the parameter that is wrong`(query: String, status: Int, field: String)
        async throws
    {
        try await Site().run { port async throws in
            let answer = try await port.get("/api/units/a/history?\(query)")
            #expect(answer.status == status)
            #expect(answer["content-type"] == "application/problem+json")
            let problem = try JSONDecoder().decode(ProblemBody.self, from: Data(answer.body.utf8))
            #expect(problem.errors?.first?.field == field)
            #expect(problem.status == status)
            #expect(problem.request_id == answer["x-request-id"])
        }
    }

    @Test(arguments: [
        ("/api/units/nobody/history", 404), ("/api/units/nobody/live", 404),
        ("/api/units/nobody", 404), ("/api/units/nobody/stream", 404), ("/api/nothing", 404),
        ("/api/units/%20/history", 400), ("/api/units/a.b/live", 400),
        ("/api/units/\(String(repeating: "a", count: 65))", 400), ("/api/units/..%2fa", 400),
        ("/api/units/a/stream", 426),
    ])
    func `refuses units that are not there`(path: String, status: Int) async throws {
        try await Site().run { port async throws in
            let answer = try await port.get(path)
            #expect(answer.status == status)
            let problem = try JSONDecoder().decode(ProblemBody.self, from: Data(answer.body.utf8))
            #expect(problem.status == status)
            #expect(!problem.detail.isEmpty && !problem.title.isEmpty)
            #expect((problem.errors?.first?.field == "unit") == (status == 400))
        }
    }

    @Test func `writes a hundred thousand buckets`() async throws {
        try await site().run { port async throws in
            let answer = try await port.get(
                "/api/units/a/history?from=0&to=100000000&points=100000&metrics=lp")
            #expect(answer.status == 200)
            let body = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
            #expect(((body as! [String: Any])["t"] as! [Any]).count == 100_000)
        }
    }
}

struct ProblemBody: Decodable {
    struct Fault: Decodable {
        let field: String
        let message: String
    }
    let type: String
    let title: String
    let status: Int
    let detail: String
    let request_id: String
    let errors: [Fault]?
}

@Suite struct `A cursor` {
    @Test(arguments: [Int64(0), 1_795_449_600_123, -5, -62_135_596_800_000, 253_402_300_799_999])
    func `comes back as it was`(milliseconds: Int64) {
        let cursor = Cursor(
            next: Timestamp(milliseconds: milliseconds),
            end: Timestamp(milliseconds: milliseconds + 1))
        #expect(Cursor(cursor.text) == cursor)
    }
}
