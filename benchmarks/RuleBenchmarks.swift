//  RuleBenchmarks.swift · benchmarks
//
//  What judging costs: a step is one rule judging one frame. Back-tests are of 30 days at 1 Hz, from
//  memory and from the store, decoding included.

import Foundation
import Logging
import Monitoring
import Pipeline
import Store

enum RuleBenchmarks {
    private static let unit = UnitID("NL43-0001")!

    static func run(_ bench: inout Bench) async throws {
        guard bench.isWanted("rule/") else { return }
        let columns = try Workload.standard(smoke: bench.smoke).columns
        let loud = threshold(of: columns, exceededBy: 0.001)
        let ten = plan((0..<10).map { index in rule(loud + Int16(index), duration: index * 3) })
        try await bench.measure(
            "rule/step", unit: "step", smoke: columns.count * 10, full: columns.count * 10
        ) { count in
            var monitor = UnitMonitor(plan: ten, hasWatchdogs: false)
            var output = RuleOutput()
            monitor.take(columns, 0..<count / 10, into: &output)
            return checksum(output.events)
        }
        let live = min(columns.count, 200_000)
        try await bench.measure("rule/live", unit: "frame", smoke: live, full: live) { count in
            var monitor = UnitMonitor(plan: ten)
            var output = RuleOutput()
            for index in 0..<count {
                monitor.take(columns.frame(at: index, of: unit), into: &output)
            }
            return checksum(output.events)
        }
        // Averages of the small stand-in do not come near its loudest levels.
        let average = threshold(of: columns, exceededBy: bench.smoke ? 0.5 : 0.02)
        let rules = [
            ("lp", rule(loud, duration: 5)),
            ("lmax", rule(loud, duration: 0) { $0.metric = .lmax }),
            ("clock", laeq(average, .clock)), ("sliding", laeq(average, .sliding)),
            ("window", laeq(average - 150, .window)),
        ]
        for (name, rule) in rules {
            try await bench.measure(
                "rule/back-test-\(name)", unit: "frame", smoke: columns.count, full: columns.count
            ) { _ in
                var test = BackTest(rule, plan: plan([]))
                test.take(columns)
                test.finish(at: Timestamp(milliseconds: columns.times.last!))
                return checksum(test.events) &+ UInt64(test.alarmCount)
            }
        }
        try await stored(&bench, columns, laeq(average, .clock))
    }

    /// The back-test of a clock average as a service does it: a day at a time from the store.
    private static func stored(
        _ bench: inout Bench, _ columns: FrameColumns, _ rule: AlertRule
    ) async throws {
        guard bench.isWanted("rule/back-test-stored") else { return }
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let store = try LevelStore(
            folder: folder.path, configuration: StoreConfiguration(),
            clock: FixedClock(now: Timestamp(milliseconds: columns.times.last!)),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        _ = try await store.importFrames([unit: columns])
        let history = store.history
        try await bench.measure(
            "rule/back-test-stored", unit: "frame", smoke: columns.count, full: columns.count
        ) { _ in
            var test = BackTest(rule, plan: plan([]))
            var day = Dwell.midnight(before: columns.times[0])
            while day <= columns.times.last! {
                let range = TimeRange(
                    start: Timestamp(milliseconds: day),
                    end: Timestamp(milliseconds: day + Dwell.dayMilliseconds))!
                test.take(try await history.frames(of: unit, in: range, limit: .max).columns)
                day += Dwell.dayMilliseconds
            }
            test.finish(at: Timestamp(milliseconds: columns.times.last!))
            return checksum(test.events) &+ UInt64(test.alarmCount)
        }
    }

    private static func plan(_ rules: [AlertRule]) -> MonitoringPlan {
        MonitoringPlan(unit: unit, location: "gate", timeZone: "Europe/London", rules: rules)
    }

    private static func rule(
        _ tenths: Int16, duration: Int, _ change: (inout AlertRule) -> Void = { _ in }
    ) -> AlertRule {
        var rule = AlertRule(
            id: "limit-\(tenths)", site: .location("gate"), name: "Limit", metric: .lp,
            thresholdTenths: tenths, durationSeconds: duration)
        change(&rule)
        return rule
    }

    private static func laeq(_ tenths: Int16, _ mode: Averaging.Mode) -> AlertRule {
        rule(tenths, duration: 0) {
            $0.metric = .laeq
            $0.averaging = Averaging(mode: mode, seconds: 900)
            if mode == .window { $0.schedule = Schedule(startMinute: 60, endMinute: 300) }
        }
    }

    /// A level of `lp` that so large a share of the frames is above.
    private static func threshold(of columns: FrameColumns, exceededBy share: Double) -> Int16 {
        let levels = columns.levels[Metric.lp.rawValue].sorted()
        return levels[Int(Double(levels.count - 1) * (1 - share))] - 1
    }

    private static func checksum(_ events: [SoundEvent]) -> UInt64 {
        events.reduce(UInt64(events.count)) {
            $0 &* 31 &+ UInt64(bitPattern: $1.onsetAt.milliseconds ^ $1.exceededMilliseconds)
        }
    }
}
