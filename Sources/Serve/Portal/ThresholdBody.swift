//  ThresholdBody.swift · Serve

import Monitoring
import NIOCore

/// The answers about limits to clients: no hysteresis, no cooldown, nobody who is told.
enum ThresholdBody {
    static func list(_ place: Place, at now: Timestamp) -> ByteBuffer {
        var text = JSONText(capacity: 128 + place.rules.count * 400)
        text.beginObject()
        text.key("thresholds")
        text.beginArray()
        for rule in place.rules {
            text.beginObject()
            write(rule, isInForce: place.isInForce(rule, at: now), into: &text)
            text.key("schedule")
            RuleBody.write(rule.schedule, into: &text)
            text.endObject()
        }
        text.endArray()
        text.key("time_zone")
        text.string(place.project.timeZone)
        text.endObject()
        return text.buffer
    }

    /// The members of a limit, for an object that has begun.
    static func write(_ rule: AlertRule, isInForce: Bool, into text: inout JSONText) {
        text.key("id")
        text.string(rule.id)
        text.key("name")
        text.string(rule.name)
        text.key("metric")
        text.string(rule.metric.rawValue)
        text.key("averaging")
        RuleBody.write(rule.averaging, into: &text)
        text.key("comparison")
        text.string(rule.comparison.rawValue)
        text.key("threshold_db")
        text.tenths(rule.thresholdTenths)
        text.key("duration_s")
        text.integer(Int64(rule.durationSeconds))
        text.key("in_force")
        text.bool(isInForce)
    }
}
