//  Level.swift · Monitoring
//
//  A sound pressure level and the energy behind it. What is averaged over time, with each sample's
//  weight, is `LevelBuckets`; this file knows single values only.

import Foundation

/// A sound pressure level: 10·lg(p²/p₀²), p₀ = 20 µPa.
///
/// Held as whole tenths of a decibel, the resolution meters report, so that equality and the
/// on-disk codec are exact. Range: −3276.7 … 3276.7 dB; `Int16.min` is kept free for "no value".
/// There is no `+`: 60 dB and 60 dB make 63 dB.
///
/// Source: ISO 1996-1, "sound pressure level"; IEC 61672-1 for the display resolution.
package struct Level: Hashable, Comparable, Sendable {
    /// Tenths of a decibel: 642 is 64.2 dB.
    package let tenths: Int16

    package init(tenths: Int16) {
        precondition(tenths != .min, "Int16.min stands for no value")
        self.tenths = tenths
    }

    package var decibels: Double { Double(tenths) / 10 }

    /// Mean-square pressure relative to p₀²; dimensionless, > 0.
    package var energy: Double { pow(10, decibels / 10) }

    /// Mean-square pressure relative to p₀² of a level in dB.
    package static func energy(ofDecibels decibels: Double) -> Double { pow(10, decibels / 10) }

    package static func < (a: Level, b: Level) -> Bool { a.tenths < b.tenths }

    /// The level of a mean-square pressure relative to p₀², in dB; −∞ for 0.
    package static func decibels(ofEnergy energy: Double) -> Double { 10 * log10(energy) }
}

extension Level {
    /// The energy average of `levels`, each weighing the same time: LAeq when they are
    /// A-weighted short Leq values of equal length. In dB, not rounded.
    ///
    /// - Complexity: O(*n*), one pass, no allocation.
    /// - Returns: `nil` when there is nothing to average; silence is not 0 dB.
    package static func energyAverage(_ levels: some Sequence<Level>) -> Double? {
        var energy = 0.0
        var count = 0
        for level in levels {
            energy += level.energy
            count += 1
        }
        return count == 0 ? nil : decibels(ofEnergy: energy / Double(count))
    }

    /// A level as a meter prints it: `57.1`, `-3.0`, blanks around it allowed.
    ///
    /// Strict, because the upstream passes garbage on: an optional sign, one to three digits, a
    /// point, one digit; −50 … 200 dB. Everything else (`-.-`, `Sta`, `?? 53.3`, `57`) is `nil`.
    package init?(displayed text: some StringProtocol) {
        var digits = Substring(text).drop { $0 == " " }
        while digits.last == " " { digits.removeLast() }
        let negative = digits.first == "-"
        if negative { digits.removeFirst() }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...3).contains(parts[0].utf8.count), parts[1].utf8.count == 1,
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let whole = Int16(parts[0]), let tenth = Int16(parts[1])
        else { return nil }
        let tenths = (whole * 10 + tenth) * (negative ? -1 : 1)
        guard (-500...2000).contains(tenths) else { return nil }
        self.init(tenths: tenths)
    }
}
