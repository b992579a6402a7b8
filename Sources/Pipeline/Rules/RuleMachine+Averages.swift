//  RuleMachine+Averages.swift · Pipeline
//
//  The sliding average as a machine's samples. While nothing is beyond a limit, sums are compared
//  and no logarithm is taken.

import Monitoring

extension RuleMachine {
    mutating func judgeAverages(
        _ block: FrameBlock, _ range: Range<Int>, _ output: inout RuleOutput
    ) {
        guard let levels = block.columns[Metric.lp.rawValue] else { return }
        // Out of the state while it is worked on, so that nothing of it is copied.
        guard var sliding = state.sliding.take() else { return }
        // The sum of one tick from which on a mean is beyond the limit that is passed first.
        let isAbove = limits.sign > 0
        let beyond = limits.firstBeyond(limits.first) + (isAbove ? 0 : 1)
        let least = EnergySum.least(beyond, over: 1)
        // Consecutive means are close.
        var mean: Int16?
        let covered = Int64((coverageMinimum * Double(sliding.length)).rounded(.up))
        EnergySum.table.withUnsafeBufferPointer { table in
            for index in range {
                let flags = FrameState(rawValue: block.states[index])
                let time = block.times[index]
                if !state.isIdle { expire(before: time, &output) }
                guard flags.contains(.measuring) else {
                    end(.measurementStopped, at: time, decidedAt: time, &output)
                    sliding.reset(floor: Dwell.tick(time))
                    continue
                }
                let level = levels[index]
                guard level != Levels.none else { continue }
                sliding.add(
                    level, weight: Int64(block.weights[index]), until: block.ends[index],
                    table: table.baseAddress!)
                guard sliding.covered >= max(1, covered) else { continue }
                if state.isIdle {
                    let sum = least == .max ? least : least &* UInt128(truncatingIfNeeded: sliding.covered)
                    guard (sliding.sum.raw >= sum) == isAbove else { continue }
                }
                let value = sliding.sum.mean(over: sliding.covered, near: mean)
                mean = value
                take(
                    Sample(
                        time: time, weight: Int64(block.weights[index]), value: value, other: value,
                        isOver: flags.contains(.over)), &output)
            }
        }
        state.sliding = sliding
    }
}
