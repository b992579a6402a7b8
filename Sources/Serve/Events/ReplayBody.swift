//  ReplayBody.swift · Serve
//
//  The past once more, as JSON. Keys: `docs/api.md`, "Events".

import Monitoring
import NIOCore

/// The answers of replays and previews.
enum ReplayBody {
    /// The columns of a player: level and state.
    private static let metrics: [Metric] = [.lp, .leq, .lmax]

    static func replay(
        _ replay: EventReplay, of event: SoundEvent, _ deliveries: [Delivery]
    ) -> ByteBuffer {
        let frames = replay.frames
        var text = JSONText(capacity: 4096 + frames.count * 40)
        text.beginObject()
        text.key("event")
        text.beginObject()
        EventBody.write(event, into: &text)
        text.endObject()
        write(replay.range, into: &text)
        text.key("t")
        text.column(frames.times)
        for metric in metrics {
            text.key(metric.name)
            text.levels(frames.levels[metric.rawValue])
        }
        text.key("state")
        text.beginArray()
        for state in frames.states { text.string(FrameState(rawValue: state).name) }
        text.endArray()
        text.key("steps")
        text.beginArray()
        for step in PlayStep.steps(of: replay, event, deliveries) {
            text.beginObject()
            step.write(into: &text)
            text.endObject()
        }
        text.endArray()
        text.endObject()
        return text.buffer
    }

    static func preview(
        _ report: BackTestReport, of rule: AlertRule, in range: TimeRange
    ) -> ByteBuffer {
        var text = JSONText(capacity: 1024 + report.events.count * 1600)
        text.beginObject()
        write(range, into: &text)
        text.key("alarms")
        text.integer(Int64(report.alarmCount))
        text.key("warnings")
        text.integer(Int64(report.warningCount))
        text.key("readings")
        text.integer(Int64(report.frameCount))
        text.key("rule")
        RuleBody.write(rule, into: &text)
        EventBody.write(report.events, into: &text)
        text.key("damage")
        HistoryBody.write(report.damage, into: &text)
        text.endObject()
        return text.buffer
    }

    static func write(_ range: TimeRange, into text: inout JSONText) {
        text.key("from")
        text.time(range.start)
        text.key("to")
        text.time(range.end)
    }
}
