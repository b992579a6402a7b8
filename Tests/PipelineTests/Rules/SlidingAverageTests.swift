//  SlidingAverageTests.swift · PipelineTests

import Monitoring
import Testing

@testable import Pipeline

@Suite struct `Sums of energy of the last minutes` {
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `that slide are what a sum made anew is`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var sliding = SlidingAverage(seconds: 60)
        var samples: [(end: Int64, weight: Int64, tenths: Int16)] = []
        var end: Int64 = 17_000_000_000
        for _ in 0..<400 {
            let hole = Int.random(in: 0..<20, using: &random) == 0
            let step = Int64.random(in: hole ? 1...900 : 1...20, using: &random)
            end += step
            let weight = hole ? min(10, step) : step
            let tenths = Int16.random(in: -500...2000, using: &random)
            samples.append((end, weight, tenths))
            sliding.withRing(room: 1) { $0.add(tenths, weight: weight, until: end) }
            var sum = EnergySum()
            var covered: Int64 = 0
            for sample in samples {
                let ticks = sample.end - max(sample.end - sample.weight, end - 600)
                guard ticks > 0 else { continue }
                sum.add(sample.tenths, ticks: ticks)
                covered += ticks
            }
            #expect(sliding.sum == sum)
            #expect(sliding.covered == covered)
            #expect(sliding.count <= 600)
        }
    }

    // Ends and weights in ticks: `10x5` covers the five before 10. What is covered after the last.
    @Test(arguments: [
        ("10x10 10x1", 10), ("10x1 10x10", 10), ("10x10 10x1 11x1", 11),
        ("10x10 600x590", 600), ("10x10 610x10", 10), ("10x10 611x10", 10),
        // Seven years on, and ten: 32 bits of a tick tell nothing any more.
        ("10x10 2300000000x10", 10), ("10x10 3200000000x10", 10), ("10x10 4294967306x10", 10),
    ] as [(String, Int64)])
    func `lose no time where samples share a tick, and hold none of another age`(
        samples: String, covered: Int64
    ) {
        var sliding = SlidingAverage(seconds: 60)
        for (index, sample) in samples.split(separator: " ").enumerated() {
            let parts = sample.split(separator: "x").map { Int64($0)! }
            sliding.withRing(room: 1) {
                $0.add(500 + Int16(index), weight: parts[1], until: parts[0])
            }
        }
        #expect(sliding.covered == covered)
        var sum = EnergySum()
        if samples.hasPrefix("10x10 10x1"), covered == 10 {
            // The later one stands for all of it.
            sum.add(501, ticks: 10)
            #expect(sliding.sum == sum)
        }
    }

    @Test func `of a window stay bounded at ten samples a second and more`() {
        var sliding = SlidingAverage(seconds: 60)
        for index in 0..<10_000 as Range<Int64> {
            sliding.withRing(room: 1) { $0.add(600, weight: 1, until: 1000 + index / 3) }
        }
        #expect(sliding.count == 600)
        #expect(sliding.covered == 600)
    }
}
