//  UpstreamReader.swift · Ingest
//
//  One upstream: one task asks it, one request at a time, and one task for each unit watches.
//
//      PollSchedule ─▶ discover │ poll │ fill ─▶ UpstreamCondition ─▶ Backoff
//                               └──────┴───────▶ UnitReader ─▶ sink

import AsyncHTTPClient
import Logging
import Monitoring
import NIOCore
import Synchronization

/// Reads the units of one upstream until cancelled, or until told to end.
final class UpstreamReader: Sendable {
    struct State {
        /// The units that are configured for this upstream.
        var assigned: [Unit] = []
        /// Whether what is asked for no longer is what is assigned and listed.
        var isChanged = true
        /// Whether a unit was assigned under a name that is not listed: the list may be old.
        var isListDue = false
        /// The names that it listed last; `nil` before the first list.
        var listed: Set<String>?
        /// The feeds that ran there last; `nil` while not known.
        var monitors: SLMMMonitors?
        /// Whether units have yet to be told of these feeds.
        var isMonitorNews = false
        /// Units that are asked for now.
        var readers: [UnitID: UnitReader] = [:]
        var condition: UpstreamCondition
        /// Upstream names whose feed was asked for, whatever came of it, and not lost since.
        var startedMonitors: Set<String> = []
        var clockOffset = ClockOffset()
        var requestCount: UInt64 = 0
        var failureCount: UInt64 = 0
        var failure: String?
        var lastRefusedCount = 0
    }

    /// For how long a unit is left alone whose polls time out while others are answered: its
    /// time-outs would hold up everybody.
    static let slowUnitInterval: Duration = .seconds(30)

    let upstream: Upstream
    let context: IngestContext
    let state: Mutex<State>
    private let address: UpstreamAddress
    private let slots = SocketSlots(count: DemandLedger.unitLimit)
    private let isToEnd = RateSwitch()
    private let hasEnded = RateSwitch()

    init(upstream: Upstream, address: UpstreamAddress, context: IngestContext) {
        self.upstream = upstream
        self.address = address
        self.context = context
        state = Mutex(State(condition: UpstreamCondition(since: context.clock.now)))
    }

    var status: UpstreamStatus {
        let fullRateCount = context.desk.fullRateCount(of: upstream.id)
        return state.withLock { state in
            var status = UpstreamStatus(
                id: upstream.id, url: upstream.url, state: state.condition.state,
                units: state.readers.count, since: state.condition.since)
            status.fullRateCount = fullRateCount
            status.monitorCount = state.monitors?.running.count
            status.clockOffsetMilliseconds = state.clockOffset.milliseconds
            status.failure = state.failure
            status.requestCount = state.requestCount
            status.failureCount = state.failureCount
            return status
        }
    }

    func reader(of unit: UnitID) -> UnitReader? { state.withLock { $0.readers[unit] } }

    /// Sets the units that are configured for this upstream, with their rates and names. Takes
    /// effect within a second.
    func assign(_ units: [Unit]) {
        state.withLock { state in
            guard state.assigned != units else { return }
            if let listed = state.listed {
                let known = listed.union(state.assigned.map(\.upstreamUnit))
                state.isListDue =
                    state.isListDue || !known.isSuperset(of: units.map(\.upstreamUnit))
            }
            state.assigned = units
            state.isChanged = true
        }
    }

    /// Returns when nothing of this upstream is read any more. To be called of one that runs.
    func end() async {
        isToEnd.turn(true)
        await hasEnded.wait(for: true)
    }

    /// Returns when the task is cancelled, or ``end()`` was called.
    func run() async {
        let client = UpstreamExchange.makeClient(
            on: context.group, timeout: context.timeout, patience: patience)
        let exchange = UpstreamExchange(
            client: client, address: address, timeout: context.timeout,
            deadlines: context.deadlines, bodyBytesMaximum: context.bodyBytesMaximum)
        await withTaskGroup { group in
            group.addTask { await self.read(asking: exchange) }
            group.addTask { await self.isToEnd.wait(for: true) }
            await group.next()
            group.cancelAll()
        }
        for reader in state.withLock({ Array($0.readers.values) }) {
            reader.release(from: upstream.id)
        }
        context.desk.forget(upstream.id)
        // Nothing is under way any more, so there is nothing that closing could fail at.
        try? await client.shutdown()
        hasEnded.turn(true)
    }

    private func read(asking exchange: UpstreamExchange) async {
        let stopwatch = context.stopwatch
        var schedule = PollSchedule(
            interval: context.pollInterval, discoveryInterval: context.discoveryInterval,
            start: stopwatch.now)
        var backoff = Backoff(seed: context.seed)
        var settleAt = stopwatch.now
        var trailTurn = TrailTurn()
        var watched: [UnitID: String] = [:]
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let now = stopwatch.now
                await follow(into: &schedule, &watched, watchedBy: &group)
                if now >= settleAt {
                    context.desk.settle(upstream.id)
                    offerTrail(to: &trailTurn)
                    settleAt = now + .seconds(1)
                }
                let outcome: UpstreamCondition.Outcome?
                var polled: UnitID?
                if let unit = trailTurn.next(at: now, isIdle: false) {
                    outcome = await fill(unit, asking: exchange, resting: &trailTurn)
                } else {
                    switch schedule.next(at: now, isPaused: { isPaused($0, at: now) }) {
                    case .wait(let until):
                        guard let unit = trailTurn.next(at: now, isIdle: true) else {
                            try? await stopwatch.sleep(until: min(until, settleAt))
                            continue
                        }
                        outcome = await fill(unit, asking: exchange, resting: &trailTurn)
                    case .discover:
                        outcome = await discover(asking: exchange, into: &schedule)
                    case .poll(let unit):
                        polled = unit
                        outcome = await poll(unit, asking: exchange, postponingIn: &schedule)
                    }
                }
                guard let outcome, !Task.isCancelled else { continue }
                if await note(outcome, of: polled) == .recovered {
                    schedule.discover(at: stopwatch.now)
                }
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

    /// - Returns: `nil` when the task was cancelled, or the unit is not read any more.
    private func poll(
        _ unit: UnitID, asking exchange: UpstreamExchange,
        postponingIn schedule: inout PollSchedule
    ) async -> UpstreamCondition.Outcome? {
        guard let reader = reader(of: unit) else { return nil }
        let reply = await ask(.status(reader.unit.upstreamUnit), about: unit, of: exchange) {
            try SLMMStatus($0.body.readableBytesView, status: $0.status)
        }
        switch reply {
        case .answer(let status):
            await context.hand(reader.read(status, at: context.now), of: reader)
            return .answered
        case .failed(let outcome):
            let isOwn =
                outcome == .timedOut
                && state.withLock { $0.condition.isOwn(timeoutOf: unit) }
            reader.count(FaultReason(outcome))
            if outcome == .unusable || isOwn {
                await context.hand(reader.update { $0.refuse(at: context.now) }, of: reader)
            }
            if isOwn {
                schedule.postpone(
                    unit, until: context.stopwatch.now + UpstreamReader.slowUnitInterval)
            }
            return outcome
        case .cancelled:
            return nil
        }
    }

    /// What became of a call.
    enum Reply<Answer> {
        case answer(Answer)
        /// Never ``UpstreamCondition/Outcome/answered``.
        case failed(UpstreamCondition.Outcome)
        case cancelled
    }

    /// When a call that is not answered is given up: beyond the longest stall that was seen.
    private var patience: Duration { context.timeout * 12 }

    /// Makes a call and reads its answer; accounts for both.
    ///
    /// - Parameter isUrgent: false for what says nothing of how the upstream does: when it is late it
    ///   is given up at once.
    ///
    /// A late call is noted at once and goes on, so that there is never a second one in flight at
    /// an upstream that stalls; only a unit that is known to be slow is not waited for.
    func ask<Answer>(
        _ call: UpstreamCall, about unit: UnitID? = nil, isUrgent: Bool = true,
        of exchange: UpstreamExchange, decode: (UpstreamAnswer) throws -> Answer
    ) async -> Reply<Answer> {
        let sent = context.clock.now
        let result: Result<UpstreamAnswer, ExchangeFailure>
        do {
            let isSlow = unit.map { unit in
                state.withLock { $0.condition.isOwn(timeoutOf: unit) }
            }
            let answer = try await exchange.make(
                call, patience: isSlow == true || !isUrgent ? context.timeout : patience,
                onLate: { [self] in
                    state.withLock {
                        $0.failure = ExchangeFailure.timedOut.sentence(after: context.timeout)
                    }
                    await note(.timedOut, of: unit)
                })
            result = .success(answer)
        } catch {
            result = .failure(error)
        }
        let received = context.clock.now
        switch result {
        case .success(let answer):
            let decoded = Result { try decode(answer) }
            let isUsable = (try? decoded.get()) != nil
            state.withLock { state in
                state.requestCount += 1
                state.failureCount += isUsable ? 0 : 1
                if let date = answer.date {
                    state.clockOffset.add(date, sent: sent, received: received)
                }
                state.failure =
                    if case .failure(let error) = decoded { "\(call.line): \(error)" } else { nil }
            }
            return (try? decoded.get()).map { .answer($0) } ?? .failed(.unusable)
        case .failure(let failure):
            guard let outcome = UpstreamCondition.Outcome(failure) else { return .cancelled }
            state.withLock { state in
                state.requestCount += 1
                state.failureCount += 1
                state.failure = failure.sentence(after: context.timeout)
            }
            return .failed(outcome)
        }
    }

    /// Judges an outcome, and tells units and the log when the upstream failed or recovered.
    @discardableResult
    func note(
        _ outcome: UpstreamCondition.Outcome, of unit: UnitID?
    ) async -> UpstreamCondition.Change? {
        let now = context.now
        let (change, condition, failure, readers) = state.withLock { state in
            let wasDown = state.condition.state == .down
            let change = state.condition.observe(
                outcome, of: unit, unitCount: state.readers.count, at: now.date)
            // It may have been started anew, and then what ran there was, or was not.
            if change == .recovered, wasDown { state.startedMonitors = [] }
            return (change, state.condition, state.failure, Array(state.readers.values))
        }
        guard let change else { return nil }
        if change == .failed {
            context.logger.warning(
                "upstream \(condition.state.rawValue)",
                metadata: ["url": "\(upstream.url)", "failure": "\(failure ?? "")"])
        } else {
            context.logger.info(
                "upstream \(condition.state.rawValue)", metadata: ["url": "\(upstream.url)"])
        }
        var observations: [Observation] = []
        for reader in readers {
            observations += reader.update {
                $0.setUpstreamFailed(condition.isFailed, at: now)
            }
        }
        await context.sink.take(observations)
        return change
    }

    /// The watcher of a unit that was not read before.
    func watcher(of reader: UnitReader) -> UnitWatcher {
        UnitWatcher(
            reader: reader,
            rateSwitch: context.desk.rateSwitch(of: reader.unit.id, at: upstream.id),
            socket: MonitorSocket(
                group: context.group, address: address, timeout: context.timeout),
            slots: slots, context: context)
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
