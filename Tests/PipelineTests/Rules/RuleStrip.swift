//  RuleStrip.swift · PipelineTests
//
//  Levels over time as text, and what a rule makes of them as text below.
//
//      levels   60 71 72 71 60 60        a number: a frame of that lp; -: a frame without levels;
//      marks    .  .  O  .  C  .         .: no frame; x: not measuring; !71: over range;
//                                        n: a new measurement begins with the next frame

import Monitoring

@testable import Pipeline

struct RuleStrip {
    /// Monday noon, UTC.
    static let start = Timestamp(rfc3339: "2026-11-23T12:00:00Z")!
    static let unit = UnitID("NL43-0001")!

    var monitor: UnitMonitor
    var output = RuleOutput(recordsSteps: true)
    private(set) var times: [Int64] = []
    private var now: Int64
    private var measurement: Int64
    private let step: Int64
    private let column: Metric

    /// - Parameters:
    ///   - step: seconds from one token to the next.
    ///   - column: the metric of the numbers; all others but `lp` are missing.
    init(
        _ rules: [AlertRule], from start: Timestamp = RuleStrip.start, step: Int64 = 1,
        column: Metric = .lp, zone: String = "UTC", watchdogs: Bool = false,
        change: (inout MonitoringPlan) -> Void = { _ in }
    ) {
        var plan = MonitoringPlan(
            unit: RuleStrip.unit, location: "gate", timeZone: zone, rules: rules)
        change(&plan)
        monitor = UnitMonitor(plan: plan, hasWatchdogs: watchdogs)
        now = start.milliseconds
        measurement = start.milliseconds - 60_000
        self.step = step * 1000
        self.column = column
    }

    static func rule(
        _ threshold: Double = 70, metric: RuleMetric = .lp, duration: Int = 0, margin: Double = 2,
        cooldown: Int = 0, gap: Int = 30, _ change: (inout AlertRule) -> Void = { _ in }
    ) -> AlertRule {
        var rule = AlertRule(
            id: "r", site: .location("gate"), name: "Limit", metric: metric,
            thresholdTenths: Int16((threshold * 10).rounded()), durationSeconds: duration,
            clearMarginTenths: Int16((margin * 10).rounded()), cooldownSeconds: cooldown,
            gapSeconds: gap)
        change(&rule)
        return rule
    }

    static func average(
        _ threshold: Double, _ mode: Averaging.Mode, _ seconds: Int = 900, consecutive: Int = 1,
        _ change: (inout AlertRule) -> Void = { _ in }
    ) -> AlertRule {
        rule(threshold, metric: .laeq) {
            $0.averaging = Averaging(mode: mode, seconds: seconds, consecutive: consecutive)
            change(&$0)
        }
    }

    mutating func play(_ levels: String) {
        for token in levels.split(separator: " ") {
            if token == "n" {
                measurement = now
                continue
            }
            times.append(now)
            if token != "." { take(token) }
            now += step
        }
    }

    private mutating func take(_ token: Substring) {
        var state: FrameState = token == "x" ? [] : .measuring
        if token.first == "!" { state.insert(.over) }
        var levels = Levels()
        if let value = Double(token.drop { $0 == "!" }) {
            levels[column] = Level(tenths: Int16((value * 10).rounded()))
        }
        if column != .lp { levels[.lp] = Level(tenths: 400) }
        monitor.take(
            Frame(
                unit: RuleStrip.unit, time: Timestamp(milliseconds: now), levels: levels,
                state: state, measurementStart: Timestamp(milliseconds: measurement)),
            into: &output)
    }

    /// It becomes `seconds` after the next token's time, and nothing comes.
    mutating func tick(_ seconds: Int64 = 0) {
        let time = Timestamp(milliseconds: now + seconds * 1000)
        monitor.apply(.tick(time), at: time, into: &output)
    }

    mutating func skip(_ seconds: Int64) { now += seconds * 1000 }

    /// Events as they were last, by onset.
    var events: [SoundEvent] {
        var last: [String: SoundEvent] = [:]
        for event in output.events + monitor.openEvents { last[event.key] = event }
        return last.values.sorted { ($0.onsetAt, $0.key) < ($1.onsetAt, $1.key) }
    }

    /// One letter for each token: O onset of an alarm, W of a warning, E a warning became an alarm,
    /// C clear, S a run suppressed.
    var marks: String {
        var marks = Array(repeating: Character("."), count: times.count)
        func mark(_ time: Timestamp?, _ letter: Character) {
            if let index = times.firstIndex(where: { $0 == time?.milliseconds }) { marks[index] = letter }
        }
        for step in output.steps where step.kind == .suppressed { mark(step.at, "S") }
        for event in events {
            mark(event.clearedAt, "C")
            mark(event.onsetAt, event.level == .alarm && event.escalatedAt == nil ? "O" : "W")
            mark(event.escalatedAt, "E")
        }
        return String(marks)
    }

    func time(_ index: Int) -> Timestamp { Timestamp(milliseconds: times[index]) }
}

/// The marks that `rule` makes of `levels`, with their blanks removed.
func marks(
    _ levels: String, _ rule: AlertRule, step: Int64 = 1, column: Metric = .lp
) -> String {
    var strip = RuleStrip([rule], step: step, column: column)
    strip.play(levels)
    return strip.marks
}

extension String {
    /// Without blanks, so that marks can stand below their levels.
    var packed: String { filter { $0 != " " } }
}
