//  SLMMTrailTests.swift · IngestTests

import JSON
import Monitoring
import Testing

@testable import Ingest

@Suite struct `The upstream's trail` {
    // Time of day and `lp leq lmax lmin lpeak ln1 ln2` of each point.
    @Test(arguments: [
        (
            "20_history_default",
            [
                "16:35:17.709 - 55.5 58.8 - - 57.9 57.9", "16:36:25.021 - 82.8 92.1 - - 90.3 90.2",
                "16:37:34.878 - 80.1 92.1 - - 90.2 62.0",
            ]
        ),
        ("02_unknown_history", []),
    ])
    func `gives cumulative levels of recorded answers`(name: String, points: [String]) throws {
        let capture = try Capture(name)
        let trail = try SLMMTrail(capture.body, status: capture.status)
        #expect(text(trail) == points)
        #expect(trail.faults == [])
    }

    @Test func `is the same however far back it was asked for`() throws {
        let usual = try SLMMTrail(try Capture("20_history_default").body)
        for name in ["20_history_hours0", "20_history_hours_big"] {
            #expect(try SLMMTrail(try Capture(name).body) == usual)
        }
    }

    @Test(arguments: [
        (200, "", SLMMFault.json(.malformed(byteOffset: 0))), (200, "{}", .shape),
        (200, #"{"readings":{}}"#, .shape), (200, #"{"detail":"x"}"#, .shape),
        (404, #"{"readings":[]}"#, .status(404)), (422, #"{"detail":[]}"#, .status(422)),
        (500, #"{"detail":"x"}"#, .status(500)),
        (200, #"{"readings":[\#(Array(repeating: "{}", count: 1501).joined(separator: ","))]}"#, .shape),
    ] as [(Int, String, SLMMFault)])
    func `refuses what is no answer of it`(status: Int, body: String, fault: SLMMFault) {
        #expect(throws: fault) { try SLMMTrail(body.utf8, status: status) }
    }

    @Test func `refuses the recorded answer to a wrong question`() throws {
        let capture = try Capture("20_history_hours_bad")
        #expect(throws: SLMMFault.status(422)) {
            try SLMMTrail(capture.body, status: capture.status)
        }
    }

    // A row's fields, what comes of it, and what is counted.
    @Test(arguments: [
        (#""leq":"60.1","lmax":"70.1","ln1":"65.1","ln2":"64.1""#, "- 60.1 70.1 - - 65.1 64.1", []),
        // What a trail once a minute must not tell.
        (#""lp":"50.1","lmin":"40.1","lpeak":"99.9","leq":"60.1""#, "- 60.1 - - - - -", []),
        (#""lp":"50.1""#, nil, []),
        (#""lp":"-.-","leq":"-.-","lmax":"-.-","ln1":"-.-","ln2":"-.-""#, nil, []),
        (#""leq":null,"lmax":"70.1""#, "- - 70.1 - - - -", []),
        (#""leq":"Sta","lmax":"70.1""#, "- - 70.1 - - - -", [.garbledLevel]),
        (#""leq":"999.9""#, nil, [.garbledLevel]),
        (#""leq":60.1"#, nil, []),
        (#""leq":"60.1","timestamp":"yesterday""#, nil, [.undecodable]),
        (#""leq":"60.1","timestamp":null"#, nil, [.undecodable]),
        (#""leq":"60.1","timestamp":1795449600"#, nil, [.undecodable]),
    ] as [(String, String?, Set<FaultReason>)])
    func `takes levels in range, of the four that it may tell`(
        fields: String, point: String?, faults: Set<FaultReason>
    ) throws {
        let time = fields.contains("timestamp") ? "" : #""timestamp":"2026-11-23T16:00:00","#
        let trail = try SLMMTrail(#"{"readings":[{\#(time)\#(fields)}]}"#.utf8)
        #expect(trail.points.map { row($0.levels) } == (point.map { [$0] } ?? []))
        #expect(trail.faults == faults)
    }

    @Test func `is in order of time, whatever order it comes in`() throws {
        let rows = [3, 1, 2].map {
            #"{"timestamp":"2026-11-23T16:0\#($0):00","leq":"60.\#($0)"}"#
        }
        let trail = try SLMMTrail(#"{"readings":[\#(rows.joined(separator: ","))]}"#.utf8)
        #expect(trail.points.map { row($0.levels).split(separator: " ")[1] } == ["60.1", "60.2", "60.3"])
    }

    @Test func `cut anywhere is no answer`() throws {
        let body = try Capture("20_history_default").body
        for length in 0..<body.count {
            #expect(throws: SLMMFault.self) { try SLMMTrail(body.prefix(length)) }
        }
    }

    @Test func `of a whole day fits into what is read of an answer`() throws {
        let row = #"{"timestamp":"2026-11-23T16:35:17.709383","lp":"150.7","leq":"155.5","#
            + #""lmax":"158.8","ln1":"157.9","ln2":"157.9"}"#
        let rows = Array(repeating: row, count: 1441).joined(separator: ",")
        let body = #"{"status":"ok","unit_id":"nl43-0","hours":24.0,"count":1441,"readings":[\#(rows)]}"#
        #expect(body.utf8.count < JSONValue.sizeLimitBytes)
        #expect(try SLMMTrail(body.utf8).points.count == 1441)
    }

    private func text(_ trail: SLMMTrail) -> [String] {
        trail.points.map { "\($0.time.description.dropFirst(11).dropLast()) \(row($0.levels))" }
    }
}

@Suite struct `The turn of a trail` {
    private let a = UnitID("a")!
    private let b = UnitID("b")!

    @Test func `comes when nothing is due, once for each offer`() {
        var turn = TrailTurn()
        #expect(turn.next(at: .zero, isIdle: true) == nil)
        turn.offer([(a, .seconds(2)), (b, .seconds(1))])
        #expect(turn.next(at: .seconds(2), isIdle: false) == nil)
        #expect(turn.next(at: .seconds(2), isIdle: true) == b)
        #expect(turn.next(at: .seconds(2), isIdle: true) == nil)
    }

    @Test func `comes before polls after a minute`() {
        var turn = TrailTurn()
        turn.offer([(a, .seconds(2))])
        #expect(turn.next(at: .seconds(61), isIdle: false) == nil)
        #expect(turn.next(at: .seconds(62), isIdle: false) == a)
    }

    @Test func `comes an hour after a failure`() {
        var turn = TrailTurn()
        turn.fail(at: .seconds(5))
        turn.offer([(a, .seconds(2))])
        #expect(turn.next(at: .seconds(3604), isIdle: true) == nil)
        #expect(turn.next(at: .seconds(3605), isIdle: true) == a)
    }
}
