//  UpstreamReader+Discovery.swift · Ingest
//
//  Which units an upstream has, and which feeds run there.
//
//      GET roster ─▶ GET _monitor/status ─▶ adopt ─▶ POST monitor/start, where none runs
//
//  Only the roster makes a unit known: nothing is started or watched for any other, because the
//  upstream would run a feed for any name, and report it unreachable for ever.
//
//  The POST is the only thing that is ever written upstream: once for each unit, and again when
//  the upstream lost it in a restart; only while fewer than 13 feeds run there, whoever started
//  them. A feed that somebody stopped stays so.

import Logging
import Monitoring
import NIOCore
import Synchronization

extension UpstreamReader {
    /// How soon the list is asked for again when it could not be used.
    static var rediscoveryInterval: Duration { .seconds(5) }

    /// - Returns: `nil` when the task was cancelled.
    func discover(
        asking exchange: UpstreamExchange, into schedule: inout PollSchedule
    ) async -> UpstreamCondition.Outcome? {
        let reply = await ask(.roster, of: exchange) {
            try SLMMRoster($0.body.readableBytesView, status: $0.status)
        }
        let soon = context.stopwatch.now + UpstreamReader.rediscoveryInterval
        switch reply {
        case .answer(let roster):
            await take(roster, asking: exchange, rediscoveringIn: &schedule)
            return .answered
        case .failed(let outcome):
            // Known units are polled meanwhile; with none known the list is what is asked for.
            let isAlone = schedule.isEmpty && outcome != .unusable
            schedule.discover(at: isAlone ? context.stopwatch.now : soon)
            return outcome
        case .cancelled:
            return nil
        }
    }

    private func take(
        _ roster: SLMMRoster, asking exchange: UpstreamExchange,
        rediscoveringIn schedule: inout PollSchedule
    ) async {
        let (known, isNews) = state.withLock { state in
            defer { state.lastRefusedCount = roster.refusedCount }
            state.listed = Set(roster.names)
            return (
                Set(state.assigned.map(\.upstreamUnit)),
                roster.refusedCount > 0 && roster.refusedCount != state.lastRefusedCount
            )
        }
        if isNews {
            context.logger.warning(
                "the upstream lists units under names that cannot be used",
                metadata: ["count": "\(roster.refusedCount)"])
        }
        if !known.isSuperset(of: roster.names) {
            do {
                assign(try await context.directory.adopt(roster.names, of: upstream))
            } catch {
                context.logger.error(
                    "the upstream's units cannot be adopted", metadata: ["error": "\(error)"])
                schedule.discover(
                    at: context.stopwatch.now + UpstreamReader.rediscoveryInterval)
            }
        }
        let reply = await ask(.monitors, of: exchange) {
            try SLMMMonitors($0.body.readableBytesView, status: $0.status)
        }
        var monitors: SLMMMonitors?
        if case .answer(let answer) = reply {
            monitors = answer
            await startMonitors(listedIn: roster, asking: exchange, &monitors!)
        } else {
            // Until it is known what runs there, no feed more is watched.
            schedule.discover(at: context.stopwatch.now + UpstreamReader.rediscoveryInterval)
        }
        state.withLock { [monitors] state in
            state.monitors = monitors ?? state.monitors
            state.isMonitorNews = monitors != nil
            state.isChanged = true
        }
    }

    private func startMonitors(
        listedIn roster: SLMMRoster, asking exchange: UpstreamExchange,
        _ monitors: inout SLMMMonitors
    ) async {
        let listed = Set(roster.names)
        let names = state.withLock { [monitors] state in
            // Not running and not stopped: the upstream has no memory of it.
            state.startedMonitors.formIntersection(monitors.running.union(monitors.stopped))
            return state.assigned.map(\.upstreamUnit).filter(listed.contains)
        }
        for name in names where !monitors.running.contains(name) {
            guard monitors.running.count < DemandLedger.unitLimit, !Task.isCancelled else { return }
            guard state.withLock({ $0.startedMonitors.insert(name).inserted }) else { continue }
            let reply = await ask(.startMonitor(name), of: exchange) { answer in
                guard answer.status == 200 else { throw SLMMFault.status(answer.status) }
            }
            switch reply {
            case .answer: monitors.running.insert(name)
            case .failed(.unusable): break
            case .failed, .cancelled:
                // Not heard: it is asked for again with the next list.
                _ = state.withLock { $0.startedMonitors.remove(name) }
                return
            }
        }
    }

    /// Asks for, and watches, what is assigned and listed now, when that changed. A unit that is
    /// gone is not asked for any more; its watcher sleeps on, in case it comes back.
    func follow(
        into schedule: inout PollSchedule, _ watched: inout [UnitID: String],
        watchedBy group: inout DiscardingTaskGroup
    ) async {
        let changed = state.withLock { state -> State? in
            guard state.isChanged else { return nil }
            defer {
                state.isChanged = false
                state.isMonitorNews = false
                state.isListDue = false
            }
            return state
        }
        guard let changed else { return }
        let now = context.now
        if changed.isListDue { schedule.discover(at: now.elapsed) }
        var readers: [UnitID: UnitReader] = [:]
        var listed: [Unit] = []
        var observations: [Observation] = []
        for unit in changed.assigned {
            let reader = context.roll.take(unit, at: now)
            let isListed = changed.listed?.contains(unit.upstreamUnit)
            if isListed == true {
                listed.append(unit)
                if let name = watched.updateValue(unit.upstreamUnit, forKey: unit.id) {
                    // What is open is another meter's; it is turned on again below.
                    if name != unit.upstreamUnit {
                        context.desk.rateSwitch(of: unit.id, at: upstream.id).turn(false)
                    }
                } else {
                    let watcher = watcher(of: reader)
                    group.addTask { await watcher.run() }
                }
            }
            if isListed != false { readers[unit.id] = reader }
            if let isListed { observations += reader.setListed(isListed, at: now) }
            if changed.isMonitorNews || changed.readers[unit.id] == nil {
                observations += reader.update {
                    $0.learn(of: unit.upstreamUnit, from: changed.monitors, at: now)
                }
            }
            observations += reader.update {
                $0.setUpstreamFailed(changed.condition.isFailed, at: now)
            }
        }
        let assigned = Set(changed.assigned.map(\.id))
        for (unit, reader) in changed.readers where !assigned.contains(unit) {
            reader.release(from: upstream.id)
        }
        state.withLock { [readers] in $0.readers = readers }
        schedule.setUnits(
            changed.assigned.map(\.id).filter { readers[$0] != nil }, at: now.elapsed)
        // Only now, with the feeds counted that others started, may sockets be opened.
        context.desk.configure(
            upstream.id, units: listed, running: changed.monitors?.running)
        await context.sink.take(observations)
    }
}
