//  CumulativeLevels.swift · Simulator
//
//  What a meter has added up since its measurement began.

import Foundation

/// The running results of one measurement. Levels in tenths of a decibel.
struct CumulativeLevels: Sendable {
    private(set) var seconds = 0
    private var energySum = 0.0
    private(set) var max = Int16.min
    private(set) var min = Int16.max
    private(set) var peak = Int16.min
    /// Seconds by level class of 0.1 dB, 0.0 … 149.9 dB.
    private var classes = [UInt32](repeating: 0, count: CumulativeLevels.classCount)

    private static let classCount = 1500

    mutating func add(_ second: MeterSecond) {
        seconds += 1
        energySum += second.energy
        max = Swift.max(max, second.max)
        min = Swift.min(min, second.min)
        peak = Swift.max(peak, second.peak)
        classes[Swift.min(CumulativeLevels.classCount - 1, Swift.max(0, Int(second.lp)))] += 1
    }

    /// The energy average since the start. Needs at least one second.
    var leq: Int16 { tenths(10 * log10(energySum / Double(seconds))) }

    /// The sound exposure level: all energy since the start, as if within one second.
    var soundExposure: Int16 { tenths(10 * log10(energySum)) }

    /// The levels exceeded for the given percentages of the time (ascending, 1 … 99): of each,
    /// the highest class such that the time at or above it is at least that part.
    func exceeded(_ percentages: [Int]) -> [Int16] {
        var found: [Int16] = []
        var count = 0
        var level = CumulativeLevels.classCount
        for percentage in percentages {
            let needed = Swift.max(1, (seconds * percentage + 99) / 100)
            while count < needed, level > 0 {
                level -= 1
                count += Int(classes[level])
            }
            found.append(Int16(level))
        }
        return found
    }

    private func tenths(_ decibels: Double) -> Int16 { Int16((decibels * 10).rounded()) }
}
