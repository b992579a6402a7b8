//  EventPlay.swift · Serve
//
//  An event's readings and steps in the order in which they came, and when each is due. Pure.

import Monitoring
import NIOCore

/// An event played second by second, at a multiple of its time.
///
/// Readings are as on a unit's stream; a step stands behind the reading that led to it.
struct EventPlay {
    /// How many times faster than it was.
    static let speeds: ClosedRange<Int64> = 1...1000

    /// What is told at once.
    let opening: ByteBuffer
    /// When it is over, after the beginning.
    let end: Duration
    private let unit: UnitID?
    private let range: TimeRange
    private let speed: Int64
    private let frames: FrameColumns
    private let steps: [PlayStep]
    private var nextFrame = 0
    private var nextStep = 0

    /// - Parameter speed: one of ``speeds``.
    init(
        _ replay: EventReplay, of event: SoundEvent, _ deliveries: [Delivery] = [], speed: Int64
    ) {
        unit = event.unit
        range = replay.range
        self.speed = speed
        frames = replay.frames
        steps = PlayStep.steps(of: replay, event, deliveries).filter { replay.range.contains($0.at) }
        opening = StreamMessage.replay(of: event, in: range, speed: speed)
        end = EventPlay.offset(range.end.milliseconds, range, speed)
    }

    /// When the next message is due, after the beginning; `nil`: nothing comes any more.
    var next: Duration? {
        let times = [frameTime, stepTime].compactMap(\.self)
        return times.min().map { EventPlay.offset($0, range, speed) }
    }

    /// What is due `elapsed` after the beginning and was not told yet. O(answer).
    mutating func due(after elapsed: Duration) -> [ByteBuffer] {
        var messages: [ByteBuffer] = []
        while let next, next <= elapsed { messages.append(tell()) }
        return messages
    }

    private var frameTime: Int64? {
        nextFrame < frames.count && unit != nil ? frames.times[nextFrame] : nil
    }

    private var stepTime: Int64? {
        nextStep < steps.count ? steps[nextStep].at.milliseconds : nil
    }

    private mutating func tell() -> ByteBuffer {
        if let unit, let frameTime, stepTime.map({ frameTime <= $0 }) ?? true {
            nextFrame += 1
            return StreamMessage.frame(frames.frame(at: nextFrame - 1, of: unit))
        }
        nextStep += 1
        return StreamMessage.step(steps[nextStep - 1])
    }

    private static func offset(_ time: Int64, _ range: TimeRange, _ speed: Int64) -> Duration {
        .microseconds(max(0, time - range.start.milliseconds) * 1000 / speed)
    }
}

extension StreamMessage {
    static func replay(of event: SoundEvent, in range: TimeRange, speed: Int64) -> ByteBuffer {
        var text = JSONText(capacity: 2048)
        text.beginObject()
        text.key("type")
        text.string("replay")
        text.key("speed")
        text.integer(speed)
        ReplayBody.write(range, into: &text)
        text.key("event")
        text.beginObject()
        EventBody.write(event, into: &text)
        text.endObject()
        text.endObject()
        return text.buffer
    }

    static func step(_ step: PlayStep) -> ByteBuffer {
        var text = JSONText(capacity: 96)
        text.beginObject()
        text.key("type")
        text.string("step")
        step.write(into: &text)
        text.endObject()
        return text.buffer
    }

    static let end = ByteBuffer(string: #"{"type":"end"}"#)
}
