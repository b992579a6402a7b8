//  Scrub.swift · Pipeline
//
//  Decides what becomes of a frame. Pure: one machine for all units, time is an argument.
//
//      frame ─▶ implausible? drop, count ─▶ at or before the unit's watermark?
//                                              ├ the same instant: repeated, drop
//                                              ├ before: late, store, never evaluate
//                                              └ after: accepted, moves the watermark

package import Monitoring

/// What the scrub does with frames.
package struct Scrub: Sendable {
    /// The verdict on one frame.
    package enum Verdict: Hashable, Sendable {
        /// New: to be stored, evaluated and shown.
        case accepted
        /// At the watermark: the same reading, seen twice.
        case repeated
        /// Before the watermark: to be stored only.
        case late
        /// Not to be used, and why.
        case implausible(Reason)
    }

    /// Why a frame is dropped; counted by name.
    package enum Reason: String, CaseIterable, Sendable {
        /// Not one value.
        case noValues = "no_values"
        /// More than five minutes ahead of our clock: the upstream's clock is wrong.
        case ahead
    }

    /// A frame further ahead than this is dropped, in milliseconds.
    package static let aheadMaximumMilliseconds: Int64 = 300_000

    /// Per unit, the time up to which frames are taken as complete.
    private var watermarks: [UnitID: Timestamp] = [:]
    /// How many frames were dropped, by reason.
    package private(set) var dropped: [Reason: Int] = [:]

    package init() {}

    /// Carries on after a restart: frames up to `time` are known.
    package mutating func resume(_ unit: UnitID, at time: Timestamp) {
        watermarks[unit] = max(watermarks[unit] ?? time, time)
    }

    /// Judges a frame. O(1).
    package mutating func judge(_ frame: Frame, now: Timestamp) -> Verdict {
        if frame.levels == Levels() { return drop(.noValues) }
        if frame.time.milliseconds(since: now) > Scrub.aheadMaximumMilliseconds {
            return drop(.ahead)
        }
        if let watermark = watermarks[frame.unit], frame.time <= watermark {
            return frame.time == watermark ? .repeated : .late
        }
        watermarks[frame.unit] = frame.time
        return .accepted
    }

    private mutating func drop(_ reason: Reason) -> Verdict {
        dropped[reason, default: 0] += 1
        return .implausible(reason)
    }
}
