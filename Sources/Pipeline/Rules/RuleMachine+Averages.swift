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
        EnergySum.table.withUnsafeBufferPointer { table in
            for index in range {
                let flags = FrameState(rawValue: block.states[index])
                let level = levels[index]
                let time = block.times[index]
                if !isIdle { expire(before: time, &output) }
                guard flags.contains(.measuring) else {
                    stop(at: time, decidedAt: time, &output)
                    continue
                }
                guard level != Levels.none else { continue }
                state.sliding!.add(
                    level, weight: Int64(block.weights[index]), until: block.ends[index],
                    table: table.baseAddress!)
                if isIdle, !isBeyondFirst { continue }
                guard let mean = average else { continue }
                take(
                    Sample(
                        time: time, weight: Int64(block.weights[index]), value: mean, other: mean,
                        isOver: flags.contains(.over)), &output)
            }
        }
    }

    private var isCovered: Bool {
        Double(state.sliding!.covered) >= coverageMinimum * Double(state.sliding!.length)
            && state.sliding!.covered > 0
    }

    /// The average at the newest sample; `nil` below the least coverage.
    private var average: Int16? {
        isCovered ? state.sliding!.sum.mean(over: state.sliding!.covered) : nil
    }

    /// Whether the average, if it has a value, is beyond the limit that is passed first.
    private var isBeyondFirst: Bool {
        let sum = state.sliding!.sum.raw
        let covered = state.sliding!.covered
        let tenths = limits.firstBeyond(limits.first)
        return limits.sign > 0
            ? sum >= EnergySum.least(tenths, over: covered)
            : sum < EnergySum.least(tenths + 1, over: covered)
    }
}
