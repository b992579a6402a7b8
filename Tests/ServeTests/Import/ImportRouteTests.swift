//  ImportRouteTests.swift · ServeTests
//
//  `POST /api/import` over a real connection.

import Foundation
import Monitoring
import NIOCore
import Support
import Testing

@testable import Serve

private let csvType = "Content-Type: text/csv; charset=utf-8"

@Suite(.timeLimit(.minutes(10))) struct `An import` {
    private func site(_ scope: AccessToken.Scope = .admin) -> Site {
        var site = Site()
        site.tokens = FakeTokens(scope: scope)
        return site
    }

    private static let rows = """
        t,lp,leq
        2026-11-23T12:00:00Z,57.1,56.0
        2026-11-23T12:00:01Z,57.2,
        2026-11-23T12:00:02Z,1000,
        2026-11-23T12:00:01Z,57.2,
        2026-11-23T12:00:00Z,60.0,56.0

        """

    @Test func `answers what became of each frame`() async throws {
        let site = site()
        try await site.run { port async throws in
            let answer = try await port.request(
                "POST", "/api/import?unit=a", fields: [Port.bearer, csvType], body: Self.rows)
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"accepted":2,"duplicates":1,"conflicts":1,"#
                    + #""rejected":[{"row":3,"reason":"lp is beyond -50 to 200 dB"}],"rejected_count":1}"#
            )
            #expect(answer["cache-control"] == "no-store")
            let again = try await port.request(
                "POST", "/api/import?unit=a", fields: [Port.bearer, csvType], body: Self.rows)
            #expect(again.body.hasPrefix(#"{"accepted":0,"duplicates":3,"conflicts":1,"#))
        }
        #expect(site.frames.frames(of: "a").map { $0.levels[.lp]?.tenths } == [571, 572])
        #expect(site.frames.frames(of: "a").allSatisfy { $0.state.origin == .imported })
    }

    @Test func `leaves points of a trail what they are`() async throws {
        let site = site()
        let rows = """
            t,lp,leq,origin,start
            2026-11-23T15:00:00Z,,60,trail,
            2026-11-23T15:01:00Z,50,60,trail,2026-11-23T14:00:00Z
            2026-11-23T15:02:00Z,,60,live,2026-11-23T14:00:00Z

            """
        try await site.run { port async throws in
            let answer = try await port.request(
                "POST", "/api/import?unit=a", fields: [Port.bearer, csvType], body: rows)
            #expect(answer.body.hasPrefix(#"{"accepted":3,"#))
        }
        let origins = site.frames.frames(of: "a").map(\.state.origin)
        #expect(origins == [.trail, .imported, .imported])
    }

    @Test(arguments: [
        ("/api/import?unit=a", "text/plain", 415, "text/csv"),
        ("/api/import?unit=a", "application/json", 415, "application/x-ndjson"),
        ("/api/import?unit=a", nil, 415, "Send one of"),
        ("/api/import?unit=nobody", "text/csv", 422, "nobody, which is not known"),
        ("/api/import?unit=no+body", "text/csv", 400, "unit must be"),
        ("/api/import?unit=a&unit=a", "text/csv", 400, "more than once"),
        ("/api/import?unit=a&units=1:a", "text/csv", 400, "units goes with"),
        ("/api/import", "application/vnd.earshot.frames", 400, "unit or units is missing"),
        ("/api/import?unit=a&units=1:a", "application/vnd.earshot.frames", 400, "exclude"),
        ("/api/import?units=1:a,x:b-2", "application/vnd.earshot.frames", 400, "must be like"),
        ("/api/import?units=1:a,1:b-2", "application/vnd.earshot.frames", 400, "1 twice"),
        ("/api/import?units=1:a,70000:a", "application/vnd.earshot.frames", 400, "must be like"),
        ("/api/import?units=1:zz", "application/vnd.earshot.frames", 422, "zz, which is not"),
    ])
    func `says what is wrong with the request`(
        path: String, type: String?, status: Int, words: String
    ) async throws {
        let site = site()
        try await site.run { port async throws in
            let fields = [Port.bearer] + (type.map { ["Content-Type: \($0)"] } ?? [])
            let answer = try await port.request("POST", path, fields: fields, body: "t,lp\n")
            #expect(answer.status == status)
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer.body.contains(words), "\(answer.body)")
        }
    }

    @Test func `is for admins, and for sessions of our own pages only`() async throws {
        for scope in [AccessToken.Scope.viewer, .operator] {
            try await site(scope).run { port async throws in
                let answer = try await port.request(
                    "POST", "/api/import?unit=a", fields: [Port.bearer, csvType], body: Self.rows)
                #expect(answer.status == 403)
            }
        }
        try await site().run { port async throws in
            let answer = try await port.request(
                "POST", "/api/import?unit=a", fields: [csvType], body: Self.rows)
            #expect(answer.status == 401)
        }
    }

    @Test func `that is compressed is refused`() async throws {
        try await site().run { port async throws in
            let answer = try await port.request(
                "POST", "/api/import?unit=a",
                fields: [Port.bearer, csvType, "Content-Encoding: gzip"], body: Self.rows)
            #expect(answer.status == 415)
        }
    }

    @Test func `goes past the bound of other bodies, in bounded batches`() async throws {
        let times = (0..<5000).map { 1_790_000_000_000 + Int64($0) * 1000 }
        let body = Record.batch(times.map { Record(time: $0) })
        #expect(body.count > 2 * OperatorListener.Configuration(host: "", port: 0).bodyBytesMaximum)
        var site = site()
        site.configuration.importBounds.laneFrames = 500
        try await site.run { port async throws in
            let answer = try await port.post(
                "/api/import?unit=a", type: "application/vnd.earshot.frames", body)
            #expect(answer.body.hasPrefix("{\"accepted\":5000,"), "\(answer.body)")
        }
        // A piece of the body has 2,340 records.
        #expect(site.frames.addedCounts.count >= 2)
        #expect(site.frames.addedCounts.allSatisfy { $0 < 500 + 2341 })
    }

    @Test func `may come in chunks, and after asking`() async throws {
        let site = site()
        try await site.run { port async throws in
            let connection = try await RawConnection(port: port.number)
            try await connection.send(
                head(port, "text/csv", "Transfer-Encoding: chunked\r\nExpect: 100-continue"))
            #expect(try await connection.readAnswer(hasBody: false).status == 100)
            for byte in Self.rows { try await connection.send("1\r\n\(byte)\r\n") }
            try await connection.send("0\r\n\r\n")
            let answer = try await connection.readAnswer()
            #expect(answer.status == 200 && answer.body.hasPrefix("{\"accepted\":2,"))
            // The connection goes on.
            try await connection.send(
                "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await connection.readAnswer().status == 200)
            try await connection.close()
        }
    }

    @Test(arguments: [
        "Content-Length: 5000", "Transfer-Encoding: chunked",
    ])
    func `ends with a client that goes away, and leaves nothing`(framing: String) async throws {
        let site = site()
        try await site.run { port async throws in
            let connection = try await RawConnection(port: port.number)
            let isChunked = framing.contains("chunked")
            let size = String(Self.rows.utf8.count, radix: 16)
            try await connection.send(
                head(port, "text/csv", framing)
                    + (isChunked ? "\(size)\r\n\(Self.rows)\r\n" : Self.rows))
            try await connection.close()
            #expect(await site.frames.happenings.next() == "cancel")
        }
        #expect(site.frames.frames(of: "a").isEmpty)
    }

    @Test func `of a body that is not what it says leaves nothing`() async throws {
        let site = site()
        try await site.run { port async throws in
            for body in [
                Record.batch([Record()], count: 2), Record.batch([Record(), Record()]).dropLast(5),
            ] {
                let connection = try await RawConnection(port: port.number)
                try await connection.send(
                    head(port, "application/vnd.earshot.frames", "Transfer-Encoding: chunked"))
                try await connection.send("\(String(body.count, radix: 16))\r\n")
                try await connection.send(ByteBuffer(bytes: body))
                try await connection.send("\r\n0\r\n\r\n")
                #expect(try await connection.readAnswer().status == 400)
                #expect(await site.frames.happenings.next() == "cancel")
                try await connection.close()
            }
        }
        #expect(site.frames.frames(of: "a").isEmpty)
    }

    @Test(arguments: [
        (StoreError.full, 507, "The disk is full"), (.failed("EIO"), 503, "cannot write"),
        (.stopped, 503, "going down"),
    ])
    func `tells when the store takes nothing`(
        error: StoreError, status: Int, words: String
    ) async throws {
        let site = site()
        site.frames.fail(error)
        try await site.run { port async throws in
            let answer = try await port.request(
                "POST", "/api/import?unit=a", fields: [Port.bearer, csvType], body: Self.rows)
            #expect(answer.status == status && answer["retry-after"] == "10")
            #expect(answer.body.contains(words) && !answer.body.contains("EIO"))
            #expect(site.frames.cancelledCount == 1)
        }
    }

    @Test func `waits for no place`() async throws {
        var site = site()
        site.configuration.imports = 1
        site.configuration.importBounds.laneFrames = 50
        try await site.run { port async throws in
            let connection = try await RawConnection(port: port.number)
            let long = Record.batch((0..<100).map { Record(time: 1_790_000_000_000 + $0) })
            try await connection.send(
                head(port, "application/vnd.earshot.frames", "Content-Length: \(long.count)"))
            try await connection.send(ByteBuffer(bytes: long.dropLast(28)))
            #expect(await site.frames.happenings.next() == "add")
            let second = try await port.request(
                "POST", "/api/import?unit=a", fields: [Port.bearer, csvType], body: Self.rows)
            #expect(second.status == 429 && second["retry-after"] == "5")
            #expect(site.counts.hits(of: .imports) == 1)
            try await connection.send(ByteBuffer(bytes: long.suffix(28)))
            #expect(try await connection.readAnswer().body.hasPrefix("{\"accepted\":100,"))
            let third = try await port.request(
                "POST", "/api/import?unit=a", fields: [Port.bearer, csvType], body: Self.rows)
            #expect(third.status == 200)
            try await connection.close()
        }
    }

    private func head(_ port: Port, _ type: String, _ framing: String) -> String {
        "POST /api/import?unit=a HTTP/1.1\r\nHost: 127.0.0.1:\(port.number)\r\n\(Port.bearer)\r\n"
            + "Content-Type: \(type)\r\n\(framing)\r\n\r\n"
    }
}
