//  RuleOracle.swift · PipelineTests
//
//  Rules on samples straight from the text of docs/alerts.md, looking at everything again for each
//  sample: slow, and nothing like the machine.

import Monitoring

@testable import Pipeline

/// One frame as the oracle sees it.
struct OracleFrame {
    var time: Int64
    /// `nil`: missing.
    var tenths: Int16?
    var isMeasuring: Bool
}

struct OracleEvent: Equatable, CustomStringConvertible {
    var first: Int64
    var onset: Int64
    var peak: Int16
    var peakAt: Int64
    var cleared: Int64?
    var reason: SoundEvent.ClearReason?
    var suppressed = 0
    var samples: Int

    var description: String {
        "\(first)/\(onset)–\(cleared ?? -1) \(reason?.rawValue ?? "open") peak \(peak)@\(peakAt) "
            + "s\(suppressed) n\(samples)"
    }
}

struct RuleOracle {
    let rule: AlertRule
    let noData: Int64
    /// Which window a time is in; `nil`: none. Its end ends what is in it.
    let window: (Int64) -> (id: Int64, end: Int64)?

    private func exceeds(_ value: Int16) -> Bool {
        rule.comparison == .above ? value > rule.thresholdTenths : value < rule.thresholdTenths
    }

    private func recovered(_ value: Int16) -> Bool {
        rule.comparison == .above
            ? value < rule.thresholdTenths - rule.clearMarginTenths
            : value > rule.thresholdTenths + rule.clearMarginTenths
    }

    func events(_ frames: [OracleFrame]) -> [OracleEvent] {
        let gap = Int64(rule.gapSeconds) * 1000
        let duration = Int64(rule.durationSeconds) * 1000
        let cooldown = Int64(rule.cooldownSeconds) * 1000
        // Only what counts: samples inside windows, and stops.
        var places: [(frame: OracleFrame, window: Int64)] = []
        for frame in frames {
            guard let window = window(frame.time) else { continue }
            if !frame.isMeasuring || frame.tenths != nil { places.append((frame, window.id)) }
        }
        /// Since when every sample up to `index` is good, and none before `from`.
        func runStart(_ index: Int, from: Int, _ isGood: (Int16) -> Bool) -> Int? {
            func isSample(_ index: Int) -> Bool {
                places[index].frame.isMeasuring && isGood(places[index].frame.tenths!)
            }
            guard isSample(index) else { return nil }
            var start = index
            while start > from, isSample(start - 1), places[start - 1].window == places[index].window,
                places[start].frame.time - places[start - 1].frame.time <= gap
            {
                start -= 1
            }
            return start
        }
        var events: [OracleEvent] = []
        var onsetIndex: Int?
        var fresh = 0
        for index in places.indices {
            let time = places[index].frame.time
            if let onset = onsetIndex {
                // What ended before this frame.
                let previous = (onset..<index).last { places[$0].frame.isMeasuring }!
                let last = places[previous].frame.time
                let end = window(last)!.end
                if end <= time || time - last > noData {
                    let isSilent = min(end, time) - last > noData
                    events[events.count - 1].cleared = isSilent ? last : end
                    events[events.count - 1].reason = isSilent ? .noData : .windowEnd
                    onsetIndex = nil
                    fresh = index
                }
            }
            if onsetIndex != nil, !places[index].frame.isMeasuring {
                events[events.count - 1].cleared = time
                events[events.count - 1].reason = .measurementStopped
                onsetIndex = nil
                fresh = index + 1
                continue
            }
            guard places[index].frame.isMeasuring else { continue }
            let value = places[index].frame.tenths!
            if let onset = onsetIndex {
                events[events.count - 1].samples += 1
                let peak = events[events.count - 1].peak
                if rule.comparison == .above ? value > peak : value < peak {
                    events[events.count - 1].peak = value
                    events[events.count - 1].peakAt = time
                }
                if let start = runStart(index, from: onset + 1, recovered),
                    time - places[start].frame.time >= duration
                {
                    events[events.count - 1].cleared = time
                    events[events.count - 1].reason = .recovered
                    onsetIndex = nil
                    fresh = index + 1
                }
                continue
            }
            guard let start = runStart(index, from: fresh, exceeds) else { continue }
            let hasLasted = time - places[start].frame.time >= duration
            let isFree = events.last.map { time - $0.onset >= cooldown } ?? true
            if hasLasted, isFree {
                onsetIndex = index
                events.append(
                    OracleEvent(
                        first: places[start].frame.time, onset: time, peak: value, peakAt: time,
                        samples: 1))
            } else if hasLasted, !events.isEmpty {
                let hasEnded =
                    index + 1 < places.count
                    ? runStart(index + 1, from: fresh, exceeds) != start
                    : window(time)!.end <= frames[frames.count - 1].time
                if hasEnded { events[events.count - 1].suppressed += 1 }
            }
        }
        if onsetIndex != nil, let seen = frames.last?.time {
            let last = places.last { $0.frame.isMeasuring }!.frame.time
            let end = window(last)!.end
            if end <= seen || seen - last > noData {
                let isSilent = min(end, seen) - last > noData
                events[events.count - 1].cleared = isSilent ? last : end
                events[events.count - 1].reason = isSilent ? .noData : .windowEnd
            }
        }
        return events
    }
}
