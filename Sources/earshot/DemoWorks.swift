//  DemoWorks.swift · earshot
//
//  What is loud beside the demo's meters: a building site's working days, and what led to breaches.

import Monitoring
import Simulator

/// The sounds of the sites, in the past and for some weeks to come.
struct DemoWorks {
    /// By the position of the meter.
    let byUnit: [Int: [Works]]

    /// A working day, in dB, by the position of the meter.
    private static let daily = [63.0, 65.5, 65, 53, 54.5, 58, 58.5]

    /// Days before today, hour, minutes, dB.
    private static let extra: [Int: [(age: Int64, hour: Double, minutes: Int64, level: Double)]] = [
        0: [(1, 23, 50, 66), (4, 1.5, 40, 64), (9, 22.5, 75, 67.5)],
        1: [(1, 10.2, 4, 85.5), (3, 14.65, 7, 85), (6, 9.1, 3, 86.5), (11, 15.5, 12, 85)],
        2: [(4, 8.4, 390, 75.5), (12, 9, 360, 76)],
        3: [(2, 5.25, 35, 63.5), (7, 23.5, 25, 63)],
        4: [(8, 2, 50, 65)],
        5: [(3, 0.5, 35, 64)],
        6: [(2, 11, 70, 69), (9, 14, 80, 70)],
    ]

    /// - Parameter days: of history.
    init(now: Timestamp, days: Int, seed: UInt64) {
        let today = now.milliseconds / 86_400_000 * 86_400
        func works(_ start: Int64, minutes: Int64, _ level: Double) -> Works {
            Works(seconds: start..<start + minutes * 60, level: level)
        }
        var byUnit: [Int: [Works]] = [:]
        for (unit, level) in Self.daily.enumerated() {
            byUnit[unit] = Self.extra[unit, default: []].map {
                works(today - $0.age * 86_400 + Int64($0.hour * 3600), minutes: $0.minutes, $0.level)
            }
            for day in -Int64(days)...30 {
                let start = today + day * 86_400
                // Unix time began on a Thursday: days 2 and 3 of its weeks are Saturday and Sunday.
                guard ![2, 3].contains(start / 86_400 % 7) else { continue }
                var random = SplitMix64(seed: seed &+ UInt64(start) &+ UInt64(unit))
                let swing = Double(random.next() >> 11) * 0x1p-53 * 3 - 1.5
                byUnit[unit]! += [
                    works(start + 8 * 3600, minutes: 240, level + swing),
                    works(start + 13 * 3600, minutes: 230, level + swing - 1),
                ]
            }
        }
        // What is above a limit now, and stays so for as long as anybody looks.
        byUnit[1]!.append(works(now.milliseconds / 1000 + 3, minutes: 7 * 1440, 86))
        self.byUnit = byUnit
    }
}
