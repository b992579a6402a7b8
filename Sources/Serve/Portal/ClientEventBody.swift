//  ClientEventBody.swift · Serve
//
//  Events as clients see them: rule, limit, times and levels, and nothing else.

import Monitoring
import NIOCore

extension SoundEvent {
    /// Whether clients see it: a breach of a limit that is shown to them. A warning is none.
    var isForClients: Bool { kind == .rule && level == .alarm && rule?.isVisibleToClient == true }
}

/// The answers about events to clients.
enum ClientEventBody {
    static func page(_ page: ClientEvents) -> ByteBuffer {
        var text = JSONText(capacity: 128 + page.events.count * 512)
        text.beginObject()
        text.key("events")
        text.beginArray()
        for event in page.events {
            text.beginObject()
            write(event, into: &text)
            text.endObject()
        }
        text.endArray()
        text.key("active")
        text.whole(page.active)
        if let next = page.next {
            text.key("next")
            text.string(next.text)
        }
        text.endObject()
        return text.buffer
    }

    /// The members of an event, for an object that has begun.
    static func write(_ event: SoundEvent, into text: inout JSONText) {
        text.key("id")
        text.whole(event.id == 0 ? nil : Int(event.id))
        text.key("status")
        text.string(event.isActive ? "active" : "cleared")
        text.key("name")
        text.string(event.rule?.name)
        text.key("metric")
        text.string(event.rule?.metric.rawValue)
        text.key("averaging")
        RuleBody.write(event.rule?.averaging, into: &text)
        text.key("comparison")
        text.string(event.rule?.comparison.rawValue)
        text.key("threshold_db")
        text.tenths(event.rule?.thresholdTenths)
        text.key("first_exceeded_at")
        text.time(event.firstExceededAt)
        text.key("onset_at")
        text.time(event.onsetAt)
        text.key("onset_value")
        text.tenths(event.onsetTenths)
        text.key("peak_value")
        text.tenths(event.peakTenths)
        text.key("peak_at")
        text.time(event.peakAt)
        text.key("last_exceeded_at")
        text.time(event.lastExceededAt)
        text.key("exceeded_s")
        text.decimal(event.exceededMilliseconds, decimals: 3)
        text.key("cleared_at")
        text.time(event.clearedAt)
        text.key("no_data")
        text.bool(event.hasNoData)
    }
}

extension StreamMessage {
    /// `nil` for an event that clients do not see.
    static func clientEvent(_ event: SoundEvent) -> ByteBuffer? {
        guard event.isForClients else { return nil }
        var text = JSONText(capacity: 512)
        text.beginObject()
        text.key("type")
        text.string("event")
        ClientEventBody.write(event, into: &text)
        text.endObject()
        return text.buffer
    }
}
