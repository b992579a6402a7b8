//  Scrub.swift · Pipeline
//
//  Decides what becomes of a frame. Pure: one machine for all units, time is an argument.
//
//      frame ─▶ implausible? drop, count ─▶ of the trail? before the watermark: filled, else drop
//                                        ─▶ the unit's watermark?
//                                              ├ after it: accepted, moves it
//                                              ├ the reading at it once more: repeated, drop
//                                              └ at or before it: late, store, never evaluate
//                                                  └ the third running that rises: the upstream's
//                                                    clock went back; accepted, watermark moves back

package import Monitoring

/// What the scrub does with frames.
package struct Scrub: Sendable {
    /// The verdict on one frame.
    package enum Verdict: Hashable, Sendable {
        /// New: to be stored, evaluated and shown.
        case accepted
        /// As ``accepted``, and the first since the upstream's clock went back: so far behind the
        /// watermark before.
        case clockStep(backMilliseconds: Int64)
        /// A reading seen twice.
        case repeated
        /// At or before the watermark: to be stored only.
        case late
        /// Of the upstream's trail, into a hole before the watermark: to be stored only.
        case filled
        /// Not to be used, and why.
        case implausible(FaultReason)
    }

    /// A frame further ahead than this is dropped, in milliseconds.
    package static let aheadMaximumMilliseconds: Int64 = 300_000
    /// So many new frames running behind the watermark, each after the one before, tell that the
    /// upstream's clock went back.
    package static let stepFrames = 3

    /// What is known of a unit.
    fileprivate struct Entry {
        /// Its time is the watermark: up to it, frames are taken as complete.
        var newest: Frame?
        /// A later watermark: something was decided up to here because nothing had come.
        var decidedUpTo: Timestamp?
        /// The newest watermark before the upstream's clock went back.
        var ceiling: Timestamp?
        /// The last of the frames running behind the watermark that rise, and how many they are.
        var behind: Frame?
        var behindCount = 0
        var faults: [FaultReason: UInt64] = [:]
    }

    /// One for each unit that was ever read.
    private var entries: [UnitID: Entry] = [:]
    /// Without the channel's, which is not known here.
    package private(set) var counts = PipelineCounts()

    package init() {}

    /// Carries on after a restart: `newest` is the unit's newest stored frame.
    package mutating func resume(_ newest: Frame) {
        entries[newest.unit, default: Entry()].newest = newest
    }

    /// Carries on after a restart with what the unit's monitor had come to: later than its newest
    /// stored frame when a tick had decided, earlier while a clock that went back catches up.
    package mutating func resume(_ unit: UnitID, at watermark: Timestamp, ceiling: Timestamp?) {
        guard let ceiling, watermark < ceiling else { return raise(unit, to: watermark) }
        entries[unit, default: Entry()].decidedUpTo = watermark
        entries[unit, default: Entry()].ceiling = ceiling
    }

    /// What is of `unit` was judged up to `time`: a frame at or before it is late.
    package mutating func raise(_ unit: UnitID, to time: Timestamp) {
        let known = entries[unit]?.watermark
        guard known.map({ $0 < time }) ?? true else { return }
        entries[unit, default: Entry()].decidedUpTo = time
    }

    /// What was wrong with frames of `unit`.
    package func faults(of unit: UnitID) -> [FaultReason: UInt64] { entries[unit]?.faults ?? [:] }

    /// Judges a frame. O(1).
    package mutating func judge(_ frame: Frame, now: Timestamp) -> Verdict {
        let verdict =
            Scrub.implausibility(of: frame, now: now).map(Verdict.implausible)
            ?? (frame.state.origin == .trail
                ? judgeTrail(frame) : entries[frame.unit, default: Entry()].judge(frame))
        count(verdict, of: frame.unit)
        return verdict
    }

    /// The trail tells of what was before the unit's readings: it moves no watermark, and says
    /// nothing of the upstream's clock. What would be the unit's newest frame is dropped.
    private func judgeTrail(_ frame: Frame) -> Verdict {
        let newest = entries[frame.unit]?.newest
        return newest.map { frame.time < $0.time } ?? false ? .filled : .implausible(.ahead)
    }

    /// A frame as it is to be stored after `verdict` on it; `nil`: it is not.
    ///
    /// One that is judged while the upstream's clock catches up with what it told before is stored as
    /// late: among frames of the time before, its place is told by the journal only.
    package func asStored(_ frame: Frame, _ verdict: Verdict) -> Frame? {
        var stored = frame
        switch verdict {
        case .repeated, .implausible: return nil
        case .filled: break
        case .late: stored.state.origin = .late
        case .accepted, .clockStep:
            if let ceiling = entries[frame.unit]?.ceiling, frame.time <= ceiling {
                stored.state.origin = .late
            }
        }
        return stored
    }

    /// Takes note of what became of frames that were handed to the store.
    package mutating func note(_ summary: AppendSummary) {
        counts.stored += UInt64(summary.accepted)
        counts.duplicates += UInt64(summary.duplicates)
        counts.conflicts += UInt64(summary.conflicts)
        counts.rejected += UInt64(summary.rejected)
        counts.lost += UInt64(summary.lost)
        for (unit, count) in summary.conflictsByUnit {
            entries[unit, default: Entry()].faults[.conflict, default: 0] += UInt64(count)
        }
    }

    private static func implausibility(of frame: Frame, now: Timestamp) -> FaultReason? {
        if frame.levels == Levels() { return .noValues }
        return frame.time.milliseconds(since: now) > aheadMaximumMilliseconds ? .ahead : nil
    }

    private mutating func count(_ verdict: Verdict, of unit: UnitID) {
        counts.taken += 1
        let fault: FaultReason
        switch verdict {
        case .accepted:
            counts.accepted += 1
            return
        case .repeated:
            counts.repeated += 1
            return
        case .filled:
            counts.filled += 1
            return
        case .clockStep:
            counts.accepted += 1
            counts.clockSteps += 1
            fault = .clockStep
        case .late:
            counts.late += 1
            fault = .late
        case .implausible(let reason):
            counts.dropped[reason, default: 0] += 1
            fault = reason
        }
        entries[unit, default: Entry()].faults[fault, default: 0] += 1
    }
}

extension Scrub.Entry {
    var watermark: Timestamp? { decidedUpTo ?? newest?.time }

    mutating func judge(_ frame: Frame) -> Scrub.Verdict {
        guard let watermark, frame.time <= watermark else {
            accept(frame)
            return .accepted
        }
        if newest.map(frame.says(the:)) ?? false || behind.map(frame.says(the:)) ?? false { return .repeated }
        let rises = behind.map { $0.time < frame.time } ?? false
        // One more of the same time tells nothing of where the clock goes.
        if behind?.time != frame.time {
            behind = frame
            behindCount = rises ? behindCount + 1 : 1
        }
        guard behindCount == Scrub.stepFrames else { return .late }
        ceiling = max(ceiling ?? watermark, watermark)
        accept(frame)
        return .clockStep(backMilliseconds: watermark.milliseconds(since: frame.time))
    }

    private mutating func accept(_ frame: Frame) {
        newest = frame
        decidedUpTo = nil
        behind = nil
        behindCount = 0
    }
}

extension Frame {
    /// Whether this is the very reading `other`, told again.
    fileprivate func says(the other: Frame) -> Bool {
        time == other.time && levels == other.levels
            && state.from(.live) == other.state.from(.live)
    }
}
