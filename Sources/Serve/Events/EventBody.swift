//  EventBody.swift · Serve
//
//  Events in answers and in messages to operators. Keys: `docs/api.md`, "Events".

package import Monitoring
import NIOCore

/// Events for scripts, with the keys of `/api/events`.
package enum EventText {
    /// `{"events":[…]}`.
    package static func list(_ events: [SoundEvent]) -> String {
        var text = JSONText(capacity: 64 + events.count * 1600)
        text.beginObject()
        EventBody.write(events, into: &text)
        text.endObject()
        return String(buffer: text.buffer)
    }
}

/// The answers about events.
enum EventBody {
    static func page(_ page: EventPage) -> ByteBuffer {
        var text = JSONText(capacity: 128 + page.events.count * 1600)
        text.beginObject()
        write(page.events, into: &text)
        text.key("active")
        text.integer(Int64(page.active))
        text.key("unacknowledged")
        text.integer(Int64(page.unacknowledged))
        if let next = page.next {
            text.key("next")
            text.string(next.text)
        }
        text.endObject()
        return text.buffer
    }

    /// The member `events` of an object that has begun.
    static func write(_ events: [SoundEvent], into text: inout JSONText) {
        text.key("events")
        text.beginArray()
        for event in events {
            text.beginObject()
            write(event, into: &text)
            text.endObject()
        }
        text.endArray()
    }

    static func event(_ event: SoundEvent) -> ByteBuffer {
        var text = JSONText(capacity: 2048)
        text.beginObject()
        write(event, into: &text)
        text.endObject()
        return text.buffer
    }

    /// The members of an event, for an object that has begun.
    static func write(_ event: SoundEvent, into text: inout JSONText) {
        text.key("id")
        text.whole(event.id == 0 ? nil : Int(event.id))
        text.key("kind")
        text.string(event.kind.rawValue)
        text.key("status")
        text.string(event.isActive ? "active" : "cleared")
        text.key("unit")
        text.string(event.unit?.name)
        text.key("upstream")
        text.string(event.upstream)
        text.key("location")
        text.string(event.location)
        text.key("rule_id")
        text.string(event.rule?.id)
        text.key("rule_version")
        text.whole(event.rule?.version)
        text.key("rule")
        RuleBody.write(event.rule, into: &text)
        text.key("metric")
        text.string(event.rule?.metric.rawValue)
        text.key("threshold_db")
        text.tenths(event.rule?.thresholdTenths)
        text.key("level")
        text.string(event.level.rawValue)
        writeCourse(of: event, into: &text)
        text.key("acknowledged")
        write(event.acknowledgements, into: &text)
        text.key("comments")
        write(event.comments, into: &text)
    }

    private static func writeCourse(of event: SoundEvent, into text: inout JSONText) {
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
        text.key("last_value")
        text.tenths(event.lastTenths)
        text.key("cleared_at")
        text.time(event.clearedAt)
        text.key("closed_at")
        text.time(event.closedAt)
        text.key("clear_reason")
        text.string(event.clearReason?.rawValue)
        text.key("suppressed")
        text.integer(Int64(event.suppressed))
        text.key("samples")
        text.integer(Int64(event.samples))
        text.key("coverage")
        text.number(event.coverage)
        text.key("overloaded")
        text.bool(event.isOverloaded)
        text.key("no_data")
        text.bool(event.hasNoData)
        text.key("saved")
        text.bool(event.isSaved)
        text.key("replayed")
        text.bool(event.isReplayed)
    }

    private static func write(_ notes: [SoundEvent.Note], into text: inout JSONText) {
        text.beginArray()
        for note in notes {
            text.beginObject()
            text.key("at")
            text.time(note.at)
            text.key("by")
            text.string(note.by)
            text.key("note")
            text.string(note.note)
            text.endObject()
        }
        text.endArray()
    }
}

extension StreamMessage {
    static func event(_ event: SoundEvent) -> ByteBuffer {
        var text = JSONText(capacity: 2048)
        text.beginObject()
        text.key("type")
        text.string("event")
        EventBody.write(event, into: &text)
        text.endObject()
        return text.buffer
    }
}
