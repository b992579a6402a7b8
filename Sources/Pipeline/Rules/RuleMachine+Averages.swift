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
        let isAbove = limits.sign > 0
        let beyond = limits.firstBeyond(limits.first) + (isAbove ? 0 : 1)
        let bound = SlidingAverage.Bound(
            least: EnergySum.least(beyond, over: 1), isAbove: isAbove,
            coverage: max(1, Int64((coverageMinimum * Double(sliding.length)).rounded(.up))))
        // Consecutive means are close.
        var mean: Int16?
        sliding.withRing(room: range.count) { ring in
            var index = range.lowerBound
            while index < range.upperBound {
                var isAdded = false
                if state.isIdle {
                    index = ring.addQuiet(block, levels, index..<range.upperBound, within: bound)
                    if index == range.upperBound { return }
                    isAdded = true
                }
                defer { index += 1 }
                let flags = block.states[index]
                let time = block.times[index]
                expire(before: time, &output)
                guard flags & FrameBlock.measuring != 0 else {
                    end(.measurementStopped, at: time, decidedAt: time, &output)
                    ring.reset(floor: Dwell.tick(time))
                    continue
                }
                let level = levels[index]
                guard level != FrameBlock.none else { continue }
                let weight = Int64(block.weights[index])
                if !isAdded { ring.add(level, weight: weight, until: block.ends[index]) }
                guard ring.covered >= bound.coverage else { continue }
                let value = EnergySum(raw: ring.sum).mean(over: ring.covered, near: mean)
                mean = value
                take(
                    Sample(
                        time: time, end: block.ends[index], weight: weight, value: value,
                        other: value, isOver: flags & FrameBlock.over != 0), &output)
            }
        }
        state.sliding = sliding
    }
}
