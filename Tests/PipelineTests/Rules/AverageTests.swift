//  AverageTests.swift · PipelineTests

import Monitoring
import Support
import Testing

@testable import Pipeline

/// `count` tokens of one level.
private func hold(_ level: String, _ count: Int) -> String {
    String(repeating: level + " ", count: count)
}

@Suite struct `A rule on clock averages` {
    // Periods of a minute, a token each 10 s from 12:00; limit 65.
    @Test(arguments: [
        ("judges each period at its end", hold("60", 6) + hold("65.8", 6) + hold("60", 7),
            "............O.....C"),
        ("a frame at the border belongs to what it ends", "60 60 60 60 60 60  80 60 60 60 60 60  60 60",
            ".  .  .  .  .  .   O  .  .  .  .  .   C  ."),
        ("goes on while periods are above", hold("65.8", 19), "......O............"),
        ("does not judge too little data", "65 65 65.8 . . . . 60 60 60 60 60 60",
            ".  .  .    . . . . .  .  .  .  .  ."),
    ])
    func `of a minute`(what: String, levels: String, expected: String) {
        let rule = RuleStrip.average(65, .clock, 60)
        #expect(marks(levels, rule, step: 10) == expected.packed, Comment(rawValue: what))
    }

    @Test func `says when it was above, and by how much`() throws {
        var strip = RuleStrip([RuleStrip.average(65, .clock, 60)], step: 10)
        strip.play(hold("60", 6) + hold("65.8", 12) + hold("60", 7))
        let event = try #require(strip.events.first)
        // Frames weigh backwards: the first of them is the first minute's last.
        #expect(event.firstExceededAt == strip.time(6))
        #expect(event.onsetAt == strip.time(12))
        #expect(event.onsetTenths == 658)
        #expect(event.peakAt == strip.time(12))
        #expect(event.lastExceededAt == strip.time(18))
        #expect(event.exceededMilliseconds == 120_000)
        #expect(event.clearedAt == strip.time(24))
        #expect(event.lastTenths == 600)
        #expect(event.clearReason == .recovered)
        #expect(event.samples == 3)
        #expect(event.coverage == 1)
    }

    // The breach is certain once 80 dB for 6 s stands for 70 dB over the minute.
    @Test func `begins at once when a breach is certain`() throws {
        var strip = RuleStrip([RuleStrip.average(70, .clock, 60)], step: 1)
        strip.play("60 " + hold("80", 20) + hold("40", 60))
        let event = try #require(strip.events.first)
        #expect(event.firstExceededAt == strip.time(0))
        // 6.07 s of 80 dB are 70.05, which is 70.1 when rounded: the seventh second.
        #expect(event.onsetAt == strip.time(7))
        #expect(event.onsetTenths == 707)
        #expect(event.peakTenths == 752)
        #expect(event.peakAt == strip.time(60))
        #expect(event.exceededMilliseconds == 60_000)
        #expect(event.samples == 1)
        strip.play(hold("40", 60))
        #expect(strip.events.first?.clearedAt == strip.time(120))
        #expect(strip.events.count == 1)
    }

    @Test func `a certain breach stays one when the rest is missing`() throws {
        var strip = RuleStrip([RuleStrip.average(70, .clock, 60)], step: 1)
        strip.play("60 " + hold("80", 20) + hold(".", 60) + "40")
        let event = try #require(strip.events.first)
        #expect(event.isActive)
        #expect(event.peakTenths == 752)
        #expect(event.coverage == 20.0 / 60)
    }

    @Test func `is never certain of being below`() {
        let rule = RuleStrip.average(50, .clock, 60) { $0.comparison = .below }
        var strip = RuleStrip([rule], step: 1)
        strip.play(hold("40", 61))
        #expect(strip.events.map(\.onsetAt) == [strip.time(60)])
    }

    @Test func `wants several periods running`() {
        let rule = RuleStrip.average(65, .clock, 60, consecutive: 2)
        var strip = RuleStrip([rule], step: 10)
        strip.play("60 " + hold("65.8", 6) + hold("50", 6) + hold("65.8", 12) + hold("50", 6))
        #expect(strip.events.map(\.onsetAt) == [strip.time(24)])
        #expect(strip.events.first?.firstExceededAt == strip.time(12))
        #expect(strip.events.first?.exceededMilliseconds == 120_000)
    }

    @Test func `takes a period without data for no period running`() {
        let rule = RuleStrip.average(65, .clock, 60, consecutive: 2)
        var strip = RuleStrip([rule], step: 10)
        strip.play("60 " + hold("65.8", 6) + hold(".", 6) + hold("65.8", 6))
        #expect(strip.events.isEmpty)
    }

    @Test func `holds nothing from before its window`() {
        let rule = RuleStrip.average(65, .clock, 120) {
            $0.schedule = Schedule(startMinute: 12 * 60 + 1, endMinute: 12 * 60 + 10)
        }
        var strip = RuleStrip([rule], step: 10)
        strip.play(hold("90", 7) + hold("50", 30))
        #expect(strip.events.isEmpty)
    }

    @Test func `closes at the end of its window`() {
        let rule = RuleStrip.average(65, .clock, 60) {
            $0.schedule = Schedule(startMinute: 12 * 60, endMinute: 12 * 60 + 3)
        }
        var strip = RuleStrip([rule], step: 10)
        strip.play(hold("70", 30))
        #expect(strip.events.map(\.clearReason) == [.windowEnd])
        #expect(strip.events.first?.clearedAt == strip.time(18))
    }

    @Test func `begins afresh with a measurement, not with a reset while the meter goes on`() {
        let rule = RuleStrip.average(65, .clock, 60)
        var stopped = RuleStrip([rule], step: 10)
        stopped.play("60 65.8 65.8 65.8 65.8 x 66 60 60")
        #expect(stopped.events.isEmpty)
        // A start between two readings is one too.
        var restarted = RuleStrip([RuleStrip.average(65, .clock, 60)], step: 10)
        restarted.play("60 65.8 65.8 65.8 65.8 n 66 66 60 60")
        #expect(restarted.events.isEmpty)
        var monitor = UnitMonitor(
            plan: MonitoringPlan(unit: RuleStrip.unit, location: "gate", rules: [rule]))
        var output = RuleOutput()
        var levels = Levels()
        levels[.lp] = Level(tenths: 660)
        for second in 0...60 as ClosedRange<Int64> {
            let time = RuleStrip.start.advanced(byMilliseconds: second * 1000)
            // The meter is reset each 20 s: a run begins at the time of the frame before.
            let start = RuleStrip.start.advanced(byMilliseconds: (second / 20 * 20 - 1) * 1000)
            monitor.take(
                Frame(unit: RuleStrip.unit, time: time, levels: levels, state: .measuring,
                    measurementStart: start), into: &output)
        }
        #expect(output.events.last?.peakTenths == 660)
        #expect(output.events.last?.exceededMilliseconds == 60_000)
    }

    @Test func `closes without data at the end of a period`() throws {
        var strip = RuleStrip([RuleStrip.average(65, .clock, 60)], step: 10)
        strip.play(hold("70", 13))
        let last = strip.time(12)
        let deadline = try #require(strip.monitor.nextDeadline(after: last.advanced(byMilliseconds: 100_000)))
        #expect(deadline == last.advanced(byMilliseconds: 900_000 + 60_000 + 20_000))
        strip.tick(400)
        #expect(strip.events.first?.isActive == true)
        strip.tick(970)
        #expect(strip.events.first?.clearReason == .noData)
        #expect(strip.events.first?.clearedAt == last)
    }

    @Test func `judges a period by itself when no frame comes`() {
        var strip = RuleStrip([RuleStrip.average(65, .clock, 60)], step: 10)
        strip.play(hold("65.8", 6))
        strip.tick(19)
        #expect(strip.events.isEmpty)
        strip.tick(20)
        let end = strip.time(0).advanced(byMilliseconds: 60_000)
        #expect(strip.events.map(\.onsetAt) == [end])
        #expect(strip.monitor.watermark == end)
    }

    @Test func `forgets what a tick that decides nothing looked at`() {
        var strip = RuleStrip([RuleStrip.average(65, .clock, 60)], step: 10)
        strip.play(hold("60", 6))
        let before = strip.monitor.checkpoint(journalNumber: 0)
        strip.tick(100)
        #expect(strip.monitor.checkpoint(journalNumber: 0) == before)
    }

    @Test func `warns, and becomes an alarm`() throws {
        var strip = RuleStrip([RuleStrip.average(65, .clock, 60) { $0.warningTenths = 620 }], step: 10)
        strip.play(hold("62.8", 7) + hold("65.8", 6) + hold("62.8", 6) + hold("50", 12))
        #expect(strip.events.map(\.level) == [.alarm, .warning])
        #expect(strip.events[0].onsetAt == strip.time(6))
        #expect(strip.events[0].escalatedAt == strip.time(12))
        #expect(strip.events[0].firstExceededAt == strip.time(6))
        #expect(strip.events[0].clearedAt == strip.time(18))
        #expect(strip.events[1].onsetAt == strip.time(18))
        #expect(strip.events[1].clearedAt == strip.time(24))
    }

    @Test func `in a day of 23 hours judges a short period by its own length`() {
        // London, 29 March 2026: from 00:00 to 02:00 local is one hour.
        let rule = RuleStrip.average(65, .clock, 7200)
        var strip = RuleStrip(
            [rule], from: Timestamp(rfc3339: "2026-03-29T00:00:00Z")!, step: 10,
            zone: "Europe/London")
        strip.play("60 " + hold("66", 360) + hold("50", 10))
        // 66 dB for 290 frames of 10 s stand for 65.06 over an hour; of two hours for 62.05.
        #expect(strip.events.map(\.onsetAt) == [strip.time(290)])
        #expect(strip.events.first?.exceededMilliseconds == 3_600_000)
    }
}

@Suite struct `Judged periods` {
    // Against the buckets that charts are made of, which are another piece of work.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `have the means and the coverage of buckets`(seed: UInt64) {
        var levels = RandomLevels(seed: seed)
        let frames = (0..<1500).map { _ in
            var frame = levels.frame()
            frame.state.insert(.measuring)
            frame.measurementStart = RuleStrip.start
            return frame
        }
        var monitor = UnitMonitor(
            plan: MonitoringPlan(
                unit: RuleStrip.unit, timeZone: "Asia/Kathmandu",
                rules: [RuleStrip.average(200, .clock, 300)]), hasWatchdogs: false)
        var output = RuleOutput(recordsSteps: true)
        monitor.take(FrameColumns(frames), 0..<frames.count, into: &output)
        // Kathmandu is 5:45 h ahead: borders of 5 min are those of UTC.
        let start = RuleStrip.start.milliseconds
        let edges = Array(stride(from: start, to: levels.time + 300_000, by: 300_000))
        var buckets = LevelBuckets(
            edges: edges,
            range: TimeRange(
                start: RuleStrip.start, end: Timestamp(milliseconds: edges.last!))!)
        buckets.add(FrameColumns(frames))
        let judged = Dictionary(
            output.steps.filter { $0.kind == .judged }.map { ($0.at.milliseconds, $0.tenths!) },
            uniquingKeysWith: { first, _ in first })
        var expected: [Int64: Int16] = [:]
        for index in 0..<buckets.count where edges[index + 1] <= levels.time {
            guard Double(buckets.coveredTicks[index]) >= 0.75 * 3000 else { continue }
            expected[edges[index + 1]] = Int16(
                (buckets.mean(index)! * 10).rounded(.toNearestOrAwayFromZero))
        }
        #expect(judged == expected)
        #expect(!expected.isEmpty)
    }

    // docs/acoustics.md: LAeq,15min, highest clock period 54.87, highest sliding 54.98.
    @Test(arguments: [(Averaging.Mode.clock, 549), (.sliding, 550)] as [(Averaging.Mode, Int16)])
    func `of the recorded day have the known maxima`(mode: Averaging.Mode, highest: Int16) {
        let columns = FrameColumns(RealDay.frames())
        func alarms(above tenths: Int16) -> BackTest {
            let rule = RuleStrip.average(Double(tenths) / 10, mode)
            var test = BackTest(rule, plan: MonitoringPlan(unit: RuleStrip.unit))
            test.take(columns)
            test.finish(at: Timestamp(milliseconds: columns.times.last!))
            return test
        }
        #expect(alarms(above: highest).alarmCount == 0)
        #expect(alarms(above: highest - 1).events.compactMap(\.peakTenths).max() == highest)
    }
}

@Suite struct `A rule on a whole window` {
    static let rule = RuleStrip.average(65, .window) {
        $0.schedule = Schedule(startMinute: 12 * 60, endMinute: 12 * 60 + 10)
    }

    @Test func `is judged once, at the end, and is over there`() throws {
        var strip = RuleStrip([Self.rule], step: 10)
        strip.play(hold("65.1", 62))
        let event = try #require(strip.events.first)
        #expect(event.onsetAt == strip.time(60))
        #expect(event.firstExceededAt == strip.time(0))
        #expect(event.clearedAt == strip.time(60))
        #expect(event.clearReason == .windowEnd)
        #expect(event.exceededMilliseconds == 600_000)
        #expect(strip.events.count == 1)
    }

    @Test func `begins earlier when the breach is certain`() {
        var strip = RuleStrip([Self.rule], step: 10)
        strip.play("50 " + hold("80", 10) + hold("50", 51))
        #expect(strip.events.map(\.onsetAt) == [strip.time(2)])
        #expect(strip.events.first?.clearedAt == strip.time(60))
        #expect(strip.events.first?.clearReason == .windowEnd)
        #expect(strip.events.first?.exceededMilliseconds == 600_000)
    }

    @Test func `is kept by a window that is not above, and not by one without data`() {
        var strip = RuleStrip([Self.rule], step: 10)
        strip.play(hold("64", 62))
        #expect(strip.events.isEmpty)
        var hole = RuleStrip([Self.rule], step: 10)
        hole.play(hold("66", 40) + hold(".", 30) + "50")
        #expect(hole.events.isEmpty)
        #expect(hole.output.steps.map(\.kind) == [.notJudged])
    }
}

@Suite struct `A rule on the sliding average` {
    @Test func `judges the last T at every frame`() {
        var strip = RuleStrip([RuleStrip.average(70, .sliding, 60)])
        strip.play(hold("60", 60) + hold("80", 10) + hold("50", 70))
        // n seconds of 80 among 60 s: 10·lg((n·10^8 + (60 − n)·10^6) / 60) > 70.05 at n = 6.
        #expect(strip.events.map(\.onsetAt) == [strip.time(65)])
        #expect(strip.events.first?.onsetTenths == 704)
        #expect(strip.events.first?.peakTenths == 724)
        #expect(strip.events.first?.clearedAt == strip.time(126))
    }

    @Test func `has no value below the least coverage`() {
        var strip = RuleStrip([RuleStrip.average(70, .sliding, 60)])
        strip.play(hold("80", 44))
        #expect(strip.events.isEmpty)
        strip.play("80")
        #expect(strip.events.map(\.onsetAt) == [strip.time(44)])
    }

    // docs/acoustics.md: a frame after a hole counts 1 s.
    @Test func `gives a frame after a hole no more than a second`() {
        var strip = RuleStrip([RuleStrip.average(60.8, .sliding, 960)])
        strip.play(hold("50", 885) + hold(".", 20) + "90")
        #expect(strip.events.map(\.onsetTenths) == [609])
        var stricter = RuleStrip([RuleStrip.average(60.9, .sliding, 960)])
        stricter.play(hold("50", 885) + hold(".", 20) + "90")
        #expect(stricter.events.isEmpty)
    }

    @Test func `holds nothing from before the measurement`() {
        var strip = RuleStrip([RuleStrip.average(70, .sliding, 60)])
        strip.play(hold("80", 40) + "x " + hold("60", 60))
        #expect(strip.events.isEmpty)
    }
}

@Suite struct `Sums of energy` {
    @Test(arguments: [
        ([(600, 1), (600, 1)], 600), ([(500, 1), (700, 1)], 670), ([(500, 59), (950, 1)], 772),
        ([(800, 10), (500, 100)], 696), ([(-500, 1)], -500), ([(2000, 864_000)], 2000),
    ] as [([(Int16, Int64)], Int16)])
    func `give the reference means`(samples: [(Int16, Int64)], mean: Int16) {
        var sum = EnergySum()
        for (tenths, ticks) in samples { sum.add(tenths, ticks: ticks) }
        #expect(sum.mean(over: samples.reduce(0) { $0 + $1.1 }) == mean)
    }

    // Each tenth, and each middle between two, rounds as it is compared.
    @Test func `round as they are compared`() {
        for tenths in EnergySum.tabled {
            var sum = EnergySum()
            sum.add(Int16(tenths), ticks: 9000)
            #expect(sum.mean(over: 9000) == Int16(tenths))
            sum.raw = EnergySum.least(tenths + 1, over: 7)
            if tenths < 2000 { #expect(sum.mean(over: 7) == Int16(tenths + 1)) }
            sum.raw -= 1
            #expect(sum.mean(over: 7) == Int16(tenths))
        }
    }
}
