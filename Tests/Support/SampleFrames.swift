//  SampleFrames.swift · Support
//
//  Seeded frames that obey acoustics: lmin ≤ leq ≤ lmax, cumulative values that hold.

package import Monitoring

/// Makes frames of one unit, one after the other.
package struct SampleFrames: Sendable {
    private let unit: UnitID
    private var random: SplitMix64
    private var time: Int64
    private let intervalMilliseconds: Int64
    private var lp: Int16 = 550
    private var cumulative: (energy: Double, count: Double, lmax: Int16, lmin: Int16, lpeak: Int16)
    private var start: Timestamp

    /// - Parameter intervalMilliseconds: distance of frames, jittered by a fiftieth.
    package init(
        unit: String = "NL43-0001", seed: UInt64 = 1, from time: Timestamp,
        intervalMilliseconds: Int64 = 1000
    ) {
        self.unit = UnitID(unit)!
        random = SplitMix64(seed: seed)
        self.time = time.milliseconds
        self.intervalMilliseconds = intervalMilliseconds
        start = time
        cumulative = (0, 0, .min, .max, .min)
    }

    package mutating func next() -> Frame {
        let jitter = intervalMilliseconds / 50
        defer { time += intervalMilliseconds }
        lp = min(1100, max(300, lp + .random(in: -15...15, using: &random)))
        cumulative.energy += Level(tenths: lp).energy
        cumulative.count += 1
        cumulative.lmax = max(cumulative.lmax, lp + 3)
        cumulative.lmin = min(cumulative.lmin, lp - 3)
        cumulative.lpeak = max(cumulative.lpeak, lp + 130)
        var levels = Levels()
        levels[.lp] = Level(tenths: lp)
        let mean = Level.decibels(ofEnergy: cumulative.energy / cumulative.count)
        levels[.leq] = Level(tenths: Int16((mean * 10).rounded()))
        levels[.lmax] = Level(tenths: cumulative.lmax)
        levels[.lmin] = Level(tenths: cumulative.lmin)
        levels[.lpeak] = Level(tenths: cumulative.lpeak)
        levels[.ln1] = Level(tenths: cumulative.lmax - 2)
        levels[.ln2] = Level(tenths: cumulative.lmax - 5)
        let offset = jitter == 0 ? 0 : Int64.random(in: -jitter...jitter, using: &random)
        return Frame(
            unit: unit, time: Timestamp(milliseconds: time + offset), levels: levels,
            state: .measuring, measurementStart: start)
    }

    package mutating func next(_ count: Int) -> [Frame] { (0..<count).map { _ in next() } }

    /// Lets `seconds` pass without frames.
    package mutating func skip(seconds: Int64) { time += seconds * 1000 }

    /// Begins a new measurement.
    package mutating func restart() {
        start = Timestamp(milliseconds: time)
        cumulative = (0, 0, .min, .max, .min)
    }
}

extension FrameColumns {
    /// Columns of `frames`, of one unit and ascending.
    package init(_ frames: [Frame]) {
        self.init()
        for frame in frames {
            append(
                time: frame.time.milliseconds, levels: frame.levels.tenths,
                state: frame.state.rawValue, run: Run(start: frame.measurementStart))
        }
    }

    /// The frames again.
    package func frames(of unit: UnitID) -> [Frame] {
        (0..<count).map { frame(at: $0, of: unit) }
    }
}
