//  EventPlayTests.swift · ServeTests

import Monitoring
import NIOCore
import Support
import Testing

@testable import Serve

@Suite(.timeLimit(.minutes(10))) struct `An event that is played` {
    private static let start: Timestamp = "2026-11-23T15:59:55Z"

    private static func event() -> SoundEvent {
        var event = SoundEvent.sample()
        event.unit = "a"
        event.acknowledgements = [
            .init(at: start.advanced(byMilliseconds: 6000), by: "kim", note: "")
        ]
        return event
    }

    /// A reading each second from 0 to 8 s, and steps.
    private static func replay(_ steps: [(RuleStep.Kind, Int64)]) -> EventReplay {
        var frames = FrameColumns()
        for second in 0..<9 {
            var levels = Levels()
            levels[.lp] = Level(tenths: Int16(700 + second))
            frames.append(
                time: start.milliseconds + Int64(second) * 1000, levels: levels.tenths,
                state: FrameState.measuring.rawValue, run: Run(start: nil))
        }
        return EventReplay(
            range: TimeRange(start: start, end: start.advanced(byMilliseconds: 10_000))!,
            frames: frames,
            steps: steps.map { kind, second in
                RuleStep(
                    kind, at: start.advanced(byMilliseconds: second * 1000), rule: "r1", tenths: 700)
            })
    }

    /// One that came at 4 s, and one that nobody got.
    private static let deliveries = [Delivery.Status.delivered, .dead].map { status in
        var delivery = Delivery(
            id: "d", recipient: "ops", kind: .onset, eventKey: "e", event: nil, createdAt: start)
        delivery.status = status
        delivery.finishedAt = start.advanced(byMilliseconds: 4000)
        return delivery
    }

    /// A digit for a reading, a letter for a step.
    private func letter(_ message: String) -> String {
        if message.contains(#""type":"frame""#) {
            return String(message.split(separator: #""lp":70."#)[1].first!)
        }
        let word = message.split(separator: #""step":""#).last!.prefix { $0 != "\"" }
        let letters = [
            "onset": "o", "peak": "p", "cleared": "c", "acknowledged": "a", "delivered": "d",
        ]
        return letters[String(word)] ?? "?"
    }

    // What is due at the end of each second of ours; o, p, c: onset, peak, clear; d: told; a: acknowledged.
    @Test(arguments: [
        (1, "0 1 2o 3p 4d 5c 6a 7 8 -"),
        (2, "01 2o3p 4d5c 6a7 8 -"),
        (4, "012o3p 4d5c6a7 8 -"),
        (1000, "012o3p4d5c6a78 -"),
    ])
    func `tells what came, when it came`(speed: Int64, told: String) {
        var play = EventPlay(
            // The peak is known at the end.
            Self.replay([(.onset, 2), (.peak, 3), (.cleared, 5)].reversed()), of: Self.event(),
            Self.deliveries, speed: speed)
        var seconds: [String] = []
        var second: Int64 = 0
        while play.next != nil {
            second += 1
            let due = play.due(after: .milliseconds(second * 1000 - 1))
            seconds.append(due.map { letter(String(buffer: $0)) }.joined())
        }
        #expect(seconds.joined(separator: " ") + " -" == told)
        #expect(play.end == .milliseconds(10_000 / speed))
    }

    @Test func `says when the next is due, and tells nothing twice`() {
        var play = EventPlay(Self.replay([]), of: Self.event(), speed: 1)
        #expect(play.next == .zero)
        #expect(play.due(after: .milliseconds(999)).count == 1)
        #expect(play.due(after: .milliseconds(999)).isEmpty)
        #expect(play.next == .seconds(1))
        #expect(play.due(after: .seconds(3600)).count == 9)
        #expect(play.next == nil)
    }

    @Test func `comes over a socket, at its pace, and ends`() async throws {
        var site = Site()
        site.books.set([.sample(1)])
        let pace = ManualClock()
        site.configuration.pace = pace
        try await site.run { port async throws in
            let socket = try await port.socket("/api/events/1/replay?speed=60")
            let opening = try await socket.readMessage()
            #expect(
                opening.hasPrefix(
                    #"{"type":"replay","speed":60,"from":"2026-11-23T15:45:00.000Z","to":"#))
            #expect(opening.contains(#""event":{"id":1,"#))
            // 15 min at 60 times: 15 s.
            await pace.sleepers(1)
            pace.advance(by: .milliseconds(14_990))
            await pace.sleepers(1)
            pace.advance(by: .milliseconds(10))
            #expect(
                try await socket.readMessage()
                    .hasPrefix(#"{"type":"frame","t":"2026-11-23T16:00:00.000Z","lp":71.2"#))
            #expect(
                try await socket.readMessage()
                    == #"{"type":"step","step":"onset","at":"2026-11-23T16:00:00.000Z","value":71.2}"#)
            await pace.sleepers(1)
            pace.advance(by: .seconds(1))
            #expect(try await socket.readMessage() == #"{"type":"end"}"#)
            #expect(try await socket.readFrame().closeCode == 1000)
        }
        #expect(site.counts.socketsOpen == 0)
    }

    @Test func `shows that it lives, and ends with the token`() async throws {
        var site = Site()
        site.books.set([.sample(1)])
        let pace = ManualClock()
        site.configuration.pace = pace
        try await site.run { port async throws in
            let socket = try await port.socket("/api/events/1/replay")
            _ = try await socket.readMessage()
            for _ in 0..<2 {
                await pace.sleepers(1)
                pace.advance(by: .seconds(25))
                #expect(try await socket.readMessage() == #"{"type":"heartbeat"}"#)
            }
            site.tokens.revoke("secret")
            await port.hub.checkViewers()
            #expect(try await socket.readFrame().closeCode == 4401)
        }
    }

    @Test func `takes a socket's place only while it has one`() async throws {
        var site = Site()
        site.books.set([.sample(1)])
        site.configuration.socketsPerSession = 1
        site.configuration.pace = ManualClock()
        try await site.run { port async throws in
            for _ in 0..<3 {
                await #expect(throws: Port.Refused.self) {
                    _ = try await port.socket("/api/events/9/replay")
                }
            }
            let open = try await port.socket("/api/events/1/replay")
            let refused = await #expect(throws: Port.Refused.self) {
                _ = try await port.socket("/api/events/1/replay")
            }
            #expect(refused?.answer.status == 429)
            try await open.close()
        }
    }

    @Test(arguments: [
        ("1/replay?speed=0", 422, "must be from 1 to 1000"), ("1/replay?speed=fast", 400, "whole number"),
        ("9/replay", 404, ""), ("x/replay", 404, ""),
    ])
    func `is refused as a request is`(path: String, status: Int, words: String) async throws {
        let site = Site()
        site.books.set([.sample(1)])
        try await site.run { port async throws in
            let refused = await #expect(throws: Port.Refused.self) {
                _ = try await port.socket("/api/events/\(path)")
            }
            #expect(refused?.answer.status == status)
            #expect(refused?.answer.body.contains(words) ?? false)
            let stranger = await #expect(throws: Port.Refused.self) {
                _ = try await port.socket("/api/events/1/replay", fields: [])
            }
            #expect(stranger?.answer.status == 401)
        }
    }
}
