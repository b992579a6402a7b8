//  UnitBody.swift · Serve
//
//  What a unit is set to, how it is read and what it does: the answers of `/api/units`.

import Monitoring
import NIOCore

/// The answers of `/api/units` and `/api/units/{unit}`.
enum UnitBody {
    static func list(
        _ units: [UnitSnapshot], _ upstreams: [UpstreamStatus], at now: Timestamp
    ) -> ByteBuffer {
        var text = JSONText(capacity: 256 + units.count * 900)
        text.beginObject()
        text.key("units")
        text.beginArray()
        for unit in units { write(unit, at: now, into: &text) }
        text.endArray()
        text.key("upstreams")
        text.beginArray()
        for upstream in upstreams { write(upstream, at: now, into: &text) }
        text.endArray()
        text.endObject()
        return text.buffer
    }

    static func unit(_ unit: UnitSnapshot, at now: Timestamp) -> ByteBuffer {
        var text = JSONText(capacity: 1024)
        write(unit, at: now, into: &text)
        return text.buffer
    }

    /// What is configured, with the keys of `provision`; how it is read; what is known now.
    private static func write(
        _ snapshot: UnitSnapshot, at now: Timestamp, into text: inout JSONText
    ) {
        text.beginObject()
        write(snapshot.unit, into: &text)
        text.key("rate_now")
        write(snapshot.report?.rate, into: &text)
        text.key("cellular")
        write(snapshot.report?.cellular, into: &text)
        text.key("faults")
        text.beginObject()
        for reason in FaultReason.allCases {
            guard let count = snapshot.faults[reason] else { continue }
            text.key(reason.rawValue)
            text.integer(Int64(clamping: count))
        }
        text.endObject()
        text.key("has_monitor")
        text.bool(snapshot.report?.hasMonitor)
        text.key("listed")
        text.bool(snapshot.report?.isListed)
        LiveBody.write(snapshot.live, at: now, into: &text)
        text.endObject()
    }

    private static func write(_ unit: Unit, into text: inout JSONText) {
        text.key("id")
        text.string(unit.id.name)
        text.key("upstream")
        text.string(unit.upstream)
        text.key("upstream_unit")
        text.string(unit.upstreamUnit)
        text.key("ln1_percent")
        text.number(unit.ln1Percent)
        text.key("ln2_percent")
        text.number(unit.ln2Percent)
        text.key("frequency_weighting")
        text.string(unit.frequencyWeighting)
        text.key("time_weighting")
        text.string(unit.timeWeighting)
        text.key("rate")
        text.string(unit.rate.rawValue)
    }

    private static func write(_ rate: UnitRate?, into text: inout JSONText) {
        guard let rate else { return text.null() }
        text.beginObject()
        text.key("full")
        text.bool(rate.isFull)
        text.key("reason")
        text.string(rate.reason.rawValue)
        text.key("viewers")
        text.integer(Int64(rate.viewerCount))
        text.endObject()
    }

    private static func write(_ estimate: CellularEstimate?, into text: inout JSONText) {
        guard let estimate else { return text.null() }
        text.beginObject()
        text.key("bytes_per_day")
        text.integer(estimate.bytesPerDay)
        text.key("bytes")
        text.integer(estimate.bytes)
        text.key("since")
        text.time(estimate.since)
        text.endObject()
    }

    private static func write(
        _ upstream: UpstreamStatus, at now: Timestamp, into text: inout JSONText
    ) {
        text.beginObject()
        text.key("id")
        text.string(upstream.id)
        text.key("url")
        text.string(upstream.url)
        text.key("state")
        text.string(upstream.state.rawValue)
        text.key("since")
        text.time(upstream.since)
        text.key("failure")
        text.string(upstream.failure)
        text.key("units")
        text.integer(Int64(upstream.units))
        text.key("full_rate_units")
        text.integer(Int64(upstream.fullRateCount))
        text.key("monitors")
        text.number(upstream.monitorCount.map(Double.init))
        text.key("clock_offset_seconds")
        text.decimal(upstream.clockOffsetMilliseconds, decimals: 3)
        text.key("condition")
        text.string(upstream.conditionWord)
        text.key("notices")
        text.beginArray()
        for notice in upstream.notices(now: now) { text.string(notice) }
        text.endArray()
        text.endObject()
    }
}
