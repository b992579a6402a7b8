//  PlaceBody.swift · Serve
//
//  Places in answers to clients. Keys: `docs/portal.md`.

import Monitoring
import NIOCore

/// The answers about places.
enum PlaceBody {
    static func overview(_ overview: PortalOverview) -> ByteBuffer {
        var text = JSONText(capacity: 256 + overview.places.count * 1500)
        text.beginObject()
        text.key("now")
        text.time(overview.now)
        text.key("client")
        text.string(overview.client.name)
        text.key("locations")
        text.beginArray()
        for place in overview.places {
            text.beginObject()
            write(place, into: &text)
            text.endObject()
        }
        text.endArray()
        text.endObject()
        return text.buffer
    }

    static func live(_ state: PlaceState) -> ByteBuffer {
        var text = JSONText(capacity: 512)
        text.beginObject()
        text.key("location")
        text.string(state.place.location.id)
        text.key("feed")
        text.string(state.feed?.rawValue)
        write(state, PlaceHistoryRoute.metrics, into: &text)
        text.endObject()
        return text.buffer
    }

    private static func write(
        _ state: PlaceState, _ metrics: [Metric], into text: inout JSONText
    ) {
        text.key("status")
        text.string(state.status.rawValue)
        text.key("timestamp")
        text.time(state.newest?.time)
        text.key("age_seconds")
        text.decimal(state.ageMilliseconds.map { $0 / 100 }, decimals: 1)
        text.key("cadence_seconds")
        text.number(state.cadenceMilliseconds.map { Double($0) / 1000 })
        text.key("state")
        text.string(state.newest?.state.name)
        text.key("measurement_start")
        text.time(state.newest?.measurementStart)
        for metric in metrics {
            text.key(metric.name)
            text.level(state.newest?.levels[metric])
        }
    }

    private static func write(_ summary: PlaceSummary, into text: inout JSONText) {
        let (location, project) = (summary.place.location, summary.place.project)
        text.key("id")
        text.string(location.id)
        text.key("name")
        text.string(location.name)
        text.key("project")
        text.beginObject()
        text.key("id")
        text.string(project.id)
        text.key("name")
        text.string(project.name)
        text.key("time_zone")
        text.string(project.timeZone)
        text.endObject()
        text.key("latitude")
        text.number(location.latitude)
        text.key("longitude")
        text.number(location.longitude)
        write(summary.state, [.lp], into: &text)
        text.key("active")
        text.whole(summary.active.count)
        text.key("limit")
        write(summary.limit, into: &text)
        text.key("lane")
        write(summary.lane, into: &text)
    }

    private static func write(_ limit: PlaceLimit?, into text: inout JSONText) {
        guard let limit else { return text.null() }
        text.beginObject()
        ThresholdBody.write(limit.rule, isInForce: limit.isInForce, into: &text)
        text.key("value")
        text.decimal(HistoryBody.hundredths(limit.decibels), decimals: 2)
        text.key("active_since")
        text.time(limit.activeSince)
        text.endObject()
    }

    private static func write(_ lane: Lane, into text: inout JSONText) {
        text.beginObject()
        text.key("from")
        text.time(lane.from)
        text.key("step_seconds")
        text.integer(Lane.stepSeconds)
        text.key("mean")
        text.decimals(lane.means.count, decimals: 2) { HistoryBody.hundredths(lane.means[$0]) }
        text.key("above")
        text.beginArray()
        for span in lane.above {
            text.beginArray()
            text.time(span.start)
            text.time(span.end)
            text.endArray()
        }
        text.endArray()
        text.endObject()
    }
}
