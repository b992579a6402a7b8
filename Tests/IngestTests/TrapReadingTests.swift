//  TrapReadingTests.swift · IngestTests
//
//  What is wrong with single readings, beyond the numbered traps: shifted and garbled fields,
//  replays, heartbeats.

import Foundation
import Monitoring
import Testing

@testable import Ingest

@Suite struct `A wrong reading` {
    private let unit = UnitID("nl43-1")!
    private let now = Moment(date: Timestamp(milliseconds: 0), elapsed: .zero)

    private func frames(_ observations: [Observation]) -> [Frame] {
        observations.compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
    }

    private func message(_ fields: String, at second: Int = 1) throws -> SLMMMonitorMessage {
        let time = #""timestamp":"2026-11-23T16:35:0\#(second)","measurement_start_time":null"#
        return try SLMMMonitorMessage("{\(time),\(fields)}".utf8)
    }

    // The faults that are counted of recorded and of made-up readings.
    @Test(arguments: [
        ("07_status_measuring", [:]), ("18_status_blank", [.shiftedFields: 1, .missingLevel: 1]),
        ("18_status_missing", [.missingLevel: 1]),
        // Garbled, and with a blank: none of the names behind it can be trusted.
        ("18_status_garble", [.garbledLevel: 1, .shiftedFields: 1]),
        ("18_status_overload", [:]),
        // A meter that never measured misses nothing but what it never had.
        ("05_status_never_measured", [:]),
    ] as [(String, [FaultReason: UInt64])])
    func `is counted by what is wrong with it`(
        name: String, faults: [FaultReason: UInt64]
    ) throws {
        var intake = UnitIntake(unit: unit, at: now)
        let capture = try Capture(name)
        _ = intake.read(try SLMMStatus(capture.body, status: capture.status), at: now)
        #expect(intake.faults == faults)
    }

    @Test func `with a garbled state keeps the last good one`() throws {
        var intake = UnitIntake(unit: unit, at: now)
        let levels = #""lp":"50.0""#
        _ = intake.receive(try message(#""measurement_state":"Start",\#(levels)"#), at: now)
        for (second, word) in ["0.0, 51.2", "unknown", "Sta"].enumerated() {
            let told = intake.receive(
                try message(#""measurement_state":"\#(word)",\#(levels)"#, at: second + 2), at: now)
            #expect(frames(told).map(\.state) == [.measuring])
        }
        #expect(intake.faults[.garbledState] == 2)
    }

    @Test func `whose line is cut off behind a blank field gives its first value only`() throws {
        // As the upstream names it: the blank Leq is dropped, so LE stands under "leq".
        let shifted =
            #""measurement_state":"Start","lp":"54.4","leq":"72.2","lmax":"70.8","lmin":"52.9","#
            + #""raw_payload":"54.4,,72.2,70.8,52.9""#
        var intake = UnitIntake(unit: unit, at: now)
        let frame = try #require(frames(intake.receive(try message(shifted), at: now)).first)
        #expect(row(frame.levels) == "54.4 - - - - - -")
        #expect(intake.faults[.shiftedFields] == 1)
    }

    @Test func `of percentiles the wrong way round loses its cumulative values`() throws {
        let fields =
            #""measurement_state":"Start","lp":"50.0","leq":"50.0","ln1":"49.0","ln2":"52.0""#
        func kept(_ ln1: Double?, _ ln2: Double?) throws -> String {
            var intake = UnitIntake(unit: unit, at: now)
            intake.configure(
                Unit(
                    id: unit, upstream: "u", upstreamUnit: "u", ln1Percent: ln1, ln2Percent: ln2))
            return row(frames(intake.receive(try message(fields), at: now))[0].levels)
        }
        #expect(try kept(nil, nil) == "50.0 50.0 - - - 49.0 52.0")
        #expect(try kept(90, 10) == "50.0 50.0 - - - 49.0 52.0")
        #expect(try kept(10, 90) == "50.0 - - - - - -")
    }

    @Test func `that is replayed to a new socket is not new, nor a sign of life`() throws {
        var intake = UnitIntake(unit: unit, at: now)
        let messages = try Capture("19_ws_unreachable_then_back").frames.map {
            try SLMMMonitorMessage($0)
        }
        #expect(messages.prefix(4).flatMap { frames(intake.receive($0, at: now)) }.count == 2)
        _ = intake.receive(.unreachable, at: now)
        for count in 1...3 {
            intake.openSocket()
            #expect(intake.receive(messages[0], at: now) == [])
            #expect(intake.faults[.replayed] == UInt64(count * 2 - 1))
            intake.openSocket()
            #expect(intake.receive(messages[3], at: now) == [])
            #expect(intake.faults[.replayed] == UInt64(count * 2))
        }
    }

    @Test func `that was stored before a restart is not told again`() throws {
        let messages = try Capture("09_ws_monitor_1client").frames.map {
            try SLMMMonitorMessage($0)
        }
        var before = UnitIntake(unit: unit, at: now)
        let told = messages.flatMap { frames(before.receive($0, at: now)) }
        let newest = try #require(told.last)
        guard case .reading(var reading) = messages.last else { throw SLMMFault.shape }
        // By the socket's replay, and by the cache, which is some milliseconds apart.
        for (source, milliseconds) in [(ReadingSource.monitor, 0), (.status, -5), (.status, 5)] {
            var after = UnitIntake(unit: unit, newest: newest, at: now)
            reading.time = newest.time.advanced(byMilliseconds: Int64(milliseconds))
            let observations =
                source == .monitor
                ? after.receive(.reading(reading), at: now)
                : after.read(.reading(reading, isReachable: true), at: now)
            #expect(frames(observations) == [])
            #expect(after.faults == [.replayed: 1])
            reading.time = newest.time.advanced(byMilliseconds: 1000)
            let next = frames(after.read(.reading(reading, isReachable: true), at: now))
            #expect(next.map(\.measurementStart) == [newest.measurementStart])
            #expect(next.map(\.state) == [.measuring])
        }
    }

    @Test func `does not keep a clock that went back from being read after a restart`() throws {
        let newest = Frame(
            unit: unit, time: Timestamp(milliseconds: 3_600_000), levels: levels("50.0"),
            state: .measuring)
        var intake = UnitIntake(unit: unit, newest: newest, at: now)
        let counts = (0..<5).map { second in
            let reading = SLMMReading(
                time: Timestamp(milliseconds: Int64(second) * 1000), levels: levels("51.0"),
                flags: [], word: .measuring)
            return frames(intake.read(.reading(reading, isReachable: true), at: now)).count
        }
        #expect(counts == [0, 1, 1, 1, 1])
    }

    @Test func `is not a heartbeat, however late that comes`() throws {
        var intake = UnitIntake(unit: unit, at: now)
        _ = intake.receive(.unreachable, at: now)
        let beat = #""feed_status":"ok","heartbeat":true,"lp":"50.0","measurement_state":"Start""#
        #expect(intake.receive(try message(beat), at: now) == [])
        #expect(intake.counts.frames == 0)
    }

    @Test func `that comes late changes nothing that holds now`() throws {
        var intake = UnitIntake(unit: unit, at: now)
        func read(_ second: Int, _ values: String, _ word: String, start: Int?) -> Frame? {
            let reading = SLMMReading(
                time: Timestamp(milliseconds: Int64(second) * 1000), levels: levels(values),
                flags: [], word: MeasuringWord(word),
                measurementStart: start.map { Timestamp(milliseconds: Int64($0) * 1000) })
            return frames(intake.read(.reading(reading, isReachable: true), at: now)).first
        }
        _ = read(100, "50.0 60.0 70.0 40.0", "Start", start: 10)
        let late = read(90, "50.0 59.0 65.0 45.0", "Stop", start: nil)
        #expect(late?.state == [])
        let next = read(101, "50.0 60.0 70.0 40.0", "Start", start: 10)
        #expect(next?.state == .measuring)
        #expect(next?.measurementStart?.milliseconds == 10_000)
        #expect(intake.faults[.hiddenReset] == nil)
    }
}
