//  UnitMonitor.swift · Pipeline
//
//  All machines of one unit. Its state is a function of its inputs in their order, whether they
//  come one by one as they happen or, in a replay, by the thousand.
//
//      frame ─▶ weighed once ─▶ each rule's machine ─▶ events
//      plan, clock step, feed, tick ──▲       └─▶ watermark

package import Monitoring

/// What judges a unit's levels.
///
/// Times are those of frames: of the upstream's clock. Only `at`, when something was decided, is of
/// ours; what a frame decides was decided at its own time, so that a replay says the same.
package struct UnitMonitor: Sendable {
    package fileprivate(set) var plan: MonitoringPlan
    /// Up to it, what was judged stands: a frame at or before it is late, and not to be taken. `nil`
    /// before the first frame, and after a step of the clock until the next one.
    package fileprivate(set) var watermark: Timestamp?
    /// The newest watermark before the clock went back: up to it, stored frames do not tell their
    /// order.
    fileprivate(set) var stepCeiling: Timestamp?
    let hasWatchdogs: Bool
    var clock: any LocalClock
    var trail = FrameTrail()
    /// Of the rules that are judged by samples, and by whole periods; each ascending by id.
    var sampled: [RuleMachine] = []
    var averages: [AverageMachine] = []
    var watchdogs: Watchdogs
    /// A rule looks at rises of the maximum. Asked at each frame, so it is kept.
    private var looksAtMaxima = false

    /// - Parameters:
    ///   - plan: what holds at first. Of rules only those that are enabled are applied.
    ///   - watermark: frames up to it are not judged: they came before anybody looked.
    ///   - hasWatchdogs: false in a replay, which knows nothing of how a unit was read.
    package init(plan: MonitoringPlan, watermark: Timestamp? = nil, hasWatchdogs: Bool = true) {
        self.plan = plan
        self.watermark = watermark
        self.hasWatchdogs = hasWatchdogs
        clock = UnitMonitor.clock(of: plan)
        watchdogs = Watchdogs(plan: plan, clock: clock)
        for rule in plan.rules where rule.isEnabled { add(rule) }
        sortMachines()
    }

    /// Takes over what a checkpoint tells beside the machines' own state.
    mutating func restore(watermark: Timestamp?, stepCeiling: Timestamp?, trail: FrameTrail) {
        self.watermark = watermark
        self.stepCeiling = stepCeiling
        self.trail = trail
    }

    /// A zone that is not known counts as UTC; the registry lets none in.
    static func clock(of plan: MonitoringPlan) -> any LocalClock {
        ZoneClock(name: plan.timeZone) ?? ZoneClock.utc
    }

    /// What is wrong with how the unit is being read, as far as it was told.
    var feedFault: String? { watchdogs.state.feed?.fault }

    /// How long after an end a frame may come that tells of the time before it, in milliseconds.
    package var graceMilliseconds: Int64 { plan.maxDwellMilliseconds + 5000 }

    /// Whether a frame that is taken next has to be in the journal itself: its time is among those
    /// from before the clock went back.
    package func mustBeJournaled(_ time: Timestamp) -> Bool {
        stepCeiling.map { time <= $0 } ?? false
    }

    /// The open events as they are now, running peaks and last values included.
    package var openEvents: [SoundEvent] {
        let tallies = sampled.compactMap(\.openEvent) + averages.compactMap(\.openEvent)
        return tallies.map { $0.event(of: plan.unit, at: plan.location) } + watchdogs.openEvents
    }

    // MARK: - Frames

    /// Judges one frame. O(rules). One at or before the watermark changes nothing.
    package mutating func take(_ frame: Frame, into output: inout RuleOutput) {
        var time = frame.time.milliseconds
        var state = frame.state.rawValue
        withUnsafeBytes(of: frame.levels.tenths) { bytes in
            let levels = bytes.bindMemory(to: Int16.self).baseAddress!
            var columns = FrameBlock.Columns(repeating: nil)
            for metric in 0..<Metric.allCases.count { columns[metric] = levels + metric }
            withUnsafePointer(to: &time) { time in
                withUnsafePointer(to: &state) { state in
                    take(
                        Stretch(
                            count: 1, times: time, states: state, columns: columns,
                            start: frame.measurementStart?.milliseconds), &output)
                }
            }
        }
    }

    /// Judges the frames of `columns` whose indexes are in `range`, oldest first. Those at or before
    /// the watermark change nothing. Columns that were not read count as missing values.
    package mutating func take(
        _ columns: FrameColumns, _ range: Range<Int>, into output: inout RuleOutput
    ) {
        columns.times.withUnsafeBufferPointer { times in
            columns.states.withUnsafeBufferPointer { states in
                columns.withLevelPointers { levels in
                    for (position, span) in columns.runs.enumerated() {
                        let end =
                            position + 1 < columns.runs.count
                            ? columns.runs[position + 1].firstIndex : columns.count
                        let part = (span.firstIndex..<end).clamped(to: range)
                        guard !part.isEmpty else { continue }
                        take(
                            Stretch(
                                count: part.count, times: times.baseAddress! + part.lowerBound,
                                states: states.baseAddress! + part.lowerBound,
                                columns: FrameBlock.advance(levels, by: part.lowerBound),
                                start: span.run.start?.milliseconds), &output)
                    }
                }
            }
        }
    }

    /// Frames of one run, of any number.
    private struct Stretch {
        let count: Int
        let times: UnsafePointer<Int64>
        let states: UnsafePointer<UInt8>
        let columns: FrameBlock.Columns
        let start: Int64?
    }

    private mutating func take(_ stretch: Stretch, _ output: inout RuleOutput) {
        var first = 0
        if let watermark {
            while first < stretch.count, stretch.times[first] <= watermark.milliseconds { first += 1 }
        }
        guard first < stretch.count else { return }
        (output.unit, output.location) = (plan.unit, plan.location)
        let beginning = trail.begin(stretch.start)
        let time = stretch.times[first]
        if beginning.isNewMeasurement || beginning.startsRun {
            begin(beginning, at: time, &output)
        }
        let capacity = min(FrameBlock.capacity, stretch.count)
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: capacity) { ends in
            withUnsafeTemporaryAllocation(of: Int32.self, capacity: capacity) { weights in
                withUnsafeTemporaryAllocation(of: Int16.self, capacity: capacity) { rises in
                    var startsRun = beginning.startsRun
                    while first < stretch.count {
                        let count = min(capacity, stretch.count - first)
                        let columns = FrameBlock.advance(stretch.columns, by: first)
                        trail.weigh(
                            stretch.times + first, count, startsRun: startsRun,
                            maximum: plan.maxDwellMilliseconds, ends: ends.baseAddress!,
                            weights: weights.baseAddress!)
                        startsRun = false
                        trail.follow(
                            columns[Metric.lmax.rawValue], count,
                            rises: looksAtMaxima ? rises.baseAddress! : nil)
                        judge(
                            FrameBlock(
                                count: count, times: stretch.times + first,
                                states: stretch.states + first, columns: columns,
                                ends: ends.baseAddress!, weights: weights.baseAddress!,
                                rises: looksAtMaxima ? UnsafePointer(rises.baseAddress!) : nil),
                            &output)
                        first += count
                    }
                }
            }
        }
        watermark = Timestamp(milliseconds: stretch.times[stretch.count - 1])
    }

    private mutating func begin(
        _ beginning: FrameTrail.Beginning, at time: Int64, _ output: inout RuleOutput
    ) {
        for index in sampled.indices {
            if beginning.isNewMeasurement {
                sampled[index].newMeasurement(
                    at: time, continues: !beginning.startsRun, &output)
            }
        }
        if beginning.isNewMeasurement, beginning.startsRun {
            for index in averages.indices { averages[index].newMeasurement(at: time) }
        }
    }

    private mutating func judge(_ block: FrameBlock, _ output: inout RuleOutput) {
        for index in sampled.indices { sampled[index].take(block, into: &output) }
        for index in averages.indices { averages[index].take(block, into: &output) }
        guard hasWatchdogs else { return }
        let levels = block.columns[Metric.lp.rawValue]
        for index in 0..<block.count {
            watchdogs.take(
                at: block.times[index], FrameState(rawValue: block.states[index]),
                levels?[index] ?? FrameBlock.none, into: &output)
        }
    }

    // MARK: - What else moves it

    /// Takes an input. Of `.tick` only one that set ``RuleOutput/isDecided`` belongs into the
    /// journal.
    ///
    /// - Parameter at: by our clock; what the input decides was decided then.
    package mutating func apply(
        _ input: MonitorInput, at: Timestamp, into output: inout RuleOutput
    ) {
        (output.unit, output.location) = (plan.unit, plan.location)
        switch input {
        case .frame(let frame): take(frame.frame(of: plan.unit), into: &output)
        case .plan(let plan): follow(plan, at: at, &output)
        case .feed(let feed): watchdogs.note(feed)
        case .clockStep: stepBack(at: at, &output)
        case .tick(let time): tick(time, at: at, &output)
        }
    }

    private mutating func stepBack(at: Timestamp, _ output: inout RuleOutput) {
        let time = (watermark ?? at).milliseconds
        for index in sampled.indices { sampled[index].clockStep(at: time, &output) }
        for index in averages.indices { averages[index].clockStep() }
        watchdogs.clockStep()
        trail.stepBack()
        if let watermark { stepCeiling = max(stepCeiling ?? watermark, watermark) }
        watermark = nil
    }

    private mutating func tick(_ time: Timestamp, at: Timestamp, _ output: inout RuleOutput) {
        let (time, at, grace) = (time.milliseconds, at.milliseconds, graceMilliseconds)
        var decided = Int64.min
        func note(_ instant: Int64?) { if let instant { decided = max(decided, instant) } }
        for index in sampled.indices {
            note(sampled[index].tick(time, grace: grace, decidedAt: at, &output))
        }
        for index in averages.indices {
            note(averages[index].tick(time, grace: grace, decidedAt: at, &output))
        }
        if hasWatchdogs { watchdogs.tick(time, decidedAt: at, &output) }
        if decided != .min, decided > watermark?.milliseconds ?? .min {
            watermark = Timestamp(milliseconds: decided)
        }
    }

    /// When a tick could decide something more than one at `time` did: the least such time after
    /// it; `nil`: only a frame or another input can. O(rules); to be asked after each input.
    package func nextDeadline(after time: Timestamp) -> Timestamp? {
        let (time, grace) = (time.milliseconds, graceMilliseconds)
        var deadline = hasWatchdogs ? watchdogs.deadline(after: time) : .max
        // By index: machines are large, and would be copied.
        for index in sampled.indices {
            deadline = min(deadline, sampled[index].deadline(after: time, grace: grace))
        }
        for index in averages.indices {
            deadline = min(deadline, averages[index].deadline(after: time, grace: grace))
        }
        return deadline == .max ? nil : Timestamp(milliseconds: deadline)
    }
}

extension UnitMonitor {
    /// Follows another plan. What a rule's edit ends, ends at the watermark.
    private mutating func follow(
        _ next: MonitoringPlan, at: Timestamp, _ output: inout RuleOutput
    ) {
        let time = (watermark ?? at).milliseconds
        let decidedAt = at.milliseconds
        let old = plan
        let moved = next.location != old.location || next.assignedAt != old.assignedAt
        let rezoned = next.timeZone != old.timeZone
        if moved || rezoned {
            end(moved ? .unitUnassigned : .ruleChanged, at: time, decidedAt, &output)
            if moved {
                watchdogs.end(.unitUnassigned, at: time, decidedAt: decidedAt, &output)
                // What was known of the feed and of the meter holds wherever it stands.
                watchdogs.state.span = nil
            }
            sampled = []
            averages = []
        }
        plan = next
        clock = UnitMonitor.clock(of: next)
        watchdogs.follow(
            next, clock: clock,
            hoursChanged: rezoned || next.monitoringHours != old.monitoringHours, at: time,
            decidedAt: decidedAt, &output)
        replaceRules(at: time, decidedAt, &output)
    }

    private mutating func end(
        _ reason: SoundEvent.ClearReason, at time: Int64, _ decidedAt: Int64,
        _ output: inout RuleOutput
    ) {
        for index in sampled.indices {
            sampled[index].end(reason, at: time, decidedAt: decidedAt, &output)
        }
        for index in averages.indices {
            averages[index].close(reason, at: time, decidedAt: decidedAt, &output)
        }
    }

    /// Keeps the machines whose rule means the same, ends the others, begins those that are new.
    private mutating func replaceRules(
        at time: Int64, _ decidedAt: Int64, _ output: inout RuleOutput
    ) {
        let (oldSampled, oldAverages) = (sampled, averages)
        sampled = []
        averages = []
        let rules = Dictionary(plan.rules.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var kept: Set<String> = []
        func fate(of copy: RuleCopy) -> SoundEvent.ClearReason? {
            guard let rule = rules[copy.rule.id] else { return .ruleDeleted }
            return rule.meansTheSame(as: copy.rule) ? nil : .ruleChanged
        }
        for var machine in oldSampled {
            if let reason = fate(of: machine.copy) {
                machine.end(reason, at: time, decidedAt: decidedAt, &output)
            } else {
                machine.rename(rules[machine.copy.rule.id]!)
                machine.noData = plan.noDataMilliseconds
                machine.coverageMinimum = plan.coverageMinimum
                kept.insert(machine.copy.rule.id)
                sampled.append(machine)
            }
        }
        for var machine in oldAverages {
            if let reason = fate(of: machine.copy) {
                machine.close(reason, at: time, decidedAt: decidedAt, &output)
            } else {
                machine.rename(rules[machine.copy.rule.id]!)
                machine.noData = plan.noDataMilliseconds
                machine.coverageMinimum = plan.coverageMinimum
                kept.insert(machine.copy.rule.id)
                averages.append(machine)
            }
        }
        for rule in plan.rules where rule.isEnabled && !kept.contains(rule.id) { add(rule) }
        sortMachines()
    }

    private mutating func sortMachines() {
        sampled.sort { $0.copy.rule.id < $1.copy.rule.id }
        averages.sort { $0.copy.rule.id < $1.copy.rule.id }
        looksAtMaxima = sampled.contains { $0.metric == .lmax }
    }

    /// Begins a rule's machine. No average holds what lies before.
    private mutating func add(_ rule: AlertRule) {
        let floor = watermark.map { Dwell.tick($0.milliseconds) } ?? .min
        if rule.metric == .laeq, rule.averaging?.mode != .sliding {
            averages.append(AverageMachine(rule, plan: plan, clock: clock, floor: floor))
        } else {
            sampled.append(RuleMachine(rule, plan: plan, clock: clock, floor: floor))
        }
    }
}

extension FrameBlock {
    /// The columns from the frame at `index` on.
    static func advance(_ columns: Columns, by index: Int) -> Columns {
        var advanced = columns
        for column in 0..<8 { advanced[column] = columns[column].map { $0 + index } }
        return advanced
    }
}

extension FrameColumns {
    /// Calls `body` with each metric's values; `nil` for a column that was not read.
    fileprivate func withLevelPointers(_ body: (FrameBlock.Columns) -> Void) {
        var columns = FrameBlock.Columns(repeating: nil)
        func descend(_ metric: Int) {
            guard metric < levels.count else { return body(columns) }
            levels[metric].withUnsafeBufferPointer { values in
                columns[metric] = values.isEmpty ? nil : values.baseAddress
                descend(metric + 1)
            }
        }
        descend(0)
    }
}
