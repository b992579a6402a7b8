//  MeterTests.swift · SimulatorTests

import Monitoring
import Testing

@testable import Simulator

@Suite struct `A simulated meter` {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `shows results in the only order there is`(seed: UInt64) throws {
        var meter = Meter(
            model: MeterModel(seed: seed), startEpochSecond: 1_795_451_711,
            percentages: [1, 10, 50, 90, 95])
        for second in stride(from: 0, to: 4000, by: 7) {
            meter.hear(throughSecond: second)
            let reading = meter.reading
            let order: [MeterReading.Field] = [.lmin, .ln5, .ln4, .ln3, .ln2, .ln1, .lmax, .lpeak]
            let levels = try order.map { try unwrap(reading[$0]) }
            #expect(levels == levels.sorted())
            let leq = try unwrap(reading[.leq])
            #expect(try unwrap(reading[.lmin]) <= leq)
            #expect(try leq <= unwrap(reading[.lmax]))
            #expect(try leq <= unwrap(reading[.soundExposure]))
            #expect(try (200...1200).contains(unwrap(reading[.lp])))
        }
    }

    @Test func `is the same again from the same seed, and another from another`() {
        func levels(_ seed: UInt64) -> [Int16] {
            var model = MeterModel(seed: seed)
            return (0..<600).map { model.next(index: $0, epochSecond: Int64($0)).lp }
        }
        #expect(levels(3) == levels(3))
        #expect(levels(3) != levels(4))
    }

    @Test func `hears a louder day than night`() {
        func average(hour: Int64) -> Double {
            var model = MeterModel(seed: 5)
            let levels = (0..<3600).map { second in
                Level(
                    tenths: model.next(
                        index: second, epochSecond: 1_795_392_000 + hour * 3600 + Int64(second)
                    ).lp)
            }
            return Level.energyAverage(levels)!
        }
        #expect(average(hour: 17) > average(hour: 3) + 8)
    }

    // 1,000 levels 0.1 … 100.0: the table of docs/acoustics.md.
    @Test func `counts percentiles from 0.1 dB classes`() {
        var results = CumulativeLevels()
        for tenths in (1...1000 as ClosedRange<Int16>).shuffled() {
            results.add(
                MeterSecond(
                    lp: tenths, max: tenths, min: tenths, peak: tenths,
                    energy: Level(tenths: tenths).energy))
        }
        #expect(results.exceeded([1, 10, 50, 90, 99]) == [991, 901, 501, 101, 11])
    }

    // 150 levels: 1 % of them is 1.5, so two must be at or above.
    @Test func `never rounds a percentage down`() {
        var results = CumulativeLevels()
        for tenths in 401...550 as ClosedRange<Int16> {
            results.add(
                MeterSecond(
                    lp: tenths, max: tenths, min: tenths, peak: tenths,
                    energy: Level(tenths: tenths).energy))
        }
        #expect(results.exceeded([1, 2, 50]) == [549, 548, 476])
    }

    @Test func `averages energy, and sums exposure`() throws {
        var results = CumulativeLevels()
        for second in 0..<60 {
            let tenths: Int16 = second == 10 ? 950 : 500
            results.add(
                MeterSecond(
                    lp: tenths, max: tenths, min: tenths, peak: tenths,
                    energy: Level(tenths: tenths).energy))
        }
        #expect(results.leq == 772)
        #expect(results.soundExposure == 950)
        #expect((results.max, results.min) == (950, 500))
    }

    @Test func `begins afresh at a start and a reset, and stays still after a stop`() {
        var meter = Meter(
            model: MeterModel(seed: 1), startEpochSecond: 0, percentages: [5, 10, 50, 90, 95])
        meter.hear(throughSecond: 99)
        let second = meter.start()
        #expect(!second)
        meter.stop()
        let stopped = meter.reading
        meter.hear(throughSecond: 199)
        #expect(meter.reading[.leq] == stopped[.leq])
        let third = meter.start()
        #expect(third)
        #expect(meter.reading[.leq] == nil)
        meter.hear(throughSecond: 200)
        #expect(meter.reading[.leq] == meter.reading[.soundExposure])
        meter.hear(throughSecond: 250)
        meter.reset()
        #expect(meter.isMeasuring)
        #expect(meter.reading[.lmax] == nil)
        #expect(meter.reading[.lp] != nil)
    }
}
