//  IngestService.swift · Ingest
//
//  The stage as the composition root sees it: upstreams in, observations out.
//
//      run ─┬─ upstream north ─┬─ polls, one at a time
//           │                  └─ one watcher for each unit
//           └─ upstream south …

package import Logging
package import Monitoring
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Reads all units of all upstreams, each once, however many people look.
///
/// Stops at once when told to: polls under way are abandoned, sockets are closed, and a sink that
/// does not take what it is given is not waited for. A stopped
/// service cannot be run again.
package final class IngestService: Service, UpstreamHealth {
    package struct Configuration: Sendable {
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

    private let readers: [UpstreamReader]
    private let desk: DemandDesk

    /// - Parameters:
    ///   - directory: where units are adopted, and known from while an upstream is down.
    ///   - sink: takes everything seen; ingest reads no further while it waits.
    ///   - clock: dates reports; readings carry their upstream's time.
    ///   - timer: paces polls and back-off.
    /// - Throws: ``IngestError`` for a configuration that cannot work.
    package init(
        configuration: Configuration, directory: any UnitDirectory, sink: any ObservationSink,
        clock: any WallClock, timer: any Clock<Duration> = ContinuousClock(), logger: Logger
    ) throws(IngestError) {
        guard configuration.pollInterval >= .milliseconds(20) else {
            throw .intervalTooShort(configuration.pollInterval)
        }
        var addresses: [UpstreamAddress] = []
        var ids: Set<String> = []
        for upstream in configuration.upstreams {
            guard ids.insert(upstream.id).inserted else { throw .repeatedUpstream(upstream.id) }
            addresses.append(try UpstreamAddress(upstream.url))
        }
        let stopwatch = Stopwatch(timer)
        let desk = DemandDesk(stopwatch: stopwatch)
        readers = zip(configuration.upstreams, addresses).map { upstream, address in
            UpstreamReader(
                upstream: upstream, address: address,
                context: IngestContext(
                    group: MultiThreadedEventLoopGroup.singleton,
                    timeout: configuration.requestTimeout,
                    bodyBytesMaximum: configuration.bodyBytesMaximum,
                    pollInterval: configuration.pollInterval,
                    discoveryInterval: configuration.discoveryInterval,
                    seed: configuration.seed.spread(by: upstream.id), directory: directory,
                    sink: PatientSink(sink: sink), desk: desk, stopwatch: stopwatch, clock: clock,
                    logger: logger))
        }
        self.desk = desk
    }

    /// Where viewers are counted.
    package var demand: any Demand { desk }

    /// What became of all answers about units so far.
    package var counts: IntakeCounts {
        var sum = IntakeCounts()
        for reader in readers { sum += reader.counts }
        return sum
    }

    package func upstreams() -> [UpstreamStatus] {
        readers.map(\.status).sorted { $0.id < $1.id }
    }

    /// Reads until a graceful shutdown, also when there is nothing to read: history goes on.
    package func run() async throws {
        guard !readers.isEmpty else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown { [readers] in
            await withDiscardingTaskGroup { group in
                for reader in readers { group.addTask { await reader.run() } }
            }
        }
    }
}

extension IngestService: UnitHealth, FaultCounts {
    package func report(of unit: UnitID) -> UnitReport? { nil }
    package func faults(of unit: UnitID) -> [FaultReason: UInt64] { [:] }
}

/// What all shells of one upstream share.
struct IngestContext: Sendable {
    let group: any EventLoopGroup
    let timeout: Duration
    let bodyBytesMaximum: Int
    let pollInterval: Duration
    let discoveryInterval: Duration
    let seed: UInt64
    let directory: any UnitDirectory
    let sink: PatientSink
    let desk: DemandDesk
    let stopwatch: Stopwatch
    let clock: any WallClock
    let logger: Logger

    func seed(for unit: UnitID) -> UInt64 { seed.spread(by: unit.name) }
}

extension UInt64 {
    /// Another seed for each name, the same one in each run. FNV-1a.
    fileprivate func spread(by name: String) -> UInt64 {
        name.utf8.reduce(self ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
