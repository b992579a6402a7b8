//  UpstreamReader+Discovery.swift · Ingest
//
//  Which units an upstream has, and which feeds run there.
//
//      GET roster ─▶ GET _monitor/status ─▶ adopt ─▶ POST monitor/start, where none runs
//
//  The POST is the only thing that is ever written upstream: once for each unit and run of this
//  service, and only while fewer than 13 feeds run there, whoever started them.

import Logging
import Monitoring
import NIOCore
import Synchronization

extension UpstreamReader {
    /// How soon the list is asked for again when it could not be used.
    static var rediscoveryInterval: Duration { .seconds(5) }

    /// The units of this upstream that are configured, asked of the directory.
    func known() async -> [Unit] {
        do {
            return try await context.directory.units().filter { $0.upstream == upstream.id }
        } catch {
            context.logger.error(
                "the configured units cannot be read",
                metadata: ["upstream": "\(upstream.id)", "error": "\(error)"])
            return []
        }
    }

    /// - Returns: `nil` when the task was cancelled.
    func discover(
        asking exchange: UpstreamExchange, into schedule: inout PollSchedule,
        watchedBy group: inout DiscardingTaskGroup
    ) async -> UpstreamCondition.Outcome? {
        let roster: SLMMRoster
        do {
            let answer = try await exchange.get("/api/nl43/roster")
            roster = try SLMMRoster(answer.body.readableBytesView, status: answer.status)
        } catch let failure as ExchangeFailure {
            // Known units are polled meanwhile; with none known the list is what is asked for.
            let isAlone = schedule.units.isEmpty && failure != .tooLarge
            schedule.discover(
                at: context.stopwatch.now + (isAlone ? .zero : UpstreamReader.rediscoveryInterval))
            return UpstreamCondition.Outcome(failure)
        } catch {
            schedule.discover(at: context.stopwatch.now + UpstreamReader.rediscoveryInterval)
            return .unusable
        }
        if roster.refusedCount > 0 {
            context.logger.warning(
                "the upstream lists units under names that cannot be used",
                metadata: ["upstream": "\(upstream.id)", "count": "\(roster.refusedCount)"])
        }
        var monitors = await monitors(asking: exchange)
        let units: [Unit]
        do {
            units = try await context.directory.adopt(
                roster.devices.map(\.name), of: upstream)
        } catch {
            context.logger.error(
                "the upstream's units cannot be adopted",
                metadata: ["upstream": "\(upstream.id)", "error": "\(error)"])
            schedule.discover(at: context.stopwatch.now + UpstreamReader.rediscoveryInterval)
            return .answered
        }
        if monitors != nil {
            let rostered = Set(roster.devices.map(\.name))
            await startMonitors(
                of: units.filter { rostered.contains($0.upstreamUnit) }, asking: exchange,
                &monitors!)
        }
        await adopt(units, running: monitors, into: &schedule, watchedBy: &group)
        // Only now, with the feeds counted that others started, may sockets be opened.
        context.desk.configure(upstream.id, units: units, running: monitors?.running)
        return .answered
    }

    /// - Returns: `nil` when the upstream does not say.
    private func monitors(asking exchange: UpstreamExchange) async -> SLMMMonitors? {
        do {
            let answer = try await exchange.get("/api/nl43/_monitor/status")
            return try SLMMMonitors(answer.body.readableBytesView, status: answer.status)
        } catch {
            return nil
        }
    }

    private func startMonitors(
        of units: [Unit], asking exchange: UpstreamExchange, _ monitors: inout SLMMMonitors
    ) async {
        for unit in units where !monitors.running.contains(unit.upstreamUnit) {
            guard monitors.running.count < DemandLedger.unitLimit, !Task.isCancelled else { return }
            let name = unit.upstreamUnit
            guard state.withLock({ $0.startedMonitors.insert(name).inserted }) else { continue }
            do {
                let answer = try await exchange.post(UpstreamAddress.path(name, "monitor/start"))
                if answer.status == 200 { monitors.running.insert(name) }
            } catch {
                // Not heard: it is asked for again with the next list.
                _ = state.withLock { $0.startedMonitors.remove(name) }
                return
            }
        }
    }

    /// Reads `units` from now on. Units that are gone are not asked for any more;
    /// their watcher sleeps on, in case they come back.
    func adopt(
        _ units: [Unit], running monitors: SLMMMonitors?, into schedule: inout PollSchedule,
        watchedBy group: inout DiscardingTaskGroup
    ) async {
        let now = context.clock.now
        var observations: [Observation] = []
        for unit in units {
            let (reader, isNew, isFailed) = state.withLock { state in
                let known = state.readers[unit.id]
                let reader = known ?? UnitReader(unit: unit)
                state.readers[unit.id] = reader
                return (reader, known == nil, state.condition.isFailed)
            }
            reader.unit = unit
            if isNew {
                let watcher = watcher(of: reader)
                group.addTask { await watcher.run() }
            }
            observations += reader.update { intake in
                intake.learn(
                    hasMonitor: monitors?.running.contains(unit.upstreamUnit),
                    isUnreachable: monitors?.unreachable.contains(unit.upstreamUnit) ?? false,
                    at: now)
                    + intake.setUpstreamFailed(isFailed, at: now)
            }
        }
        state.withLock { $0.unitCount = units.count }
        schedule.setUnits(units.map(\.id), at: context.stopwatch.now)
        await hand(observations)
    }
}
