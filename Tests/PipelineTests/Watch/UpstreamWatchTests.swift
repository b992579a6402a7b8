//  UpstreamWatchTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `The watch over upstreams` {
    // One column is ten seconds, as the upstream is then: o ok, s starting, d down, t stalled,
    // . not configured. Events: O began, C ended, - none.
    @Test(arguments: [
        ("says nothing of one that answers", "oooooo", "------"),
        ("says nothing of one that is not asked yet", "ssssss", "------"),
        ("tells of one that is down once thirty seconds have passed", "oddddd", "----O-"),
        ("tells of one that stalls, likewise", "otttttt", "----O--"),
        ("forgives what is shorter", "odddoddd", "--------"),
        ("ends with the first answer", "dddddoo", "---O-C-"),
        ("ends when the upstream is no more", "ddddd..", "---O-C-"),
        ("goes on while an upstream starts anew", "ddddsso", "---O--C"),
        ("goes on when down becomes stalled", "ddddttto", "---O---C"),
        ("counts down and stalled as one failure", "odtdtdto", "----O--C"),
        ("begins a second one", "ddddoddddo", "---OC---OC"),
        ("forgets one that is no more", "dd.ddddd", "------O-"),
    ])
    func `turns states into events`(what: String, states: String, events: String) {
        var watched: [String: UpstreamWatch.Watched] = [:]
        let marks = look(at: states, with: &watched).map { $0.map(mark) ?? "-" }
        #expect(marks.joined() == events, Comment(rawValue: what))
    }

    @Test func `says since when it fails, and when that was told`() throws {
        var watched: [String: UpstreamWatch.Watched] = [:]
        let events = look(at: "ooddddo", with: &watched).compactMap { $0 }
        let ended = try #require(events.last)
        #expect(events.count == 2)
        #expect(ended.kind == .upstreamDown)
        #expect(ended.upstream == "north")
        #expect(ended.unit == nil)
        #expect(ended.firstExceededAt == time(2))
        #expect(ended.onsetAt == time(5))
        #expect(ended.clearedAt == time(6))
        #expect(ended.clearReason == .recovered)
        #expect(events.first?.key == ended.key)
    }

    @Test func `goes on with an event that was open when the program ended`() throws {
        var before: [String: UpstreamWatch.Watched] = [:]
        let event = try #require(look(at: "dddd", with: &before).last ?? nil)
        for (states, events) in [("sdo", "--C"), ("do", "-C"), ("o", "C"), (".", "C")] {
            var watched = [
                "north": UpstreamWatch.Watched(
                    watchdog: UpstreamWatchdog(upstream: "north", event: event),
                    failingSince: event.firstExceededAt)
            ]
            let told = look(at: states, with: &watched, from: 10)
            #expect(told.map { $0.map(mark) ?? "-" }.joined() == events)
            #expect(told.compactMap { $0?.key } == [event.key])
        }
    }

    @Test func `keeps upstreams apart`() {
        var watched: [String: UpstreamWatch.Watched] = [:]
        let statuses = [status("a", .down), status("b", .ok), status("c", .stalled)]
        let begun = UpstreamWatch.look(at: statuses, with: &watched, now: time(3))
        #expect(begun.map(\.upstream) == ["a", "c"])
        let ended = UpstreamWatch.look(at: [status("a", .down)], with: &watched, now: time(4))
        #expect(ended.map(\.upstream) == ["c"])
        #expect(watched.keys.sorted() == ["a"])
    }

    private func time(_ column: Int) -> Timestamp {
        Samples.now.advanced(byMilliseconds: Int64(column) * 10_000)
    }

    private func status(
        _ id: String, _ state: UpstreamStatus.State, since column: Int = 0
    ) -> UpstreamStatus {
        UpstreamStatus(id: id, url: "http://\(id)", state: state, units: 1, since: time(column))
    }

    private func mark(_ event: SoundEvent) -> String { event.isActive ? "O" : "C" }

    private func look(
        at states: String, with watched: inout [String: UpstreamWatch.Watched], from start: Int = 0
    ) -> [SoundEvent?] {
        var (known, since) = (Character(" "), 0)
        return states.enumerated().map { index, letter in
            if letter != known { (known, since) = (letter, start + index) }
            let named: [Character: UpstreamStatus.State] = [
                "o": .ok, "s": .starting, "d": .down, "t": .stalled,
            ]
            let statuses = named[letter].map { [status("north", $0, since: since)] } ?? []
            let events = UpstreamWatch.look(
                at: statuses, with: &watched, now: time(start + index))
            #expect(events.count <= 1)
            return events.first
        }
    }
}
