//  MeasurementRunTests.swift · IngestTests

import Foundation
import Monitoring
import Testing

@testable import Ingest

/// A meter that measures: what it shows is worked out from what it heard since its reset.
struct MeasuringMeter {
    private(set) var second = 0
    private var energy = 0.0
    private var seconds = 0.0
    private var highest = -Double.infinity
    private var lowest = Double.infinity
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func reset() {
        (energy, seconds, highest, lowest) = (0, 0, -.infinity, .infinity)
    }

    /// What it shows after one more second, to the tenth, with the upstream's start of second 0.
    mutating func next(seconds: Int = 1) -> SLMMReading {
        var level = 0.0
        for _ in 0..<seconds {
            second += 1
            level = 50 + 15 * Double.random(in: -1...1, using: &random)
            energy += pow(10, level / 10)
            self.seconds += 1
            (highest, lowest) = (max(highest, level), min(lowest, level))
        }
        var levels = Levels()
        levels[.lp] = Self.shown(level)
        levels[.leq] = Self.shown(10 * log10(energy / self.seconds))
        levels[.lmax] = Self.shown(highest)
        levels[.lmin] = Self.shown(lowest)
        levels[.lpeak] = Self.shown(highest + 12)
        return SLMMReading(
            time: Timestamp(milliseconds: Int64(second) * 1000), levels: levels, flags: [],
            word: .measuring, measurementStart: Timestamp(milliseconds: 500),
            exposure: Self.shown(10 * log10(energy)))
    }

    static func shown(_ decibels: Double) -> Level {
        Level(tenths: Int16((decibels * 10).rounded(.toNearestOrAwayFromZero)))
    }
}

@Suite struct `A measurement's run` {
    private func start(_ run: MeasurementRun) -> Int64? {
        run.start.map { $0.milliseconds }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `is not broken by rounding, missing values or single garbled ones`(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 1000)
        var meter = MeasuringMeter(seed: seed)
        var run = MeasurementRun()
        var sinceGarble = 0
        for _ in 0..<600 {
            var reading = meter.next(seconds: Int.random(in: 1...12, using: &random))
            let metric = [Metric.leq, .lmax, .lmin, .lpeak].randomElement(using: &random)!
            sinceGarble += 1
            switch Int.random(in: 0..<8, using: &random) {
            case 0: reading.levels[metric] = nil
            case 1: reading.exposure = nil
            // The rule stands up to one garbled value in three readings.
            case 2 where sinceGarble > 2:
                sinceGarble = 0
                let value = Level(tenths: .random(in: 0...1400, using: &random))
                if Bool.random(using: &random) {
                    reading.levels[metric] = value
                } else {
                    reading.exposure = value
                }
            default: break
            }
            // What contradicts itself is not followed; see the intake.
            if !reading.levels.isInOrder {
                reading.levels = reading.levels.momentary
                reading.exposure = nil
            }
            #expect(run.follow(reading) != .reset)
            #expect(start(run) == 500)
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `begins at the reading before a reset`(seed: UInt64) {
        var random = SplitMix64(seed: seed &+ 2000)
        var meter = MeasuringMeter(seed: seed)
        var run = MeasurementRun()
        for _ in 0..<Int.random(in: 20...200, using: &random) { _ = run.follow(meter.next()) }
        let before = Int64(meter.second) * 1000
        meter.reset()
        #expect(run.follow(meter.next()) == .reset)
        #expect(start(run) == before)
        // And lasts, although the upstream still tells the old start.
        for _ in 0..<300 {
            #expect(run.follow(meter.next()) == .continues)
            #expect(start(run) == before)
        }
    }

    // Values of LE, Lmax, Lmin, Leq at each second; what is found: . continues, ? doubt, ! reset.
    @Test(arguments: [
        ("two witnesses are believed at once", "80/70/40/60 80/70/40/60 60/55/45/50", "..!", 1),
        ("also after one reading", "80/70/40/60 60/55/45/50", ".!", 0),
        ("one alone needs the next reading", "80/70/40/60 80/70/40/60 60/70/40/60 61/70/40/60",
            "..?!", 1),
        ("which may take it back", "80/70/40/60 80/70/40/60 60/70/40/60 80/70/40/60", "..?.", -3600),
        ("another witness does not bear it out",
            "80/70/40/60 80/70/40/60 60/70/40/60 80/70/45/60 80/70/40/60", "..??.", -3600),
        ("one alone, with one value before, is none", "80/70/40/60 80/60/40/60 80/60/40/60", "...",
            -3600),
        ("a spike makes no witness of what follows",
            "80/70/40/60 80/99/40/60 80/70/40/60 80/70/40/60", "....", -3600),
        ("nor does a missing value", "80/70/40/60 80/70/40/60 -/-/-/- 80/70/40/60", "....", -3600),
        ("equal values are none", "80/70/40/60 80/70/40/60 80/70/40/60", "...", -3600),
        ("Leq falls as fast as silence lets it", "80/70/40/60 80/70/40/60 80/70/40/58.3", "...",
            -3600),
        ("but no faster", "80/70/40/60 80/70/40/60 80/70/40/60 80/70/40/50 80/70/40/50", "...?!", 2),
        ("Lmin rises, Lmax falls", "-/70/40/- -/70/40/- -/60/50/-", "..!", 1),
    ])
    func `is judged by witnesses`(
        behaviour: String, values: String, found: String, startSecond: Int
    ) {
        var run = MeasurementRun()
        var drawn = ""
        for (second, text) in values.split(separator: " ").enumerated() {
            let parts = text.split(separator: "/").map { part in
                Level(displayed: part.contains(".") ? String(part) : "\(part).0")
            }
            var levels = Levels()
            (levels[.lmax], levels[.lmin], levels[.leq]) = (parts[1], parts[2], parts[3])
            let reading = SLMMReading(
                time: Timestamp(milliseconds: Int64(second) * 1000), levels: levels, flags: [],
                word: .measuring, measurementStart: Timestamp(milliseconds: -3_600_000),
                exposure: parts[0])
            switch run.follow(reading) {
            case .continues: drawn += "."
            case .doubtful: drawn += "?"
            case .reset: drawn += "!"
            }
        }
        #expect(drawn == found, Comment(rawValue: behaviour))
        #expect(start(run) == Int64(startSecond) * 1000, Comment(rawValue: behaviour))
    }

    @Test(arguments: [(15_000, 100_000), (15_001, 115_001)] as [(Int64, Int64)])
    func `begins with its own first reading when the one before is more than 15 s older`(
        gap: Int64, expected: Int64
    ) {
        var run = MeasurementRun()
        func follow(_ time: Int64, _ values: String) {
            _ = run.follow(
                SLMMReading(
                    time: Timestamp(milliseconds: time), levels: levels(values), flags: [],
                    word: .measuring))
        }
        follow(99_000, "50.0 60.0 70.0 40.0 80.0")
        follow(100_000, "50.0 60.0 70.0 40.0 80.0")
        follow(100_000 + gap, "50.0 50.0 50.0 50.0 62.0")
        #expect(start(run) == expected)
    }

    @Test func `begins anew with a newer start, and keeps its own under an older one`() {
        var run = MeasurementRun()
        func follow(_ second: Int64, start: Int64?) -> Int64? {
            var reading = SLMMReading(
                time: Timestamp(milliseconds: second * 1000), levels: levels("50.0 60.0 70.0"),
                flags: [], word: .measuring)
            reading.measurementStart = start.map { Timestamp(milliseconds: $0 * 1000) }
            #expect(run.follow(reading) == .continues)
            return run.start.map { $0.milliseconds / 1000 }
        }
        #expect(follow(1, start: nil) == nil)
        #expect(follow(2, start: -9) == -9)
        #expect(follow(3, start: nil) == -9)
        #expect(follow(4, start: 3) == 3)
        #expect(follow(5, start: -9) == 3)
    }

    @Test func `carries on from a stored frame, with the start after a hidden reset`() {
        var frame = Frame(
            unit: UnitID("u")!, time: Timestamp(milliseconds: 100_000),
            levels: levels("50.0 60.0 70.0 40.0 80.0"), state: .measuring,
            measurementStart: Timestamp(milliseconds: 50_000))
        var reading = SLMMReading(
            time: Timestamp(milliseconds: 101_000), levels: frame.levels, flags: [],
            word: .measuring, measurementStart: Timestamp(milliseconds: -3_600_000))
        var run = MeasurementRun(frame)
        #expect(run.follow(reading) == .continues)
        #expect(start(run) == 50_000)
        // A reset while the service was down.
        run = MeasurementRun(frame)
        reading.levels = levels("50.0 50.0 50.0 50.0 62.0")
        #expect(run.follow(reading) == .reset)
        #expect(start(run) == 100_000)
        // A new measurement meanwhile.
        frame.measurementStart = Timestamp(milliseconds: -7_200_000)
        run = MeasurementRun(frame)
        #expect(run.follow(reading) == .continues)
        #expect(start(run) == -3_600_000)
    }

    @Test func `compares nothing across a step of the upstream's clock`() {
        var meter = MeasuringMeter(seed: 1)
        var run = MeasurementRun()
        for _ in 0..<100 { _ = run.follow(meter.next()) }
        meter.reset()
        run.noteClockStep(at: Timestamp(milliseconds: 5000))
        #expect(run.follow(meter.next()) == .continues)
        #expect(start(run) == 500)
    }
}

@Suite struct `The order of readings` {
    @Test(arguments: [
        ("forward", "1 2 3", "..."), ("late ones", "1 5 3 6", "..l."),
        ("a step of the clock", "9 1 2 3 4", ".llS."),
        ("no step while they do not go forward", "9 3 2 1 10", ".lll."),
        ("nor while others come between", "9 1 2 10 3 4", ".ll.ll"),
    ])
    func `is judged by time`(behaviour: String, times: String, places: String) {
        var order = ReadingOrder()
        let drawn = times.split(separator: " ").map { time in
            switch order.judge(Timestamp(milliseconds: Int64(time)!)) {
            case .forward: "."
            case .late: "l"
            case .stepped: "S"
            }
        }.joined()
        #expect(drawn == places, Comment(rawValue: behaviour))
    }
}
