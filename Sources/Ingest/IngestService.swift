//  IngestService.swift · Ingest
//
//  The stage as the composition root sees it: upstreams in, observations out.
//
//      run ─┬─ directory, each second: which upstreams, which units
//           ├─ upstream north ─┬─ polls, one at a time
//           │                  └─ one watcher for each unit
//           └─ upstream south …

import JSON
package import Logging
package import Monitoring
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Reads all units of all upstreams, each once, however many people look.
///
/// Upstreams and units that are provisioned, changed or removed meanwhile take effect within two
/// seconds. Stops at once when told to: polls under way are abandoned, sockets are closed, and a
/// sink that does not take what it is given is not waited for. A stopped service cannot be run
/// again.
package final class IngestService: Service, UpstreamHealth {
    package struct Configuration: Sendable {
        /// Those of the command line. Provisioned ones are read beside them.
        package var upstreams: [Upstream]
        /// Between two polls of a unit; from 20 ms.
        package var pollInterval: Duration = .seconds(1)
        /// For one whole request.
        package var requestTimeout: Duration = .seconds(5)
        /// The longest answer, up to 256 KiB. Past it: a failed poll.
        package var bodyBytesMaximum = JSONValue.sizeLimitBytes
        /// Between two looks at the list of units.
        package var discoveryInterval: Duration = .seconds(60)
        /// Spreads waits; the same seed gives the same ones.
        package var seed: UInt64

        package init(upstreams: [Upstream], seed: UInt64 = .random(in: .min ... .max)) {
            self.upstreams = upstreams
            self.seed = seed
        }
    }

    private struct Running {
        let target: UpstreamPlan.Target
        let reader: UpstreamReader
    }

    private struct State {
        /// By the upstream's id.
        var running: [String: Running] = [:]
        /// What the directory said last; `nil` before it has been read.
        var revision: Int64?
        /// Logged already.
        var refusals: [String] = []
        var isDirectoryFailed = false
    }

    private static let directoryInterval: Duration = .seconds(1)

    private let configuration: Configuration
    private let directory: any UnitDirectory
    private let sink: any ObservationSink
    private let desk: DemandDesk
    private let roll: UnitRoll
    private let stopwatch: Stopwatch
    private let deadlines: Stopwatch
    private let clock: any WallClock
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - directory: which upstreams and units are configured; where units are adopted, and
    ///     known from while an upstream is down.
    ///   - newest: the newest stored frame of each unit. Readings up to it are not told again,
    ///     and its measurement carries on.
    ///   - sink: takes everything seen; ingest reads no further while it waits.
    ///   - clock: dates reports; readings carry their upstream's time.
    ///   - timer: paces polls and back-off.
    ///   - deadlines: tells when a request is late.
    /// - Throws: ``IngestError`` for a configuration that cannot work.
    package init(
        configuration: Configuration, directory: any UnitDirectory, newest: [Frame] = [],
        sink: any ObservationSink, clock: any WallClock,
        timer: any Clock<Duration> = ContinuousClock(),
        deadlines: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) throws(IngestError) {
        guard configuration.pollInterval >= .milliseconds(20) else {
            throw .intervalTooShort(configuration.pollInterval)
        }
        var ids: Set<String> = []
        for upstream in configuration.upstreams {
            guard ids.insert(upstream.id).inserted else { throw .repeatedUpstream(upstream.id) }
            _ = try UpstreamAddress(upstream.url)
        }
        stopwatch = Stopwatch(timer)
        self.deadlines = Stopwatch(deadlines)
        desk = DemandDesk(stopwatch: stopwatch)
        roll = UnitRoll(newest: newest)
        self.configuration = configuration
        self.directory = directory
        self.sink = sink
        self.clock = clock
        self.logger = logger
    }

    /// Where viewers are counted.
    package var demand: any Demand { desk }

    /// What became of all answers about units so far.
    package var counts: IntakeCounts {
        roll.readers.reduce(into: IntakeCounts()) { $0 += $1.counts }
    }

    package func upstreams() -> [UpstreamStatus] {
        let readers = state.withLock { $0.running.values.map(\.reader) }
        return readers.map(\.status).sorted { $0.id < $1.id }
    }

    /// Reads until a graceful shutdown, also while there is nothing to read: history goes on, and
    /// upstreams may be provisioned.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    await follow(&group)
                    try? await stopwatch.sleep(for: IngestService.directoryInterval)
                }
            }
        }
    }

    /// Reads what the directory says now, when that is not what it said last.
    private func follow(_ group: inout DiscardingTaskGroup) async {
        do {
            let revision = try await directory.revision()
            let isNew = state.withLock { state in
                state.isDirectoryFailed = false
                return state.revision != revision
            }
            guard isNew else { return }
            let plan = UpstreamPlan(
                configured: configuration.upstreams, provisioned: try await directory.upstreams())
            let units = try await directory.units()
            await follow(plan, Dictionary(grouping: units, by: \.upstream), &group)
            state.withLock { $0.revision = revision }
        } catch {
            let isNews = state.withLock { state in
                defer { state.isDirectoryFailed = true }
                return !state.isDirectoryFailed
            }
            guard isNews, !Task.isCancelled else { return }
            logger.error(
                "the configured upstreams and units cannot be read; what is read now goes on",
                metadata: ["error": "\(error)"])
            guard state.withLock({ $0.revision == nil }) else { return }
            let plan = UpstreamPlan(configured: configuration.upstreams, provisioned: [])
            await follow(plan, [:], &group)
        }
    }

    private func follow(
        _ plan: UpstreamPlan, _ units: [String: [Unit]], _ group: inout DiscardingTaskGroup
    ) async {
        let (leaving, isNews) = state.withLock { state in
            let leaving = state.running.values.filter { !plan.targets.contains($0.target) }
            for running in leaving { state.running[running.target.upstream.id] = nil }
            defer { state.refusals = plan.refusals }
            return (leaving, state.refusals != plan.refusals)
        }
        if isNews { for refusal in plan.refusals { logger.warning("\(refusal)") } }
        // Ended before others begin: an address must never be read twice.
        for running in leaving { await running.reader.end() }
        for target in plan.targets {
            let id = target.upstream.id
            let (reader, isNew) = state.withLock { state in
                if let known = state.running[id]?.reader { return (known, false) }
                let reader = UpstreamReader(
                    upstream: target.upstream, address: target.address, context: context(of: id))
                state.running[id] = Running(target: target, reader: reader)
                return (reader, true)
            }
            reader.assign(units[id] ?? [])
            if isNew { group.addTask { await reader.run() } }
        }
    }

    private func context(of upstream: String) -> IngestContext {
        var logger = logger
        logger[metadataKey: "upstream"] = "\(upstream)"
        return IngestContext(
            group: MultiThreadedEventLoopGroup.singleton, timeout: configuration.requestTimeout,
            bodyBytesMaximum: configuration.bodyBytesMaximum,
            pollInterval: configuration.pollInterval,
            discoveryInterval: configuration.discoveryInterval,
            seed: configuration.seed.spread(by: upstream), directory: directory,
            sink: PatientSink(sink: sink), desk: desk, roll: roll, stopwatch: stopwatch,
            deadlines: deadlines, clock: clock, logger: logger)
    }
}

extension IngestService: UnitHealth, FaultCounts {
    package func report(of unit: UnitID) -> UnitReport? {
        roll.reader(of: unit)?.report(
            rate: desk.rate, at: Moment(date: clock.now, elapsed: stopwatch.now))
    }

    package func faults(of unit: UnitID) -> [FaultReason: UInt64] {
        roll.reader(of: unit)?.faults ?? [:]
    }
}
