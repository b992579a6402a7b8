//  TrailFrames.swift · Support
//
//  Frames as an upstream's trail gives them, about one a minute, also where other frames are.

package import Monitoring

extension Array<Frame> {
    /// These frames of one unit, ascending, with others of the trail among them: in their holes,
    /// and in a third of the minutes that have frames.
    package func withTrail(seed: UInt64) -> [Frame] {
        guard let first, let last else { return [] }
        var random = SplitMix64(seed: seed ^ 0x7472_6169_6C)
        var all = self
        var time = first.time
        var next = 0
        while time < last.time {
            defer { time = time.advanced(byMilliseconds: .random(in: 60_000...70_000, using: &random)) }
            while self[next].time < time { next += 1 }
            guard self[next].time != time else { continue }
            let isHole =
                self[next].time.milliseconds(since: time) > 60_000
                && time.milliseconds(since: self[next - 1].time) > 60_000
            guard isHole || Int.random(in: 0..<3, using: &random) == 0 else { continue }
            all.append(.ofTrail(first.unit, at: time, leq: .random(in: 300...900, using: &random)))
        }
        return all.sorted { $0.time < $1.time }
    }
}

extension Frame {
    /// - Parameter leq: in tenths.
    package static func ofTrail(_ unit: UnitID, at time: Timestamp, leq: Int16) -> Frame {
        var levels = Levels()
        for (metric, distance) in [(Metric.leq, 0), (.lmax, 120), (.ln1, 40), (.ln2, 30)] {
            levels[metric] = Level(tenths: leq + Int16(distance))
        }
        return Frame(
            unit: unit, time: time, levels: levels,
            state: FrameState.measuring.from(.trail))
    }

    package var isOfTrail: Bool { state.origin == .trail }
}
