//  StreamTests.swift · ServeTests

import Monitoring
import Support
import Testing

@testable import Serve

private func frame(_ seconds: Int64, _ unit: UnitID = "a") -> Frame {
    .sample(unit, at: Timestamp("2026-11-23T15:59:50Z").advanced(byMilliseconds: seconds * 1000))
}

private func message(_ seconds: Int64) -> String {
    let time = frame(seconds).time
    return
        #"{"type":"frame","t":"\#(time)","lp":57.1,"leq":56.1,"lmax":67.1,"ln1":null,"ln2":null,"#
        + #""state":"measuring"}"#
}

private func status(_ word: String, _ since: String? = nil) -> String {
    #"{"type":"status","feed":"\#(word)","since":\#(since.map { "\"\($0)\"" } ?? "null")}"#
}

@Suite(.timeLimit(.minutes(10))) struct `A stream` {
    @Test func `begins with what history does not have yet, then goes on live`() async throws {
        let site = Site()
        site.history.setCompleteUntil(frame(6).time)
        site.feed.publish((1...8).map { .frame(frame($0)) })
        try await site.run { port async throws in
            let stream = try await port.stream("a")
            #expect(try await stream.readMessage() == message(7))
            #expect(try await stream.readMessage() == message(8))
            #expect(try await stream.readMessage() == status("ok"))
            site.feed.publish([.frame(frame(9)), .frame(frame(9, "b-2")), .frame(frame(10))])
            #expect(try await stream.readMessage() == message(9))
            #expect(try await stream.readMessage() == message(10))
        }
    }

    @Test func `begins with the last one known when history has all`() async throws {
        let site = Site()
        site.history.setCompleteUntil(frame(8).time)
        site.feed.restore(frame(8))
        try await site.run { port async throws in
            let stream = try await port.stream("a")
            #expect(try await stream.readMessage() == message(8))
            #expect(try await stream.readMessage() == status("ok"))
        }
    }

    @Test func `says so when there was never anything`() async throws {
        try await Site().run { port async throws in
            let stream = try await port.stream("a")
            #expect(try await stream.readMessage() == status("waiting"))
        }
    }

    @Test func `reaches all viewers, each frame once, whoever comes when`() async throws {
        let site = Site()
        site.feed.publish([.frame(frame(7))])
        try await site.run { port async throws in
            let first = try await port.stream("a")
            #expect(try await first.readMessage() == message(7))
            #expect(try await first.readMessage() == status("ok"))
            // Known already, and told only after the second viewer came.
            site.feed.publish([.frame(frame(8))], tells: false)
            let second = try await port.stream("a")
            #expect(try await second.readMessage() == message(7))
            #expect(try await second.readMessage() == message(8))
            #expect(try await second.readMessage() == status("ok"))
            #expect(try await first.readMessage() == message(8))
            port.hub.tell([.frame(frame(8))])
            port.hub.tell([.frame(frame(9))])
            #expect(try await first.readMessage() == message(9))
            #expect(try await second.readMessage() == message(9))
        }
    }

    @Test func `goes on when the upstream's clock went back`() async throws {
        let site = Site()
        site.history.setCompleteUntil(frame(8).time)
        site.feed.publish([.frame(frame(8))])
        try await site.run { port async throws in
            let first = try await port.stream("a")
            #expect(try await first.readMessage() == message(8))
            #expect(try await first.readMessage() == status("ok"))
            port.hub.tell([.frame(frame(3)), .frame(frame(4))])
            port.hub.tell([.frame(frame(4)), .frame(frame(5))])
            for second in [3, 4, 5] as [Int64] {
                #expect(try await first.readMessage() == message(second))
            }
            // Of a time that was told before, and another reading.
            port.hub.tell([.frame(.sample(at: frame(4).time, lp: 600)), .frame(frame(6))])
            #expect(try await first.readMessage().contains(#""lp":60.0"#))
            #expect(try await first.readMessage() == message(6))
        }
    }

    /// History is complete until a time that the clock set back has not reached again: which of the
    /// new frames it has cannot be told from their times.
    @Test func `begins with all that is recent when the upstream's clock went back`() async throws {
        let site = Site()
        site.history.setCompleteUntil(frame(8).time)
        site.feed.publish([.frame(frame(5)), .frame(frame(6))])
        try await site.run { port async throws in
            let stream = try await port.stream("a")
            #expect(try await stream.readMessage() == message(5))
            #expect(try await stream.readMessage() == message(6))
            #expect(try await stream.readMessage() == status("ok"))
        }
    }

    @Test func `tells how the unit is doing, by report and by time`() async throws {
        let site = Site()
        site.feed.publish([.frame(frame(10))])
        try await site.run { port async throws in
            let stream = try await port.stream("a")
            #expect(try await stream.readMessage() == message(10))
            #expect(try await stream.readMessage() == status("ok"))
            site.clock.advance(by: .seconds(6))
            port.hub.tick()
            port.hub.tick()
            #expect(try await stream.readMessage() == status("stale", frame(10).time.description))
            let since = Timestamp("2026-11-23T15:59:59Z")
            site.feed.publish([
                .feed(
                    "a", FeedReport(cadenceMilliseconds: 1000, fault: .upstreamDown, since: since))
            ])
            #expect(try await stream.readMessage() == status("upstream_down", since.description))
            site.feed.publish([
                .feed("a", FeedReport(cadenceMilliseconds: 1000, fault: nil, since: since)),
                .frame(frame(16)),
            ])
            #expect(try await stream.readMessage() == message(16))
            #expect(try await stream.readMessage() == status("ok", since.description))
        }
    }

    @Test func `beats each 25 s of silence`() async throws {
        let site = Site()
        try await site.run { port async throws in
            let stream = try await port.stream("a")
            #expect(try await stream.readMessage() == status("waiting"))
            for _ in 0..<2 {
                site.clock.advance(by: .seconds(24))
                port.hub.tick()
                site.clock.advance(by: .seconds(1))
                port.hub.tick()
                #expect(try await stream.readMessage() == #"{"type":"heartbeat"}"#)
            }
        }
    }

    @Test func `asks for full rate while it is open`() async throws {
        let site = Site()
        try await site.run { port async throws in
            let first = try await port.stream("a")
            let second = try await port.stream("a")
            #expect(await site.demand.happenings.next() == "begin a")
            #expect(await site.demand.happenings.next() == "begin a")
            #expect(port.hub.viewerCount(of: "a") == 2)
            try await first.close()
            #expect(await site.demand.happenings.next() == "end a")
            try await second.close()
            #expect(await site.demand.happenings.next() == "end a")
            #expect(port.hub.viewerCount(of: "a") == 0)
        }
    }

    @Test func `ends with its token, or its unit`() async throws {
        let site = Site()
        try await site.run { port async throws in
            let a = try await port.stream("a")
            let b = try await port.stream("b-2")
            for stream in [a, b] { #expect(try await stream.readMessage() == status("waiting")) }
            await port.hub.checkViewers()
            site.directory.set([Unit(id: "a", upstream: "north", upstreamUnit: "a1")])
            await port.hub.checkViewers()
            #expect(try await b.readFrame().closeCode == 4404)
            site.tokens.revoke("secret")
            await port.hub.checkViewers()
            #expect(try await a.readFrame().closeCode == 4401)
        }
    }

    @Test(arguments: [
        ("no credentials", "a", [], 401),
        ("a wrong token", "a", ["Authorization: Bearer x"], 401),
        ("another site's page", "a", [Port.bearer, "Origin: https://evil.example"], 403),
        ("another port's page", "a", [Port.bearer, "Origin: http://127.0.0.1:1"], 403),
        ("no such unit", "nobody", [Port.bearer], 404),
        ("no unit's name", "a.b", [Port.bearer], 400),
        ("the own page", "a", [Port.bearer, "Origin: http://127.0.0.1"], 101),
        ("an allowed page", "a", [Port.bearer, "Origin: https://levels.example.org"], 101),
    ])
    func `opens for those who may`(who: String, unit: String, fields: [String], status: Int)
        async throws
    {
        var site = Site()
        site.configuration.publicURL = "https://levels.example.org/"
        try await site.run { port async throws in
            let connection = try await RawConnection(port: port.number)
            try await connection.send(
                RawConnection.handshake("/api/units/\(unit)/stream", fields: fields))
            let answer = try await connection.readAnswer()
            #expect(answer.status == status, Comment(rawValue: who))
            guard status != 101 else { return try await connection.close() }
            #expect(answer["content-type"] == "application/problem+json")
            #expect(answer["x-content-type-options"] == "nosniff")
        }
    }

    @Test func `is bounded in number by session, and by address`() async throws {
        var site = Site()
        site.configuration.socketsPerSession = 2
        try await site.run { port async throws in
            let first = try await port.stream("a")
            let second = try await port.stream("a")
            await #expect {
                _ = try await port.stream("a")
            } throws: { ($0 as? Port.Refused)?.answer.status == 429 }
            try await first.close()
            #expect(await site.demand.happenings.next() == "begin a")
            #expect(await site.demand.happenings.next() == "begin a")
            #expect(await site.demand.happenings.next() == "end a")
            let third = try await port.stream("a")
            for stream in [second, third] { try await stream.close() }
        }
        let counts = SocketPlaces(perAddress: 2, perSession: 20, counts: ServeCounts())
        let place = counts.take(address: "a", session: "1")
        #expect(counts.take(address: "a", session: "2") != nil)
        #expect(counts.take(address: "a", session: "3") == nil)
        #expect(counts.take(address: "b", session: "3") != nil)
        place?.leave()
        #expect(counts.take(address: "a", session: "3") != nil)
    }
}
