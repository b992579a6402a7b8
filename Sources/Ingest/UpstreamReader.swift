//  UpstreamReader.swift · Ingest
//
//  One upstream: one task asks it, one request at a time, and one task for each unit watches.
//
//      PollSchedule ─▶ discover │ poll ─▶ UpstreamCondition ─▶ Backoff
//                               └───────▶ UnitReader ─▶ sink

import AsyncHTTPClient
import Logging
import Monitoring
import NIOCore
import Synchronization

/// Reads the units of one upstream until cancelled.
final class UpstreamReader: Sendable {
    struct State {
        var readers: [UnitID: UnitReader] = [:]
        /// Units that are asked for now.
        var unitCount = 0
        var condition: UpstreamCondition
        /// Upstream names whose feed was asked for in this run, whatever came of it.
        var startedMonitors: Set<String> = []
    }

    let upstream: Upstream
    let context: IngestContext
    let state: Mutex<State>
    private let address: UpstreamAddress
    private let slots = SocketSlots(count: DemandLedger.unitLimit)

    init(upstream: Upstream, address: UpstreamAddress, context: IngestContext) {
        self.upstream = upstream
        self.address = address
        self.context = context
        state = Mutex(State(condition: UpstreamCondition(since: context.clock.now)))
    }

    var status: UpstreamStatus {
        state.withLock { state in
            UpstreamStatus(
                id: upstream.id, url: upstream.url, state: state.condition.state,
                units: state.unitCount, since: state.condition.since)
        }
    }

    var counts: IntakeCounts {
        var sum = IntakeCounts()
        for reader in readers { sum += reader.counts }
        return sum
    }

    var readers: [UnitReader] { state.withLock { Array($0.readers.values) } }

    func reader(of unit: UnitID) -> UnitReader? { state.withLock { $0.readers[unit] } }

    /// Returns when the task is cancelled.
    func run() async {
        let client = UpstreamExchange.makeClient(on: context.group, timeout: context.timeout)
        await read(
            asking: UpstreamExchange(
                client: client, address: address, timeout: context.timeout,
                bodyBytesMaximum: context.bodyBytesMaximum))
        // Nothing is under way any more, so there is nothing that closing could fail at.
        try? await client.shutdown()
    }

    private func read(asking exchange: UpstreamExchange) async {
        let stopwatch = context.stopwatch
        var schedule = PollSchedule(
            interval: context.pollInterval, discoveryInterval: context.discoveryInterval,
            start: stopwatch.now)
        var backoff = Backoff(seed: context.seed)
        var settleAt = stopwatch.now
        await withDiscardingTaskGroup { group in
            await adopt(known(), running: nil, into: &schedule, watchedBy: &group)
            while !Task.isCancelled {
                let now = stopwatch.now
                if now >= settleAt {
                    context.desk.settle()
                    settleAt = now + .seconds(1)
                }
                let outcome: UpstreamCondition.Outcome?
                switch schedule.next(at: now, isPaused: { isPaused($0, at: now) }) {
                case .wait(let until):
                    try? await stopwatch.sleep(until: min(until, settleAt))
                    continue
                case .discover:
                    outcome = await discover(
                        asking: exchange, into: &schedule, watchedBy: &group)
                case .poll(let unit):
                    outcome = await poll(unit, asking: exchange)
                }
                guard let outcome, !Task.isCancelled else { continue }
                if await note(outcome) == .recovered { schedule.discover(at: stopwatch.now) }
                if outcome == .answered {
                    backoff.succeed()
                } else if state.withLock({ $0.condition.isFailed }) {
                    try? await stopwatch.sleep(for: backoff.fail())
                }
            }
            group.cancelAll()
        }
    }

    private func isPaused(_ unit: UnitID, at now: Duration) -> Bool {
        reader(of: unit)?.isDelivering(at: now) ?? true
    }

    /// - Returns: `nil` when the task was cancelled.
    private func poll(
        _ unit: UnitID, asking exchange: UpstreamExchange
    ) async -> UpstreamCondition.Outcome? {
        guard let reader = reader(of: unit) else { return nil }
        let path = UpstreamAddress.path(reader.unit.upstreamUnit, "status")
        let answer: UpstreamAnswer
        do {
            answer = try await exchange.get(path)
        } catch {
            guard let outcome = UpstreamCondition.Outcome(error) else { return nil }
            if outcome == .unusable {
                await refuse(reader, "too large")
            }
            return outcome
        }
        do {
            let status = try SLMMStatus(answer.body.readableBytesView, status: answer.status)
            await hand(
                reader.read(status, now: context.stopwatch.now, at: context.clock.now))
            return .answered
        } catch {
            await refuse(reader, "\(error)")
            return .unusable
        }
    }

    private func refuse(_ reader: UnitReader, _ cause: String) async {
        let observations = reader.update { $0.refuse(at: context.clock.now) }
        // Only what changed is handed on, so this is logged once for a unit.
        if !observations.isEmpty {
            context.logger.warning(
                "a unit's status cannot be used",
                metadata: ["unit": "\(reader.unit.id)", "cause": "\(cause)"])
        }
        await hand(observations)
    }

    /// Judges an outcome, and tells units and the log when the upstream failed or recovered.
    @discardableResult
    func note(_ outcome: UpstreamCondition.Outcome) async -> UpstreamCondition.Change? {
        let now = context.clock.now
        let (change, condition) = state.withLock { state in
            (
                state.condition.observe(outcome, unitCount: state.unitCount, at: now),
                state.condition
            )
        }
        guard let change else { return nil }
        context.logger.log(
            level: change == .failed ? .warning : .info, "upstream \(condition.state.rawValue)",
            metadata: ["upstream": "\(upstream.id)", "url": "\(upstream.url)"])
        var observations: [Observation] = []
        for reader in readers {
            observations += reader.update {
                $0.setUpstreamFailed(condition.isFailed, at: now)
            }
        }
        await hand(observations)
        return change
    }

    func hand(_ observations: [Observation]) async { await context.sink.take(observations) }

    /// The watcher of a unit that was not read before.
    func watcher(of reader: UnitReader) -> UnitWatcher {
        let unit = reader.unit.id
        return UnitWatcher(
            reader: reader, rateSwitch: context.desk.rateSwitch(of: unit, at: upstream.id),
            socket: MonitorSocket(
                group: context.group, address: address, timeout: context.timeout),
            slots: slots, sink: context.sink, stopwatch: context.stopwatch, clock: context.clock,
            seed: context.seed(for: unit), logger: context.logger)
    }
}

extension UpstreamCondition.Outcome {
    /// - Returns: `nil` for a cancelled call, which says nothing of the upstream.
    init?(_ failure: ExchangeFailure) {
        switch failure {
        case .refused: self = .refused
        case .timedOut: self = .timedOut
        case .tooLarge: self = .unusable
        case .cancelled: return nil
        }
    }
}
