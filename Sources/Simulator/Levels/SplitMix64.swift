//  SplitMix64.swift · Simulator
//
//  The only source of chance here. Same seed, same levels, same jitter, on any machine.

import Foundation

/// A seeded generator of 64-bit numbers; 8 bytes of state, full period.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Evenly distributed over 0 ..< 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Normally distributed, mean 0, deviation 1: both values of one Box–Muller step.
    mutating func normals() -> (Double, Double) {
        let radius = (-2 * log(unit() + .leastNormalMagnitude)).squareRoot()
        let angle = 2 * Double.pi * unit()
        return (radius * cos(angle), radius * sin(angle))
    }
}
