//  SeededLevels.swift · Simulator
//
//  Made-up sound of a street corner, one value a second:
//
//      background = base(hour) + unit's offset + slow AR(1), 10 min + fast AR(1), 8 s
//      pass-bys   = Poisson, rate by the hour; energy rises and falls like 1/(1+d²)²
//      works      = what somebody asked for, with some of the background's ups and downs
//      lp         = 10·lg(background + pass-bys + works) + 0.7 dB of meter ripple
//
//  Night is quiet (about 35 dB), day 12 dB louder, rush hours more; one vehicle in a hundred is
//  loud. Hours are UTC.

import Monitoring
import Foundation

/// A seeded generator of one unit's seconds.
struct SeededLevels: Sendable {
    private var random: SplitMix64
    /// How much louder than the average this unit's place is, in dB.
    private let placeOffset: Double
    private var slow = 0.0
    private var fast = 0.0
    private var passBys: [PassBy] = []
    private var traffic = Traffic(epochMinute: 0)
    private let works: [Works]
    /// Those of the minute.
    private var worksNow: [Works] = []

    /// More than these at once are not heard apart; further ones are left out.
    private static let passBysMax = 64

    /// - Parameters:
    ///   - seed: decides the place, and what is heard there.
    ///   - stretch: another stretch of time at the same place, made on its own.
    ///   - works: they change nothing of what is heard else.
    init(seed: UInt64, stretch: UInt64 = 0, works: [Works] = []) {
        self.works = works
        random = SplitMix64(seed: seed)
        placeOffset = 3 * random.normals().0
        if stretch != 0 { random = SplitMix64(seed: seed &+ stretch &* 0x9E37_79B9) }
        passBys.reserveCapacity(8)
    }

    mutating func next(epochSecond: Int64) -> MeterSecond {
        let minute = Int64((Double(epochSecond) / 60).rounded(.down))
        if traffic.epochMinute != minute {
            traffic = Traffic(epochMinute: minute)
            worksNow = works.filter { $0.seconds.overlaps(minute * 60..<minute * 60 + 60) }
        }
        let (drift, gust) = random.normals()
        slow = slow * 0.998_335 + drift * 2.2 * 0.057_69
        fast = fast * 0.8825 + gust * 1.1 * 0.4703
        if random.unit() < traffic.passBysPerSecond { begin(at: epochSecond) }

        let background = traffic.base + placeOffset + slow + fast
        var energy = pow(10, background / 10) + passByEnergy(at: epochSecond)
        for works in worksNow where works.seconds.contains(epochSecond) {
            energy += pow(10, (works.level + 0.5 * slow + 0.8 * fast) / 10)
        }
        let mean = 10 * log10(energy)
        let (ripple, spread) = random.normals()
        let lp = mean + 0.7 * ripple
        let margin = 0.8 * abs(spread)
        return MeterSecond(
            lp: tenths(lp), max: tenths(max(lp, mean) + margin),
            min: tenths(min(lp, mean) - margin),
            peak: tenths(max(lp, mean) + margin + 11 + 1.6 * random.unit()), energy: energy)
    }

    private mutating func begin(at second: Int64) {
        guard passBys.count < SeededLevels.passBysMax else { return }
        let (loudness, _) = random.normals()
        var level = 60 + 5 * loudness
        if random.unit() < 0.01 { level += 12 + 6 * random.unit() }
        var passBy = PassBy(
            closest: Double(second) + 6 + 4 * random.unit(),
            durationSeconds: 1.2 + 2.5 * random.unit(), energy: pow(10, level / 10))
        // Now and then something slow and far away: an aircraft, a train.
        if random.unit() < 0.004 {
            passBy.durationSeconds = 15 + 10 * random.unit()
            passBy.closest += 40
        }
        passBys.append(passBy)
    }

    private mutating func passByEnergy(at second: Int64) -> Double {
        var energy = 0.0
        var index = 0
        while index < passBys.count {
            let passBy = passBys[index]
            let distance = (Double(second) - passBy.closest) / passBy.durationSeconds
            let shape = 1 + distance * distance
            energy += passBy.energy / (shape * shape)
            if distance > 25 {
                passBys.swapAt(index, passBys.count - 1)
                passBys.removeLast()
            } else {
                index += 1
            }
        }
        return energy
    }

    /// Rounded, and kept to what a meter displays: 10.0 … 149.9 dB.
    private func tenths(_ decibels: Double) -> Int16 {
        Int16(min(1499, max(100, (decibels * 10).rounded())))
    }
}

/// A vehicle that comes and goes.
private struct PassBy {
    /// Unix time of its nearest point.
    var closest: Double
    var durationSeconds: Double
    /// Relative to p₀², at its nearest point.
    let energy: Double
}

/// What the hour of the day makes of a street; the same for a minute.
private struct Traffic {
    let epochMinute: Int64
    /// Background in dB.
    let base: Double
    let passBysPerSecond: Double

    init(epochMinute: Int64) {
        self.epochMinute = epochMinute
        let minutes = Double(epochMinute)
        let hour = (minutes / 60).truncatingRemainder(dividingBy: 24)
        // Unix time began on a Thursday: days 2 and 3 of its weeks are Saturday and Sunday.
        let dayOfWeek = Int((minutes / 1440).rounded(.down)) % 7
        let weekend = dayOfWeek == 2 || dayOfWeek == 3
        // 0 at 03:30, 1 at 15:30.
        let day = 0.5 - 0.5 * cos((hour - 3.5) / 24 * 2 * .pi)
        let morning = (hour - 8) / 1.2
        let evening = (hour - 17.5) / 1.5
        let rush = exp(-morning * morning) + exp(-evening * evening)
        base = 35 + 12 * day + 3 * rush - (weekend ? 1.5 : 0)
        passBysPerSecond = (1.0 / 240 + day * day / 14 + rush / 20) * (weekend ? 0.6 : 1)
    }
}
