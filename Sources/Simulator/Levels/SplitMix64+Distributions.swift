//  SplitMix64+Distributions.swift · Simulator
//
//  The only source of chance here. Same seed, same levels, same jitter, on any machine.

import Foundation
import Monitoring

extension SplitMix64 {
    /// Evenly distributed over 0 ..< 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Normally distributed, mean 0, deviation 1: both values of one Box–Muller step.
    mutating func normals() -> (Double, Double) {
        let radius = (-2 * log(unit() + .leastNormalMagnitude)).squareRoot()
        let angle = 2 * Double.pi * unit()
        return (radius * cos(angle), radius * sin(angle))
    }
}
