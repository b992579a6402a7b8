//  EnergySum.swift · Pipeline
//
//  Sums of energy that are exact, so that a running sum, a sliding one and one that is made anew
//  are the same to the last bit, however the work was split.

import Foundation
import Monitoring

/// Σ ticks · 10^(L/10) in fixed point: whole multiples of 2⁻⁴⁰ of p₀².
///
/// A level is taken as −50 … 200 dB: 10⁻⁵ … 10²⁰, of which the least has seven digits. Sums hold
/// 2²⁰ ticks, 29 h, at 200 dB. Each level's energy is rounded once, in ``table``; from there on
/// nothing is.
struct EnergySum: Hashable, Sendable, Codable {
    var raw: UInt128 = 0

    static let tabled: ClosedRange<Int> = -500...2000
    /// 10^(L/10) of each tenth of a decibel.
    static let table: [UInt128] = tabled.map { fixed(Double($0) / 10) }
    /// The energies half a tenth below each: from there on a mean rounds to that tenth or more.
    private static let edges: [UInt128] = (tabled.lowerBound...tabled.upperBound + 1).map {
        fixed((Double($0) - 0.5) / 10)
    }

    private static func fixed(_ decibels: Double) -> UInt128 {
        UInt128((pow(10, decibels / 10) * 0x1p40).rounded())
    }

    static func place(_ tenths: Int16) -> Int {
        min(max(Int(tenths), tabled.lowerBound), tabled.upperBound) - tabled.lowerBound
    }

    mutating func add(_ tenths: Int16, ticks: Int64) {
        raw &+= EnergySum.table[EnergySum.place(tenths)] &* UInt128(truncatingIfNeeded: ticks)
    }

    /// The least sum over `ticks` whose mean rounds to `tenths` or more.
    static func least(_ tenths: Int, over ticks: Int64) -> UInt128 {
        if tenths <= tabled.lowerBound { return 0 }
        if tenths > tabled.upperBound { return .max }
        return edges[tenths - tabled.lowerBound] &* UInt128(truncatingIfNeeded: ticks)
    }

    /// The mean over `ticks` (> 0), rounded to a tenth of a decibel, half away from zero.
    ///
    /// - Parameter guess: a mean that it is probably close to, which saves the logarithm. O(tenths
    ///   between).
    func mean(over ticks: Int64, near guess: Int16? = nil) -> Int16 {
        if let guess { return settled(Int(guess), over: ticks) }
        // By halves: the library converts 128 bits by generic code, at 60 ns each.
        let sum = Double(UInt64(raw >> 64)) * 0x1p64 + Double(UInt64(truncatingIfNeeded: raw))
        let estimate = 100 * log10(sum / 0x1p40 / Double(ticks))
        return settled(Int(min(max(estimate.rounded(), -500), 2000)), over: ticks)
    }

    private func settled(_ estimate: Int, over ticks: Int64) -> Int16 {
        var tenths = estimate
        // What is judged and what is printed must not differ by a rounding of the logarithm.
        while tenths < EnergySum.tabled.upperBound, raw >= EnergySum.least(tenths + 1, over: ticks) {
            tenths += 1
        }
        while tenths > EnergySum.tabled.lowerBound, raw < EnergySum.least(tenths, over: ticks) {
            tenths -= 1
        }
        return Int16(tenths)
    }

    init(raw: UInt128 = 0) { self.raw = raw }

    package init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        let high = try values.decode(UInt64.self)
        raw = UInt128(high) << 64 | UInt128(try values.decode(UInt64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.unkeyedContainer()
        try values.encode(UInt64(raw >> 64))
        try values.encode(UInt64(truncatingIfNeeded: raw))
    }
}
