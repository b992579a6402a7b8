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
    }

    private struct State {
        var monitors: MonitorSet
        /// Not judged yet: their frames are on the way to the store.
        var held: [Input] = []
        var heldAt: MonitorSet.Moment?
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
    ///   - newest: the time of a unit's newest frame, stored or live.
    ///   - needs: told each ten seconds which units rules need at full rate.
    ///   - tell: told of running peaks.
    ///   - uptime: milliseconds of a clock that never goes back.
    package init(
        resumed: [ResumedMonitor], lastNumber: Int64, rules: any RuleBook, keeper: EventKeeper,
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
            State(monitors: MonitorSet(resumed: resumed, lastNumber: lastNumber, at: moment)))
    }

    /// Milliseconds since some moment, of the machine's clock that never goes back.
    package static let uptime: @Sendable () -> Int64 = {
        let start = ContinuousClock.now
        return { () -> Int64 in
            let passed = start.duration(to: .now).components
            return passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
        }
    }()

    var watermarks: [(UnitID, Timestamp)] { state.withLock { $0.monitors.watermarks } }

    /// Keeps what is to be judged until its frames are with the store.
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
        let batch = state.withLock { state -> LedgerBatch? in
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

    func warnings() -> [String] { keeper.warnings }

    /// Each second, and the keeper's work, until closed.
    ///
    /// - Parameter raise: told of watermarks that ticks moved.
    func run(_ raise: @escaping @Sendable ([(UnitID, Timestamp)]) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keeper.run() }
            group.addTask {
                while !Task.isCancelled {
                    raise(await self.beat())
                    try? await self.pace.sleep(for: .seconds(1))
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    func close() { keeper.close() }

    /// Follows configuration and time.
    /// - Returns: units whose watermark moved past their newest frame.
    func beat() async -> [(UnitID, Timestamp)] {
        var plans: [MonitoringPlan]?
        do {
            plans = try await rules.plans(at: clock.now)
        } catch {
            logger.warning("rules cannot be read", metadata: ["reason": "\(error)"])
        }
        let moment = MonitorSet.Moment(now: clock.now, uptime: uptime())
        let (batch, raised, wanted, changed) = state.withLock { state in
            let isOther = plans.map { state.monitors.follow($0, at: moment, newest: newest) } ?? false
            // While frames are on their way to the store, time stands still for their units.
            let raised = state.held.isEmpty ? state.monitors.tick(at: moment) : []
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
        // Those that are not recorded yet are told when they are.
        let updates = changed.compactMap { identified($0) }.filter { $0.id != 0 }
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
