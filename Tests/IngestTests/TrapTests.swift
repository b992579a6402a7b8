//  TrapTests.swift · IngestTests
//
//  The upstream's traps, by their numbers: those that show in what it says of one unit. What was
//  recorded of the real one is used where there is a recording.

import Foundation
import Monitoring
import Testing

@testable import Ingest

@Suite struct `The traps of the upstream, in what it says of a unit` {
    private let unit = UnitID("nl43-0")!
    private var intake: UnitIntake

    init() { intake = UnitIntake(unit: unit, at: Self.at(0)) }

    static func at(_ seconds: Int) -> Moment {
        Moment(date: Timestamp(milliseconds: Int64(seconds) * 1000), elapsed: .seconds(seconds))
    }

    private func status(_ name: String) throws -> SLMMStatus {
        let capture = try Capture(name)
        return try SLMMStatus(capture.body, status: capture.status)
    }

    private func messages(_ name: String) throws -> [SLMMMonitorMessage] {
        try Capture(name).frames.map { try SLMMMonitorMessage($0) }
    }

    private func frames(_ observations: [Observation]) -> [Frame] {
        observations.compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
    }

    private func fault(_ observations: [Observation]) -> String? {
        observations.compactMap { observation -> String? in
            guard case .feed(_, let report) = observation else { return nil }
            return report.fault?.rawValue ?? "-"
        }.last
    }

    /// A reading at `second`; `values` as in ``levels(_:)``, with LE in front.
    private func reading(
        _ second: Int, _ values: String, _ word: String = "Start", start: Int = -3600
    ) -> SLMMReading {
        let exposure = values.prefix { $0 != " " }
        return SLMMReading(
            time: Timestamp(milliseconds: Int64(second) * 1000),
            levels: levels(String(values.dropFirst(exposure.count + 1))), flags: [],
            word: MeasuringWord(word), measurementStart: Self.at(start).date,
            exposure: Level(displayed: exposure))
    }

    @Test mutating func `Trap 1: is_reachable lies while a feed runs`() throws {
        let lie = try status("19_status_while_unreachable_50s")
        let monitors = try SLMMMonitors(try Capture("19_monitor_status_unreachable").body)
        #expect(frames(intake.read(lie, at: Self.at(0))).count == 1)
        #expect(fault(intake.learn(of: "nl43-0", from: monitors, at: Self.at(1))) == "unreachable")
        // The upstream says "reachable" again; nothing new came, so nothing is taken back.
        #expect(intake.read(lie, at: Self.at(2)) == [])
        #expect(intake.read(lie, at: Self.at(3)) == [])
        #expect(intake.faults[.falselyReachable] == 1)
        #expect(intake.faults[.unreachable] == 1)
    }

    @Test mutating func `Trap 1: a silence of three cadences gives the lie away as well`() throws {
        let lie = try status("19_status_while_unreachable_50s")
        _ = intake.read(lie, at: Self.at(0))
        _ = intake.read(lie, at: Self.at(30))
        #expect(intake.faults[.falselyReachable] == nil)
        for second in 31...50 { _ = intake.read(lie, at: Self.at(second)) }
        #expect(intake.faults[.falselyReachable] == 1)
    }

    @Test mutating func `Trap 1: an old reading seen first does not show that the meter answers`()
        throws
    {
        let monitors = try SLMMMonitors(try Capture("19_monitor_status_unreachable").body)
        _ = intake.learn(of: "nl43-0", from: monitors, at: Self.at(0))
        let first = intake.read(try status("19_status_while_unreachable_50s"), at: Self.at(1))
        #expect(frames(first).count == 1)
        #expect(fault(first) == nil)
        let moved = try messages("19_ws_unreachable_then_back")[3]
        _ = intake.receive(moved, at: Self.at(2))
        #expect(fault(intake.receive(try messages("19_ws_unreachable_then_back")[4], at: Self.at(3))) == "-")
    }

    @Test(arguments: ["23_status_dead_later", "04_status_before_first_poll"])
    mutating func `Trap 2: last_seen of a unit that never answered is not a reading`(
        name: String
    ) throws {
        let observations = intake.read(try status(name), at: Self.at(0))
        #expect(frames(observations) == [])
        #expect(fault(observations) == "waiting")
        #expect(intake.faults == [.neverRead: 1])
    }

    @Test mutating func `Trap 3: a phantom restart after a stop is none`() throws {
        let messages = try messages("22_ws_stopped")
        var frames = frames(intake.receive(messages[0], at: Self.at(0)))
        frames += self.frames(intake.read(try status("22_status_stopped"), at: Self.at(1)))
        for message in messages.dropFirst() {
            frames += self.frames(intake.receive(message, at: Self.at(2)))
        }
        #expect(frames.count > 10)
        #expect(frames.map { $0.state.contains(.measuring) }.count { $0 } == 1)
        #expect(frames.dropFirst().allSatisfy { $0.measurementStart == nil })
        #expect(intake.faults[.phantomStart] == 1)
    }

    @Test mutating func `Trap 3: a phantom restart is none when the stop itself was not told`() {
        let values = "90.0 50.0 60.0 70.0 40.0 80.0 61.0 62.0"
        var told: [Frame] = []
        for second in 0..<10 {
            // The upstream dates the phantom by itself.
            let reading = reading(second, values, start: second < 5 ? -3600 : 5)
            told += frames(intake.receive(.reading(reading), at: Self.at(second)))
        }
        #expect(told.map { $0.state.contains(.measuring) } == (0..<10).map { $0 < 5 })
        #expect(intake.faults[.phantomStart] == 1)
    }

    @Test mutating func `Trap 4: a reset shows in the values, though state and start stay`() throws {
        let before = try messages("19_ws_unreachable_then_back")
        var last: Frame?
        for message in before {
            last = frames(intake.receive(message, at: Self.at(0))).last ?? last
        }
        let start = try #require(last?.measurementStart)
        let live = try Capture("21_live_after_reset")
        var body = try #require(
            try JSONSerialization.jsonObject(with: Data(live.body)) as? [String: Any])
        var data = try #require(body["data"] as? [String: Any])
        data["last_seen"] = "2026-11-23T16:37:51.214"
        body["data"] = data
        let status = try SLMMStatus(JSONSerialization.data(withJSONObject: body))
        guard case .reading(let reading, _) = status else { throw SLMMFault.shape }
        #expect(reading.word == .measuring)
        #expect(reading.measurementStart == start)
        let after = try #require(frames(intake.read(status, at: Self.at(1))).first)
        #expect(after.measurementStart == last?.time)
        #expect(row(after.levels) == "48.4 49.0 50.0 48.1 61.9 49.4 49.4")
        #expect(intake.faults[.hiddenReset] == 1)
    }

    @Test mutating func `Trap 5: "Measure" by default does not start a stopped meter`() throws {
        let values = "90.0 50.0 60.0 70.0 40.0 80.0 61.0 62.0"
        for (second, word) in ["Start", "Stop", "Measure"].enumerated() {
            _ = intake.read(
                .reading(reading(second * 60, values, word), isReachable: nil), at: Self.at(second))
        }
        let frame = frames(
            intake.read(.reading(reading(300, values, "Measure"), isReachable: nil), at: Self.at(9))
        ).first
        #expect(frame?.state == [])
        // On its stream the upstream knows no other word, and values move.
        let moved = reading(301, "60.0 50.0 60.1 60.2 40.0 80.0 61.0 62.0", "Measure")
        #expect(
            frames(intake.read(.reading(moved, isReachable: nil), at: Self.at(10)))
                .map(\.state) == [.measuring])
    }

    @Test mutating func `Trap 8: a row of "-.-" has no values`() throws {
        let frame = try #require(
            frames(intake.read(try status("18_status_missing"), at: Self.at(0))).first)
        #expect(frame.levels == Levels())
        #expect(intake.faults == [.missingLevel: 1])
    }

    @Test mutating func `Trap 13: one reading told by both ways, at two instants, is one`() {
        let values = "90.0 50.0 60.0 70.0 40.0 80.0 61.0 62.0"
        let row = reading(1, values)
        var frame = row
        frame.time = row.time.advanced(byMilliseconds: 5)
        #expect(frames(intake.read(.reading(row, isReachable: true), at: Self.at(1))).count == 1)
        #expect(frames(intake.receive(.reading(frame), at: Self.at(1))) == [])
        #expect(intake.counts.toldByOther == 1)
    }

    @Test(arguments: [
        ("9.9", "10.0", "10.1", true), ("9.9", "99.9", "100.0", true),
        ("10.0", "9.9", "10.1", false), ("99.9", "100.0", "100.0", true),
        ("100.0", "99.9", "101.0", false),
    ])
    mutating func `Trap 15: levels are texts, and compared as numbers`(
        lmin: String, leq: String, lmax: String, isKept: Bool
    ) throws {
        let body =
            #"{"timestamp":"2026-11-23T16:35:56","measurement_state":"Start","lp":"9.9","#
            + #""leq":"\#(leq)","lmax":"\#(lmax)","lmin":"\#(lmin)"}"#
        let message = try SLMMMonitorMessage(body.utf8)
        let frame = try #require(frames(intake.receive(message, at: Self.at(0))).first)
        #expect(frame.levels[.leq] == (isKept ? Level(displayed: leq) : nil))
        #expect(frame.levels[.lp] == Level(tenths: 99))
    }
}
