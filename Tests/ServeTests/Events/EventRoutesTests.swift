//  EventRoutesTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

private let json = "Content-Type: application/json"

private func site(_ scope: AccessToken.Scope = .operator) -> Site {
    var site = Site()
    site.tokens = FakeTokens(scope: scope)
    site.books.set([.sample(2), .sample(1)])
    return site
}

extension Port {
    fileprivate func post(_ path: String, _ body: String) async throws -> RawConnection.Answer {
        try await request("POST", path, fields: [Port.bearer, json], body: body)
    }
}

/// The JSON of an event of `SoundEvent.sample(_:)`.
private func body(_ id: Int, acknowledged: String = "[]", comments: String = "[]") -> String {
    #"{"id":\#(id),"kind":"rule","status":"active","unit":"a","upstream":null,"location":"gate","#
        + #""rule_id":"night","rule_version":3,"rule":{"id":"night","version":3,"location":"gate","#
        + #""unit":null,"name":"Night \"noise\"","metric":"laeq","averaging":{"mode":"clock","#
        + #""seconds":900,"consecutive":1},"comparison":"above","threshold_db":65.0,"#
        + #""warning_db":60.0,"duration_s":0,"clear_margin_db":2.0,"cooldown_s":300,"gap_s":30,"#
        + #""schedule":{"start":"22:00","end":"07:00","days":["fri"],"except_dates":["2026-12-25"]},"#
        + #""enabled":true,"severity":null,"visible_to_client":true,"recipients":[]},"#
        + #""metric":"laeq","threshold_db":65.0,"level":"alarm","#
        + #""first_exceeded_at":"2026-11-23T15:45:00.000Z","onset_at":"2026-11-23T16:00:00.000Z","#
        + #""onset_value":67.1,"peak_value":70.2,"peak_at":"2026-11-23T16:00:00.000Z","#
        + #""last_exceeded_at":"2026-11-23T16:00:00.000Z","exceeded_s":900.500,"last_value":67.1,"#
        + #""cleared_at":null,"closed_at":null,"clear_reason":null,"suppressed":0,"samples":1,"#
        + #""coverage":0.75,"overloaded":false,"no_data":false,"saved":true,"replayed":false,"#
        + #""acknowledged":\#(acknowledged),"comments":\#(comments)}"#
}

@Suite(.timeLimit(.minutes(10))) struct `Events over HTTP` {
    @Test func `are answered with all that is known, and how many need somebody`() async throws {
        try await site().run { port async throws in
            let page =
                #"{"events":[\#(body(2)),\#(body(1))],"active":2,"unacknowledged":2,"#
                + #""next":"e1.1795392000000.3"}"#
            #expect(try await port.get("/api/events").body == page)
            #expect(try await port.get("/api/units/a/events").body == page)
            #expect(try await port.get("/api/events/2").body == body(2))
        }
    }

    @Test func `that have ended, or are no rule's, say so`() async throws {
        let site = site()
        var ended = SoundEvent.sample(3)
        ended.clearedAt = "2026-11-23T16:15:00Z"
        ended.closedAt = "2026-11-23T16:15:00.500Z"
        ended.clearReason = .windowEnd
        var down = SoundEvent(
            kind: .upstreamDown, unit: nil, upstream: "north",
            firstExceededAt: "2026-11-23T15:45:00Z", onsetAt: "2026-11-23T16:00:00Z")
        down.id = 4
        site.books.set([ended, down])
        try await site.run { port async throws in
            let answer = try await port.get("/api/events/3").body
            #expect(answer.contains(#""status":"cleared""#))
            #expect(answer.contains(#""cleared_at":"2026-11-23T16:15:00.000Z","closed_at":"2026"#))
            #expect(answer.contains(#""clear_reason":"window_end""#))
            let other = try await port.get("/api/events/4").body
            #expect(other.contains(#""kind":"upstream_down","status":"active","unit":null,"#))
            #expect(other.contains(#""upstream":"north","location":null,"rule_id":null,"#))
            #expect(other.contains(#""rule":null,"metric":null,"threshold_db":null"#))
        }
    }

    @Test func `are asked for by state, time, unit and place, page by page`() async throws {
        let site = site()
        try await site.run { port async throws in
            let query =
                "status=unacknowledged&from=2026-11-22T00:00:00Z&to=1795392000000&unit=b-2"
                + "&location=a.b%3Ac&project=p1&limit=7&cursor=e1.1795392000000.3"
            #expect(try await port.get("/api/events?\(query)").status == 200)
            #expect(try await port.get("/api/units/a/events?from=2026-11-22T00:00:00Z").status == 200)
            #expect(try await port.get("/api/units/b-2/events?unit=b-2&status=active").status == 200)
        }
        var question = EventQuestion()
        question.status = .unacknowledged
        question.range = TimeRange(start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z")
        question.unit = "b-2"
        question.location = "a.b:c"
        question.project = "p1"
        question.limit = 7
        question.cursor = .init(onset: "2026-11-23T00:00:00Z", id: 3)
        #expect(site.books.asked[0] == question)
        #expect(site.books.asked[1].unit == "a" && site.books.asked[1].limit == 100)
        #expect(site.books.asked[1].range?.start == "2026-11-22T00:00:00Z")
        #expect(site.books.asked[1].range?.end == Timestamp(milliseconds: .max))
        #expect(site.books.asked[2].unit == "b-2" && site.books.asked[2].status == .active)
    }

    @Test(arguments: [
        ("/api/events?status=open", 422, "status"), ("/api/events?limit=0", 422, "limit"),
        ("/api/events?limit=1001", 422, "limit"), ("/api/events?limit=x", 400, "limit"),
        ("/api/events?from=yesterday", 400, "from"),
        ("/api/events?from=2026-11-22T00:00:00Z&to=2026-11-22T00:00:00Z", 422, "to"),
        ("/api/events?project=p9", 422, "project"), ("/api/events?location=x", 422, "location"),
        ("/api/events?unit=no.name", 400, "unit"), ("/api/events?cursor=e2.1.1", 400, "cursor"),
        ("/api/events?cursor=e1.1", 400, "cursor"), ("/api/units/a/events?unit=b-2", 400, "unit"),
    ])
    func `are not asked for in a way that cannot be`(
        path: String, status: Int, field: String
    ) async throws {
        try await site().run { port async throws in
            let answer = try await port.get(path)
            #expect(answer.status == status)
            #expect(answer.body.contains(#""errors":[{"field":"\#(field)","#), "\(answer.body)")
        }
    }

    @Test func `take acknowledgements and comments, with who and when`() async throws {
        let site = site()
        let at = site.clock.now
        func note(_ text: String) -> String {
            #"{"at":"\#(at)","by":"test","note":"\#(text)"}"#
        }
        try await site.run { port async throws in
            let first = try await port.post("/api/events/1/ack", "{}")
            #expect(first.status == 200 && first.body == body(1, acknowledged: "[\(note(""))]"))
            _ = try await port.post("/api/events/1/ack", #"{"note":null}"#)
            let second = try await port.post("/api/events/1/ack", #"{"note":"seen"}"#)
            let notes = "[\(note("")),\(note("")),\(note("seen"))]"
            #expect(second.body == body(1, acknowledged: notes))
            let comment = try await port.post("/api/events/1/comments", #"{"note":"a crane"}"#)
            #expect(comment.status == 200)
            #expect(comment.body == body(1, acknowledged: notes, comments: "[\(note("a crane"))]"))
            #expect(try await port.get("/api/events/1").body == comment.body)
        }
    }

    @Test(arguments: [
        ("ack", #"{"note":5}"#, 422), ("ack", #"{"text":"a"}"#, 422), ("ack", "[]", 400),
        ("ack", "", 400), ("ack", #"{"note":"full"}"#, 409),
        ("ack", #"{"note":""# + String(repeating: "ä", count: 2001) + #""}"#, 422),
        ("ack", #"{"note":""# + String(repeating: "ä", count: 2000) + #""}"#, 200),
        ("ack", #"{"note":""# + String(repeating: "x", count: 64 * 1024) + #""}"#, 413),
        // Characters of 5 bytes each.
        ("ack", #"{"note":""# + String(repeating: "e\u{301}\u{308}", count: 1599) + #""}"#, 200),
        ("ack", #"{"note":""# + String(repeating: "e\u{301}\u{308}", count: 1601) + #""}"#, 422),
        ("ack", #"{"note":"a\tb\nc"}"#, 200), ("ack", #"{"note":"a\rb"}"#, 422),
        ("comments", #"{"note":"a\u0000b"}"#, 422), ("comments", #"{"note":"a\u001bb"}"#, 422),
        ("comments", #"{"note":"a\u007fb"}"#, 422), ("comments", #"{"note":"a\u0085b"}"#, 422),
        ("comments", "{}", 422), ("comments", #"{"note":null}"#, 422),
        ("comments", #"{"note":" \n"}"#, 422), ("comments", #"{"note":"a"}"#, 200),
    ])
    func `take notes within bounds`(path: String, body: String, status: Int) async throws {
        try await site().run { port async throws in
            let answer = try await port.post("/api/events/1/\(path)", body)
            #expect(answer.status == status, "\(answer.body.prefix(300))")
            if status == 422 { #expect(answer.body.contains(#""errors":[{"field":""#)) }
        }
    }

    @Test func `are replayed by so many at once`() async throws {
        var site = site()
        site.configuration.exports = 1
        try await site.run { port async throws in
            for _ in 0..<3 {
                #expect(try await port.get("/api/events/1/replay").status == 200)
            }
        }
        site.configuration.exports = 0
        try await site.run { port async throws in
            let answer = try await port.get("/api/events/1/replay")
            #expect(answer.status == 429 && answer["retry-after"] == "5")
            #expect(answer.body.contains("At most 0 replays run at once."))
            #expect(try await port.get("/api/events/9/replay").status == 404)
        }
        #expect(site.counts.hits(of: .replays) == 1)
    }

    @Test func `that are not there are not found`() async throws {
        try await site().run { port async throws in
            for path in ["/api/events/9", "/api/events/x", "/api/events/99999999999999999999",
                "/api/units/nobody/events"]
            {
                #expect(try await port.get(path).status == 404, "\(path)")
            }
            for path in ["/api/events/9/ack", "/api/events/x/ack", "/api/events/9/comments"] {
                #expect(try await port.post(path, #"{"note":"a"}"#).status == 404, "\(path)")
            }
        }
    }

    @Test(arguments: ["ack", "comments"])
    func `are acknowledged by those who may, from our own pages`(path: String) async throws {
        for (scope, status) in [(AccessToken.Scope.viewer, 403), (.operator, 200), (.admin, 200)] {
            let site = site(scope)
            let value = try await site.session()
            try await site.run { port async throws in
                #expect(
                    try await port.post("/api/events/1/\(path)", #"{"note":"a"}"#).status == status)
                for fields in [[json], [json, "Cookie: earshot-operator=\(value)"]] {
                    let answer = try await port.request(
                        "POST", "/api/events/1/\(path)", fields: fields, body: #"{"note":"a"}"#)
                    #expect(answer.status == (fields.count == 1 ? 401 : 403))
                }
                #expect(try await port.get("/api/events").status == 200)
                #expect(try await port.get("/api/events/1", fields: []).status == 401)
            }
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Events on a stream` {
    private func message(_ body: String) -> String { #"{"type":"event","# + body.dropFirst() }

    @Test func `come to the viewers of their unit, and of no other`() async throws {
        let site = site()
        var ended = SoundEvent.sample(2)
        ended.clearedAt = "2026-11-23T16:15:00Z"
        var other = SoundEvent.sample(3)
        other.unit = "b-2"
        try await site.run { port async throws in
            let (a, b) = (try await port.stream("a"), try await port.stream("b-2"))
            for stream in [a, b] { _ = try await stream.readMessage() }
            site.feed.publish([.event(.sample(1)), .event(other), .event(ended)])
            #expect(try await a.readMessage() == message(body(1)))
            let second = try await a.readMessage()
            #expect(second.hasPrefix(#"{"type":"event","id":2,"kind":"rule","status":"cleared","#))
            #expect(try await b.readMessage().hasPrefix(#"{"type":"event","id":3,"#))
        }
    }

    @Test func `of a whole upstream come to the viewers of its units`() async throws {
        let site = site()
        var down = SoundEvent(
            kind: .upstreamDown, unit: nil, upstream: "south",
            firstExceededAt: "2026-11-23T15:45:00Z", onsetAt: "2026-11-23T16:00:00Z")
        down.id = 9
        try await site.run { port async throws in
            let (a, b) = (try await port.stream("a"), try await port.stream("b-2"))
            for stream in [a, b] { _ = try await stream.readMessage() }
            site.feed.publish([.event(down)])
            #expect(try await b.readMessage().hasPrefix(#"{"type":"event","id":9,"kind":"upst"#))
            site.feed.publish([.event(.sample(1))])
            #expect(try await a.readMessage() == message(body(1)))
        }
    }

    @Test func `are told again when somebody says something of them`() async throws {
        let site = site()
        try await site.run { port async throws in
            let stream = try await port.stream("a")
            _ = try await stream.readMessage()
            let answer = try await port.post("/api/events/1/ack", #"{"note":"seen"}"#)
            #expect(try await stream.readMessage() == message(answer.body))
            let comment = try await port.post("/api/events/1/comments", #"{"note":"a crane"}"#)
            #expect(try await stream.readMessage() == message(comment.body))
        }
    }
}
