//  FeedFrameTests.swift · SimulatorTests

import Monitoring
import Testing

@testable import Simulator

@Suite struct `A feed frame` {
    @Test(arguments: [
        "09_ws_monitor_1client", "10_ws_monitor_after_drd", "15_ws_over_threshold",
        "22_ws_stopped",
    ])
    func `is written like the recorded ones, byte for byte`(recording: String) throws {
        for recorded in try Capture.frames(recording) {
            let start = try unwrap(recorded["measurement_start_time"]).string.map(time)
            let time = try time(unwrap(recorded["timestamp"]?.string))
            let reading = Reading(
                time: time, values: try values(unwrap(recorded["raw_payload"]?.string)),
                isMeasuring: recorded["measurement_state"] == "Start", measurementStart: start)
            let frame = FeedFrame(time: time, content: .reading(reading))
            #expect(
                String(decoding: frame.json(unit: "nl43-0"), as: UTF8.self)
                    == String(decoding: recorded.bytes, as: UTF8.self))
        }
    }

    @Test func `of an unreachable unit is written like the recorded ones`() throws {
        let frames =
            try Capture.frames("19_ws_unreachable_then_back")
            .filter { $0["feed_status"] == "unreachable" }
        #expect(frames.count == 2)
        for recorded in frames {
            let isHeartbeat = recorded["heartbeat"] == true
            let frame = FeedFrame(
                time: try time(unwrap(recorded["timestamp"]?.string)),
                content: isHeartbeat ? .unreachableHeartbeat : .unreachable)
            #expect(frame.json(unit: "nl43-0") == recorded.bytes)
        }
    }

    /// The recorded text back into values, so that writing them again must give it.
    private func values(_ payload: String) throws -> MeterReading {
        let fields = payload.split(separator: ",")
        var reading = MeterReading()
        for field in MeterReading.Field.allCases {
            reading[field] = Level(displayed: fields[field.rawValue])?.tenths
        }
        reading.isOver = fields[14] == "1"
        return reading
    }

    private func time(_ text: String) throws -> UpstreamTime {
        let whole = try unwrap(Timestamp(rfc3339: text.prefix(19), withoutZone: .utc))
        let fraction = text.count > 19 ? try unwrap(Int64(text.dropFirst(20))) : 0
        return UpstreamTime(microseconds: whole.milliseconds * 1000 + fraction)
    }
}

@Suite struct `A DOD line` {
    @Test func `carries the overload flag in its fifteenth field`() throws {
        let recorded = try unwrap(
            Capture("18_live_overload").body["data"]?["raw_payload"]?.string)
        var reading = MeterReading()
        reading.isOver = true
        var bytes: [UInt8] = []
        RawPayload.append(reading, to: &bytes)
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: ",")
        #expect(fields[14...] == recorded.split(separator: ",")[14...])
    }

    @Test(arguments: [
        (-3, " -0.3"), (4, "  0.4"), (99, "  9.9"), (101, " 10.1"), (999, " 99.9"), (1000, "100.0"),
        (1499, "149.9"),
    ])
    func `right-aligns levels in five characters`(tenths: Int, text: String) {
        var reading = MeterReading()
        reading[.leq] = Int16(tenths)
        var bytes: [UInt8] = []
        RawPayload.append(reading, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("-.-,\(text), -.-,"))
    }
}

@Suite struct `The upstream's clock` {
    @Test(arguments: [
        (1_795_451_714_645_021 as Int64, "2026-11-23T16:35:14.645021"),
        (1_795_451_714_000_000, "2026-11-23T16:35:14"),
        (1_795_451_714_000_007, "2026-11-23T16:35:14.000007"),
        (-1, "1969-12-31T23:59:59.999999"),
    ])
    func `is written without a zone, and without a fraction that is 0`(
        microseconds: Int64, text: String
    ) {
        #expect(UpstreamTime(microseconds: microseconds).text == text)
    }
}
