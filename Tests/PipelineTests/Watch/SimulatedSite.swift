//  SimulatedSite.swift · PipelineTests
//
//  Days of meters, rules and people, from one seed: what the pipeline is told, and when.
//
//      each step   our clock, uptime │ frames, feeds │ plans, when somebody changed something

import Monitoring

@testable import Pipeline

/// What happens at one moment.
struct SiteStep {
    var moment: MonitorSet.Moment
    var observations: [Observation] = []
    var plans: [MonitoringPlan]?
}

/// Upstream and program share a machine, and so its clock, which people set.
struct SimulatedSite {
    static let days = 30
    /// A Monday; the clocks of London go back on the 21st day.
    static let start = Timestamp(rfc3339: "2026-10-05T00:00:00Z")!
    private static let day: Int64 = 86_400_000
    private static let changeDay = 20

    private var random: SplitMix64
    private let end: Int64
    private var uptime: Int64 = 0
    /// How far the clock is back.
    private var back: Int64 = 0
    private var fastUntil: Int64 = 0
    private var meters: [SimulatedMeter] = []
    private var rules: [String: [AlertRule]] = ["gate": [], "yard": []]
    private var ruleCount = 0

    /// - Parameter days: it ends after so many, which are the same whatever their number.
    init(seed: UInt64, days: Int = SimulatedSite.days, units: Int = 2) {
        end = Int64(days) * SimulatedSite.day
        random = SplitMix64(seed: seed)
        for number in 0..<units {
            var meter = SimulatedMeter(UnitID("NL43-000\(number + 1)")!, at: SimulatedSite.start)
            for day in 0..<SimulatedSite.days {
                let hour = day == SimulatedSite.changeDay ? 0 : Int64.random(in: 0...20, using: &random)
                let from = Int64(day) * SimulatedSite.day + hour * 3_600_000
                meter.readings.append(from..<from + 3 * 3_600_000)
            }
            meters.append(meter)
        }
        for location in ["gate", "yard"] { for _ in 0..<4 { add(to: location) } }
    }

    private mutating func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }

    /// `nil` when the days are over.
    mutating func next() -> SiteStep? {
        guard uptime < end else { return nil }
        let isFirst = uptime == 0
        let isAwake = meters.contains { $0.isRead(at: uptime) }
        uptime += isAwake ? uptime < fastUntil ? 1000 : 10_000 : 60_000
        if isAwake { if chance(1500) { fastUntil = uptime + 600_000 } }
        if isAwake, chance(back == 0 ? 5000 : 800) {
            back = back == 0 ? .random(in: 3_600_000...10_800_000, using: &random) : 0
        }
        let now = SimulatedSite.start.advanced(byMilliseconds: uptime - back)
        var step = SiteStep(moment: MonitorSet.Moment(now: now, uptime: uptime))
        for index in meters.indices {
            step.observations += meters[index].read(at: now, uptime, &random)
        }
        let isChanged = isAwake && chance(250)
        if isChanged { change() }
        if isFirst || isChanged { step.plans = plans }
        return step
    }

    private var plans: [MonitoringPlan] {
        meters.map { meter in
            MonitoringPlan(
                unit: meter.unit, location: meter.location, assignedAt: meter.assignedAt,
                timeZone: "Europe/London",
                monitoringHours: Schedule(startMinute: 8 * 60, endMinute: 18 * 60),
                rules: meter.location.map { rules[$0]!.sorted { $0.id < $1.id } } ?? [])
        }
    }

    // MARK: - What people change

    private mutating func change() {
        let location = chance(2) ? "gate" : "yard"
        let count = rules[location]!.count
        guard count > 0, !chance(6) else { return count < 7 ? add(to: location) : () }
        let index = Int.random(in: 0..<count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: rules[location]![index].name += "'"
        case 1: rules[location]![index].thresholdTenths += chance(2) ? 5 : -5
        case 2: rules[location]![index].isEnabled.toggle()
        case 3 where count > 3:
            rules[location]!.remove(at: index)
            return
        case 3: return
        default:
            let meter = meters.indices.randomElement(using: &random)!
            let places = ["gate", "yard", nil]
            meters[meter].location = places.randomElement(using: &random)!
            meters[meter].assignedAt = SimulatedSite.start.advanced(byMilliseconds: uptime)
            return
        }
        rules[location]![index].version += 1
    }

    private mutating func add(to location: String) {
        ruleCount += 1
        let kind = ruleCount % 6
        var rule = RuleStrip.rule(
            70, metric: kind == 1 ? .lmax : kind < 3 ? .lp : .laeq,
            duration: [0, 10, 60].randomElement(using: &random)!,
            cooldown: [0, 60, 300].randomElement(using: &random)!)
        rule.id = "r\(ruleCount)"
        rule.site = .location(location)
        rule.warningTenths = chance(2) ? 680 : nil
        switch kind {
        case 3: rule.averaging = Averaging(mode: .clock, seconds: 300)
        case 4: rule.averaging = Averaging(mode: .sliding, seconds: 300)
        case 5: rule.averaging = Averaging(mode: .window)
        default: break
        }
        if kind == 5 || chance(4) {
            let hour = Int.random(in: 0..<24, using: &random)
            rule.schedule = Schedule(startMinute: hour * 60, endMinute: (hour + 5) % 24 * 60 + 30)
        }
        rules[location]!.append(rule)
    }
}

/// A meter as its upstream tells of it.
struct SimulatedMeter {
    let unit: UnitID
    var location: String? = "gate"
    var assignedAt: Timestamp
    /// By uptime: when somebody reads it at all.
    var readings: [Range<Int64>] = []
    private var measurement: Timestamp
    private var level: Int16 = 690
    private var lmax: Int16 = 0
    private var silentUntil: Int64 = 0
    private var stoppedUntil: Int64 = 0
    private var isLost = false
    /// When it was read last.
    private var lastReadAt: Timestamp?

    init(_ unit: UnitID, at start: Timestamp) {
        self.unit = unit
        assignedAt = start
        measurement = start
    }

    func isRead(at uptime: Int64) -> Bool { readings[min(29, Int(uptime / 86_400_000))].contains(uptime) }

    mutating func read(
        at now: Timestamp, _ uptime: Int64, _ random: inout SplitMix64
    ) -> [Observation] {
        func chance(_ oneIn: Int) -> Bool { Int.random(in: 0..<oneIn, using: &random) == 0 }
        guard isRead(at: uptime) else { return [] }
        guard uptime >= silentUntil else {
            guard !isLost, chance(3) else { return [] }
            isLost = true
            return [.feed(unit, FeedReport(cadenceMilliseconds: 10_000, fault: .unreachable, since: now))]
        }
        if chance(150) {
            silentUntil = uptime + [20_000, 45_000, 90_000, 400_000, 1_500_000].randomElement(using: &random)!
        }
        var told: [Observation] = []
        if isLost {
            isLost = false
            told.append(
                .feed(unit, FeedReport(cadenceMilliseconds: 10_000, fault: nil, since: now)))
        }
        if chance(400) { stoppedUntil = uptime + .random(in: 10_000...600_000, using: &random) }
        let isStopped = uptime < stoppedUntil
        if isStopped || chance(300) {
            measurement = now.advanced(byMilliseconds: -500)
            lmax = 0
        }
        if chance(25) { level = chance(2) ? 725 : 655 }
        level += Int16.random(in: -12...12, using: &random) + (700 - level) / 40
        if chance(300) {
            var late = frame(now.advanced(byMilliseconds: -.random(in: 1001...90_000, using: &random)))
            late.levels[.lp] = Level(tenths: 900)
            told.append(.frame(late))
        }
        lmax = max(lmax, level + Int16.random(in: 0...30, using: &random))
        var frame = frame(now)
        if chance(40) { frame.levels[.lp] = nil }
        if isStopped {
            frame.state = []
            frame.measurementStart = nil
        } else if chance(50) {
            frame.state.insert(.over)
        }
        told.append(.frame(frame))
        if let lastReadAt { told += trail(from: lastReadAt, to: now) }
        lastReadAt = now
        return told
    }

    /// What the upstream kept of a hole of more than two minutes: a point a minute, all of it loud,
    /// which no rule may hear.
    private func trail(from: Timestamp, to: Timestamp) -> [Observation] {
        let hole = to.milliseconds(since: from)
        guard hole > 120_000, hole < 7_200_000 else { return [] }
        return stride(
            from: from.milliseconds + 60_000, to: to.milliseconds - 15_000, by: 60_000
        ).map {
            var point = frame(Timestamp(milliseconds: $0))
            point.levels = Levels()
            point.levels[.leq] = Level(tenths: 990)
            point.levels[.lmax] = Level(tenths: 999)
            point.state = FrameState.measuring.from(.trail)
            point.measurementStart = nil
            return .frame(point)
        }
    }

    private func frame(_ time: Timestamp) -> Frame {
        var levels = Levels()
        levels[.lp] = Level(tenths: level)
        levels[.leq] = Level(tenths: level / 2 + 350)
        levels[.lmax] = Level(tenths: lmax)
        return Frame(
            unit: unit, time: time, levels: levels, state: .measuring,
            measurementStart: measurement)
    }
}
