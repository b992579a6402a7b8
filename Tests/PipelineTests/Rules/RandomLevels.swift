//  RandomLevels.swift · PipelineTests
//
//  Seeded series with everything in them that has gone wrong: two cadences, holes of all lengths,
//  missing values, stops, resets, readings over range, levels that dwell around a limit.

import Monitoring

@testable import Pipeline

struct RandomLevels {
    var random: SplitMix64
    var time: Int64
    private var level: Int16 = 690
    private var start: Int64
    private var lmax: Int16 = 0
    private var cadence: Int64 = 1000

    init(seed: UInt64, from start: Timestamp = RuleStrip.start) {
        random = SplitMix64(seed: seed)
        time = start.milliseconds
        self.start = start.milliseconds - 500
    }

    mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    mutating func frame() -> Frame {
        if chance(60) { cadence = chance(2) ? 1000 : 10_000 }
        time += cadence + Int64.random(in: -40...40, using: &random)
        if chance(30) { time += Int64.random(in: 1...40, using: &random) * 1000 }
        if chance(250) { time += Int64.random(in: 100...2000, using: &random) * 1000 }
        let isStopped = chance(150)
        if chance(120) {
            // A reset is seen at once; a start lies between two readings.
            start = chance(2) ? time - cadence - 100 : time - 300
            lmax = 0
        }
        // Around 70 dB, with long stretches on each side.
        if chance(25) { level = chance(2) ? 725 : 655 }
        level += Int16.random(in: -12...12, using: &random) + (700 - level) / 40
        lmax = max(lmax, level + Int16.random(in: 0...30, using: &random))
        var levels = Levels()
        if !chance(40) { levels[.lp] = Level(tenths: level) }
        if !chance(40) { levels[.lmax] = Level(tenths: lmax) }
        levels[.leq] = Level(tenths: level / 2 + 350)
        levels[.lmin] = Level(tenths: level - 100)
        levels[.ln1] = Level(tenths: level + 20)
        var state: FrameState = isStopped ? [] : .measuring
        if chance(50) { state.insert(.over) }
        return Frame(
            unit: RuleStrip.unit, time: Timestamp(milliseconds: time), levels: levels, state: state,
            measurementStart: isStopped ? nil : Timestamp(milliseconds: start))
    }

    /// A rule on samples of `lp`, of random numbers.
    mutating func rule(_ metric: RuleMetric = .lp) -> AlertRule {
        RuleStrip.rule(
            70, metric: metric, duration: [0, 0, 2, 15, 60].randomElement(using: &random)!,
            margin: [0, 0.5, 2].randomElement(using: &random)!,
            cooldown: [0, 20, 300].randomElement(using: &random)!,
            gap: [5, 30, 60].randomElement(using: &random)!
        ) {
            $0.comparison = chance(3) && metric != .lmax ? .below : .above
            if chance(2) {
                $0.schedule = Schedule(startMinute: 12 * 60 + 5, endMinute: 12 * 60 + 25)
            }
        }
    }
}

extension FrameColumns {
    init(_ frames: [Frame]) {
        self.init()
        for frame in frames {
            append(
                time: frame.time.milliseconds, levels: frame.levels.tenths,
                state: frame.state.rawValue, run: Run(start: frame.measurementStart))
        }
    }
}
