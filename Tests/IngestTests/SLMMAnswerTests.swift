//  SLMMAnswerTests.swift · IngestTests

import JSON
import Monitoring
import Testing

@testable import Ingest

/// Levels as a row of text: `lp leq lmax lmin lpeak ln1 ln2`, `-` for no value.
func row(_ levels: Levels) -> String {
    Metric.allCases.map { levels[$0].map { "\($0.decibels)" } ?? "-" }.joined(separator: " ")
}

func levels(_ row: String) -> Levels {
    var levels = Levels()
    for (metric, text) in zip(Metric.allCases, row.split(separator: " ")) {
        levels[metric] = Level(displayed: text)
    }
    return levels
}

@Suite struct `Answers of the upstream` {
    private func reading(_ name: String) throws -> SLMMReading {
        let capture = try Capture(name)
        guard case .reading(let reading, _) = try SLMMStatus(capture.body, status: capture.status)
        else { throw SLMMFault.shape }
        return reading
    }

    @Test(arguments: [
        ("07_status_measuring", "52.2 56.7 58.8 51.5 71.5 57.9 57.9"),
        // A meter that never measured shows Lp only.
        ("05_status_never_measured", "57.1 - - - - - -"),
        // The named fields are shifted by two blank ones; the payload's places are not.
        ("18_status_blank", "54.4 - 72.2 52.9 84.2 70.8 70.2"),
        ("18_status_garble", "- - - - - - -"),
        ("18_status_missing", "- - - - - - -"),
        // The stream's payload has nine fields and says nothing by place.
        ("10_status_after_drd", "48.4 52.7 58.8 47.1 71.5 - -"),
        ("19_status_while_unreachable_50s", "48.0 82.3 92.1 44.3 105.1 90.3 90.2"),
    ])
    func `give levels by their place in the meter's line`(name: String, expected: String) throws {
        #expect(row(try reading(name).levels) == expected)
    }

    @Test(arguments: [
        ("07_status_measuring", MeasuringWord.measuring), ("10_status_after_drd", .presumed),
        ("22_status_stopped", .stopped), ("18_status_garble", .measuring),
    ])
    func `give the state`(name: String, word: MeasuringWord) throws {
        #expect(try reading(name).word == word)
    }

    @Test(
        arguments: [
            ("Start", MeasuringWord.measuring), ("Measure", .presumed), ("Stop", .stopped),
            ("unknown", .unclear), ("0.0, 51.2", .unclear), ("start", .unclear), (nil, .unclear),
        ] as [(String?, MeasuringWord)])
    func `know four words for the state`(text: String?, word: MeasuringWord) {
        #expect(MeasuringWord(text) == word)
    }

    @Test func `give times in UTC`() throws {
        let reading = try reading("07_status_measuring")
        #expect(reading.time.description == "2026-11-23T16:35:14.645Z")
        #expect(reading.measurementStart?.description == "2026-11-23T16:35:11.520Z")
        #expect(try self.reading("22_status_stopped").measurementStart == nil)
        let whole = SLMMReading(
            try JSONValue(#"{"timestamp":"2026-11-23T16:35:56","lp":"50.0"}"#.utf8),
            timeKey: "timestamp")
        #expect(whole?.time.description == "2026-11-23T16:35:56.000Z")
    }

    @Test func `carry the range flags of the main channel`() throws {
        #expect(try reading("18_status_overload").flags == .over)
        #expect(try reading("07_status_measuring").flags == [])
        func flags(over: String, under: String) throws -> FrameState? {
            let line = (0..<64).map { $0 == 14 ? over : $0 == 15 ? under : "50.0" }
                .joined(separator: ",")
            let frame = #"{"timestamp":"2026-11-23T16:35:56","raw_payload":"\#(line)"}"#
            return SLMMReading(try JSONValue(frame.utf8), timeKey: "timestamp")?.flags
        }
        #expect(try flags(over: "0", under: "1") == .under)
        #expect(try flags(over: " 1", under: "1") == [.over, .under])
        #expect(try flags(over: "", under: "10") == [])
    }

    @Test func `say when there was never a reading`() throws {
        for name in ["04_status_before_first_poll", "23_status_dead_later"] {
            let capture = try Capture(name)
            #expect(
                try SLMMStatus(capture.body, status: capture.status) == .neverRead,
                Comment(rawValue: name))
        }
    }

    @Test(arguments: [
        (404, "<html>not found</html>", SLMMFault.json(.malformed(byteOffset: 0))),
        (404, "{}", .status(404)), (500, #"{"detail":"x"}"#, .status(500)),
        (302, "{}", .status(302)), (200, "{}", .shape), (200, #"{"data":[]}"#, .shape),
        (200, #"{"data":{"lp":"50.0","last_seen":"yesterday"}}"#, .shape),
        (200, #"{"data":{"lp":"50.0"}}"#, .shape),
    ])
    func `are refused when they are not the upstream's`(
        status: Int, body: String, fault: SLMMFault
    ) throws {
        #expect(throws: fault) { try SLMMStatus(body.utf8, status: status) }
    }

    @Test func `of the socket are readings, outages and heartbeats`() throws {
        let messages = try Capture("19_ws_unreachable_then_back").frames.map {
            try SLMMMonitorMessage($0)
        }
        let drawn = messages.map { message in
            switch message {
            case .reading: "r"
            case .unreachable: "u"
            case .heartbeat: "h"
            }
        }.joined()
        #expect(drawn.hasPrefix("ruurrr"))
        #expect(drawn.dropFirst(3).allSatisfy { $0 == "r" })
        let heartbeat =
            #"{"unit_id":"a","timestamp":"2026-11-23T16:37:18.1","feed_status":"ok","#
            + #""heartbeat":true,"lp":"50.0"}"#
        #expect(try SLMMMonitorMessage(heartbeat.utf8) == .heartbeat)
        #expect(throws: SLMMFault.shape) { try SLMMMonitorMessage(#"{"error":"x"}"#.utf8) }
    }

    @Test func `list units, and nothing but their names`() throws {
        let roster = try SLMMRoster(try Capture("19_roster_unreachable").body)
        #expect(roster.names == ["nl43-0", "nl43-1", "nl43-2", "nl43-3", "dead"])
        #expect(!String(describing: roster).contains("127.0.0.1"))
    }

    @Test func `list each unit once, and none with an unusable name`() throws {
        let names = ["a", "a/b", "", "a", "é", String(repeating: "x", count: 65), "b"]
        let rows = names.map { #"{"unit_id":"\#($0)","status":null}"# }.joined(separator: ",")
        let roster = try SLMMRoster(#"{"devices":[\#(rows),{},7]}"#.utf8)
        #expect(roster.names == ["a", "b"])
        #expect(roster.refusedCount == 6)
        #expect(throws: SLMMFault.shape) { try SLMMRoster(#"{"status":"ok"}"#.utf8) }
    }

    @Test func `tell which feeds run, and which of them reach their meter`() throws {
        let calm = try SLMMMonitors(try Capture("12_monitor_status").body)
        #expect(calm.running == ["nl43-0"])
        #expect(calm.unreachable == [])
        #expect(calm.stopped == ["ghost"])
        let outage = try SLMMMonitors(try Capture("19_monitor_status_unreachable").body)
        #expect(outage.running == ["nl43-0", "nl43-1", "ghost2"])
        #expect(outage.unreachable == ["nl43-0", "nl43-1", "ghost2"])
    }
}
