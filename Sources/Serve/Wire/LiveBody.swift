//  LiveBody.swift · Serve
//
//  What is happening now: the answer of `/live`, and the stream's messages.

import Monitoring
import NIOCore

/// The answer of `/api/units/{unit}/live`.
enum LiveBody {
    static func live(_ unit: UnitID, _ state: LiveState, at now: Timestamp) -> ByteBuffer {
        var text = JSONText(capacity: 512)
        text.beginObject()
        text.key("unit")
        text.string(unit.name)
        write(state, at: now, into: &text)
        text.endObject()
        return text.buffer
    }

    /// The members that a unit has in each answer about the present.
    static func write(_ state: LiveState, at now: Timestamp, into text: inout JSONText) {
        let frame = state.newest
        text.key("feed")
        text.string(state.status(at: now).rawValue)
        text.key("timestamp")
        text.time(frame?.time)
        text.key("age_seconds")
        text.decimal(
            frame.map { max(0, now.milliseconds(since: $0.time)) / 100 }, decimals: 1)
        text.key("cadence_seconds")
        text.number(state.feed.map { Double($0.cadenceMilliseconds) / 1000 })
        text.key("state")
        text.string(frame?.state.name)
        text.key("measurement_start")
        text.time(frame?.measurementStart)
        for metric in Metric.allCases {
            text.key(metric.name)
            text.level(frame?.levels[metric])
        }
    }
}

/// The stream's messages, as JSON text. Fields: `docs/api.md`.
enum StreamMessage {
    static func frame(_ frame: Frame) -> ByteBuffer {
        var text = JSONText(capacity: 192)
        text.beginObject()
        text.key("type")
        text.string("frame")
        text.key("t")
        text.time(frame.time)
        for metric in [Metric.lp, .leq, .lmax, .ln1, .ln2] {
            text.key(metric.name)
            text.level(frame.levels[metric])
        }
        text.key("state")
        text.string(frame.state.name)
        text.endObject()
        return text.buffer
    }

    static func status(_ feed: LiveState.Status, since: Timestamp?) -> ByteBuffer {
        var text = JSONText(capacity: 96)
        text.beginObject()
        text.key("type")
        text.string("status")
        text.key("feed")
        text.string(feed.rawValue)
        text.key("since")
        text.time(since)
        text.endObject()
        return text.buffer
    }

    /// No unit stands where a client looks.
    static let unassigned = ByteBuffer(string: #"{"type":"status","feed":"unassigned","since":null}"#)

    static let heartbeat = ByteBuffer(string: #"{"type":"heartbeat"}"#)

    static func dropped(_ count: Int) -> String { #"{"type":"dropped","count":\#(count)}"# }
}
