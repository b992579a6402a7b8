//  EventWatch.swift · Pipeline
//
//  Lets monitors judge what the pipeline accepted, once it is with the store, and follows the clock
//  and what is configured.
//
//      pipeline: hold(inputs) … frames to the store … release() ─▶ monitors ─▶ keeper
//      each second: plans, ticks, needs of rules, running peaks ──────▲

package import Logging
package import Monitoring
import Synchronization

/// The shell around ``MonitorSet``.
package final class EventWatch: OpenEvents {
    /// What monitors are told of.
    enum Input {
        case frame(Frame, isStep: Bool)
        case feed(UnitID, FeedReport)

        var unit: UnitID {
            switch self {
            case .frame(let frame, _): frame.unit
            case .feed(let unit, _): unit
            }
        }
    }

    private struct State {
        var monitors: MonitorSet
        /// Not judged yet: their frames are on the way to the store.
        var held: [Input] = []
        var heldAt: MonitorSet.Moment?
        /// Rules could be read.
        var isReading = true
        /// When needs were looked at last, by uptime.
        var neededAt: Int64?
        /// Of open events, as they were told last.
        var told: [String: SoundEvent] = [:]
    }

    private let rules: any RuleBook
    private let keeper: EventKeeper
    private let newest: @Sendable (UnitID) -> Timestamp?
    private let needs: @Sendable (Set<UnitID>) -> Void
    private let tell: @Sendable ([LiveUpdate]) -> Void
    private let clock: any WallClock
    private let pace: any Clock<Duration>
    private let uptime: @Sendable () -> Int64
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - recovery: what a restart goes on with.
    ///   - newest: the time of a unit's newest frame, stored or live.
    ///   - needs: told each ten seconds which units rules need at full rate.
    ///   - tell: told of running peaks.
    ///   - uptime: milliseconds of a clock that never goes back.
    package init(
        _ recovery: MonitorRecovery, rules: any RuleBook, keeper: EventKeeper,
        clock: any WallClock, pace: any Clock<Duration> = ContinuousClock(),
        uptime: @escaping @Sendable () -> Int64 = EventWatch.uptime, logger: Logger,
        newest: @escaping @Sendable (UnitID) -> Timestamp?,
        needs: @escaping @Sendable (Set<UnitID>) -> Void,
        tell: @escaping @Sendable ([LiveUpdate]) -> Void
    ) {
        self.rules = rules
        self.keeper = keeper
        self.clock = clock
        self.pace = pace
        self.uptime = uptime
        self.logger = logger
        self.newest = newest
        self.needs = needs
        self.tell = tell
        let moment = MonitorSet.Moment(now: clock.now, uptime: uptime())
        state = Mutex(
            State(
                monitors: MonitorSet(
                    resumed: recovery.monitors, lastNumber: recovery.lastNumber, at: moment)))
        keeper.submit(recovery.events)
    }

    /// Milliseconds since some moment, of the machine's clock that never goes back.
    package static let uptime: @Sendable () -> Int64 = {
        let start = ContinuousClock.now
        return { () -> Int64 in
            let passed = start.duration(to: .now).components
            return passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
        }
    }()

    var watermarks: [(unit: UnitID, watermark: Timestamp, ceiling: Timestamp?)] {
        state.withLock { $0.monitors.watermarks }
    }

    /// Keeps what is to be judged until its frames are with the store. To be called where the scrub
    /// decides, as ``beat(with:)``, so that no tick moves a watermark in between.
    func hold(_ inputs: [Input], now: Timestamp) {
        guard !inputs.isEmpty else { return }
        let moment = MonitorSet.Moment(now: now, uptime: uptime())
        state.withLock { state in
            state.held += inputs
            state.heldAt = moment
        }
    }

    /// Judges what was held.
    func release() {
        let batch = state.withLock { state -> MonitorSet.Batch? in
            guard let moment = state.heldAt else { return nil }
            for input in state.held {
                switch input {
                case .frame(let frame, let isStep):
                    state.monitors.take(frame, isStep: isStep, at: moment)
                case .feed(let unit, let report):
                    state.monitors.note(report, of: unit, at: moment)
                }
            }
            state.held = []
            state.heldAt = nil
            return state.monitors.takeBatch()
        }
        if let batch { keeper.submit(batch) }
    }

    /// Forgets what was held: its frames are not with the store.
    func drop() {
        state.withLock { state in
            state.held = []
            state.heldAt = nil
        }
    }

    func warnings() -> [String] {
        let isReading = state.withLock { $0.isReading }
        return keeper.warnings + (isReading ? [] : ["rules cannot be read: those known hold on"])
    }

    /// Each second, and the keeper's work, until closed.
    ///
    /// - Parameter step: calls its argument where the scrub decides, and raises watermarks there.
    func run(_ step: @escaping @Sendable (_ beat: () -> [(UnitID, Timestamp)]) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keeper.run() }
            group.addTask {
                while !Task.isCancelled {
                    let plans = await self.plans()
                    step { self.beat(with: plans) }
                    try? await self.pace.sleep(for: .seconds(1))
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    func close() { keeper.close() }

    /// What is configured; `nil` when it cannot be read. Failures are told when they begin and end.
    private func plans() async -> [MonitoringPlan]? {
        var failure: (any Error)?
        var plans: [MonitoringPlan]?
        do { plans = try await rules.plans(at: clock.now) } catch { failure = error }
        let isReading = failure == nil
        let wasReading = state.withLock { state in
            defer { state.isReading = isReading }
            return state.isReading
        }
        if wasReading, let failure {
            logger.error("rules cannot be read", metadata: ["reason": "\(failure)"])
        } else if !wasReading, isReading {
            logger.notice("rules can be read again")
        }
        return plans
    }

    /// Follows configuration and time.
    /// - Returns: units whose watermark moved past their newest frame.
    func beat(with plans: [MonitoringPlan]?) -> [(UnitID, Timestamp)] {
        let moment = MonitorSet.Moment(now: clock.now, uptime: uptime())
        let (batch, raised, wanted, changed) = state.withLock { state in
            let isOther = plans.map { state.monitors.follow($0, at: moment, newest: newest) } ?? false
            let raised = state.monitors.tick(at: moment, except: Set(state.held.map(\.unit)))
            let open = state.monitors.openEvents
            let changed = open.filter { state.told[$0.key] != $0 }
            state.told = Dictionary(open.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
            var wanted: Set<UnitID>?
            if isOther || state.neededAt.map({ moment.uptime - $0 >= 10_000 }) ?? true {
                wanted = RuleNeeds.units(of: state.monitors.plans, at: moment.now)
                state.neededAt = moment.uptime
            }
            return (state.monitors.takeBatch(), raised, wanted, changed)
        }
        if let batch { keeper.submit(batch) }
        if let wanted { needs(wanted) }
        // Those that are not recorded yet are told by the keeper.
        let updates = changed.map(identified).filter(\.isSaved)
        if !updates.isEmpty { tell(updates.map(LiveUpdate.event)) }
        return raised
    }

    package func openEvents() -> [SoundEvent] {
        state.withLock { $0.monitors.openEvents }.map(identified)
    }

    private func identified(_ event: SoundEvent) -> SoundEvent {
        var event = event
        event.id = keeper.id(of: event.key) ?? 0
        event.isSaved = event.id != 0
        return event
    }
}
