//  RuleReplay.swift · Pipeline
//
//  The very same machines over stored frames and the journal.
//
//      frames    ─f1─f2────f3─f4─────────▶ by time
//      journal        └─e1    └─e2 e3     each after the frames up to its watermark
//
//  While a clock that went back catches up, frames are in the journal themselves; the store has
//  them too, among those of the time before, and there they are passed over.

package import Monitoring

/// Replays one unit. Pure: frames come in as chunks, oldest first.
package struct RuleReplay: Sendable {
    /// Which frames count.
    package var origins: Set<FrameState.Origin> = [.live]
    /// The events so far, as they are now, by onset. Those open at the end are among them after
    /// ``finish()``, as far as they have come.
    package private(set) var events: [SoundEvent] = []
    package private(set) var steps: [RuleStep] = []
    /// When steps are wanted only of a time: at most so many of it, and a peak, are kept.
    var stepRange: TimeRange?
    package private(set) var monitor: UnitMonitor
    /// Stored frames that could not be read.
    package private(set) var damage: [Damage] = []
    /// Frames that were judged.
    package private(set) var frameCount = 0

    private var output: RuleOutput
    private var entries: ArraySlice<JournalEntry>
    private var journaled: Set<FrameIdentity> = []
    private var places: [String: Int] = [:]
    /// Up to it the clock had been before it went back, ahead of a checkpoint: stored frames up to
    /// it were judged before the checkpoint, or are in the journal themselves.
    private let ceiling: Timestamp?

    private struct FrameIdentity: Hashable {
        let time: Int64
        let levels: SIMD8<Int16>
    }

    /// - Parameters:
    ///   - plan: what held when the frames begin. Machines begin idle, so frames should begin
    ///     ``lead(of:)`` before the time of interest.
    ///   - journal: the unit's entries from then on, ascending by number.
    ///   - recordsSteps: whether ``steps`` are wanted; about three for each run of samples beyond a
    ///     limit.
    package init(plan: MonitoringPlan, journal: [JournalEntry] = [], recordsSteps: Bool = false) {
        self.init(UnitMonitor(plan: plan, hasWatchdogs: false), journal, recordsSteps)
    }

    /// Goes on from a checkpoint, exactly.
    /// - Parameter journal: the entries after the checkpoint's.
    /// - Returns: `nil` when the checkpoint cannot be read.
    package init?(
        _ checkpoint: MonitorCheckpoint, journal: [JournalEntry], recordsSteps: Bool = false
    ) {
        guard let monitor = UnitMonitor(checkpoint, hasWatchdogs: false) else { return nil }
        self.init(monitor, journal, recordsSteps)
    }

    /// Goes on with `monitor`, which has taken everything before `journal`. One with watchdogs is
    /// told of all that they watch over.
    init(_ monitor: UnitMonitor, _ journal: [JournalEntry], _ recordsSteps: Bool = false) {
        self.monitor = monitor
        ceiling = monitor.stepCeiling
        output = RuleOutput(recordsSteps: recordsSteps)
        entries = journal[...]
        for entry in journal {
            guard case .frame(let frame) = entry.input else { continue }
            journaled.insert(RuleReplay.identity(of: frame.frame(of: entry.unit)))
        }
    }

    /// Begins where a unit's journal does: exactly what was live, if all of it follows.
    init(
        fromTheStartOf journal: [JournalEntry], unit: UnitID, hasWatchdogs: Bool = true,
        recordsSteps: Bool = false
    ) {
        self.init(
            UnitMonitor(
                plan: MonitoringPlan(unit: unit), watermark: journal.first?.watermark,
                hasWatchdogs: hasWatchdogs),
            journal, recordsSteps)
    }

    /// How much earlier frames should begin so that idle machines come to the same: the longest
    /// time that any rule of `plan` looks back, in milliseconds. An event that is open at that time
    /// can look back farther.
    package static func lead(of plan: MonitoringPlan) -> Int64 {
        plan.rules.map { rule in
            let window = rule.averaging.map { averaging in
                (averaging.mode == .window ? 90_000 : averaging.seconds) * averaging.consecutive
            }
            return Int64(rule.cooldownSeconds + rule.durationSeconds + (window ?? 0)) * 1000
        }.max() ?? 0
    }

    /// Takes the next frames, all later than those before.
    package mutating func take(_ columns: FrameColumns) {
        let frames = wanted(of: columns)
        var first = ceiling.map { frames.firstIndex(atOrAfter: $0.milliseconds + 1) } ?? 0
        while let entry = entries.first {
            // An entry takes effect after the frames up to its watermark.
            let watermark = entry.watermark?.milliseconds ?? .min
            let end = watermark == .max ? frames.count : frames.firstIndex(atOrAfter: watermark + 1)
            feed(frames, first..<max(first, end))
            first = max(first, end)
            // More of those frames may be in the next chunk.
            guard first < frames.count else { return }
            apply(entry)
        }
        feed(frames, first..<frames.count)
    }

    /// Takes a unit's stored frames after `time` (all for `nil`) and before `end`.
    mutating func take(
        from history: any LevelHistory, unit: UnitID, after time: Timestamp?,
        to end: Timestamp = Timestamp(milliseconds: .max / 4)
    ) async throws {
        damage += try await history.forEachChunk(
            of: unit, from: time?.advanced(byMilliseconds: 1) ?? Timestamp(milliseconds: 0), to: end
        ) { take($0) }
    }

    /// Ends the replay: what the journal has after the last frame takes effect, and open events are
    /// told as they are.
    package mutating func finish() {
        while let entry = entries.first { apply(entry) }
        for event in monitor.openEvents {
            keep(event)
            if let rule = event.rule, let at = event.peakAt, output.recordsSteps {
                steps.append(RuleStep(.peak, at: at, rule: rule.id, tenths: event.peakTenths))
            }
        }
        events.sort { ($0.onsetAt, $0.rule?.id ?? "") < ($1.onsetAt, $1.rule?.id ?? "") }
        // Of one instant, in the order in which they came.
        steps = steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
    }

    private mutating func feed(_ frames: FrameColumns, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        monitor.take(frames, range, into: &output)
        frameCount += range.count
        drain()
    }

    private mutating func apply(_ entry: JournalEntry) {
        entries.removeFirst()
        // How a unit was read says nothing of its levels.
        if case .feed = entry.input, !monitor.hasWatchdogs { return }
        if case .frame = entry.input { frameCount += 1 }
        monitor.apply(entry.input, at: entry.at, into: &output)
        drain()
    }

    private mutating func drain() {
        for event in output.events where monitor.hasWatchdogs || event.kind == .rule { keep(event) }
        if let stepRange {
            let room = max(0, EventReplay.stepsMaximum - steps.count)
            steps += output.steps.filter { stepRange.contains($0.at) }.prefix(room)
        } else {
            steps += output.steps
        }
        output.events.removeAll(keepingCapacity: true)
        output.steps.removeAll(keepingCapacity: true)
    }

    private mutating func keep(_ event: SoundEvent) {
        if let place = places[event.key] {
            events[place] = event
        } else {
            places[event.key] = events.count
            events.append(event)
        }
    }

    /// The frames that count: of the wanted origins, and not in the journal themselves.
    private func wanted(of columns: FrameColumns) -> FrameColumns {
        columns.of(
            origins, isLeftOut: journaled.isEmpty ? nil : { isJournaled(columns, $0) })
    }

    private func isJournaled(_ columns: FrameColumns, _ index: Int) -> Bool {
        let levels = SIMD8<Int16>(
            (0..<8).map { metric in
                metric < columns.levels.count && !columns.levels[metric].isEmpty
                    ? columns.levels[metric][index] : metric == 7 ? 0 : Levels.none
            })
        return journaled.contains(FrameIdentity(time: columns.times[index], levels: levels))
    }

    private static func identity(of frame: Frame) -> FrameIdentity {
        FrameIdentity(time: frame.time.milliseconds, levels: frame.levels.tenths)
    }
}
