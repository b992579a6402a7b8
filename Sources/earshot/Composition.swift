//  Composition.swift · earshot
//
//  The only file that names concrete types of all stages: who gets what.
//
//      ingest ──observations──▶ pipeline ──frames──▶ store ◀──history── listeners
//        ▲                          └──updates──▶ live hub ──▶ stream hub ──▶ sockets
//        └──────────── demand ─────────────────────────────────────┘

import Ingest
import Logging
import Monitoring
import NIOCore
import NIOPosix
import Notify
import Pipeline
import Serve
import ServiceLifecycle
import Store
import Synchronization
import Web

/// The service, put together and recovered, not yet running.
struct Composition {
    let store: LevelStore
    /// In the order in which they start; they stop in reverse.
    let services: [any Service]

    /// - Parameter onReady: called once when both listeners accept connections, with their URLs,
    ///   after the ready line.
    init(
        folder: DataFolder, settings: ServiceSettings, upstreams: [Upstream], logger: Logger,
        onReady: @escaping @Sendable (_ operatorURL: String, _ portalURL: String) async throws -> Void
            = { _, _ in }
    ) async throws {
        let clock = SystemClock()
        var storing = StoreConfiguration()
        storing.commitInterval = settings.commitInterval.duration
        storing.retentionMilliseconds = settings.retention.milliseconds
        storing.freeBytesMinimum = settings.diskReserveBytes
        // The store's lock first: everything else in the folder is for the process that has it.
        store = try folder.openStore(storing, logger: logger)
        let registry = try folder.openRegistry()
        let hasCredentials = try registry.hasCredentials()
        guard settings.operatorListen.isLoopback || hasCredentials else {
            throw Failure(.usage, SettingsReview.exposed(settings.operatorListen))
        }
        for conflict in SettingsReview.conflicts(in: settings, hasCredentials: hasCredentials) {
            logger.warning("\(conflict)")
        }
        let keys = try folder.openKeys()

        let hub = LiveHub()
        let demand = DemandRelay()
        let history = store.history
        let newest = history.newestFrames()
        let (watch, keeper, openUpstreamEvents) = try await Self.watch(
            registry, store: store, hub: hub, demand: demand, clock: clock, logger: logger)
        let pipeline = FramePipeline(
            store: store, hub: hub, watermarks: newest, watch: watch, clock: clock, logger: logger)
        var reading = IngestService.Configuration(upstreams: upstreams)
        reading.pollInterval = settings.pollInterval.duration
        reading.bodyBytesMaximum = settings.limits.upstreamBytes
        reading.requestTimeout = settings.limits.upstreamTimeout.duration
        let ingest: IngestService
        do {
            ingest = try IngestService(
                configuration: reading, directory: registry, newest: newest, sink: pipeline,
                clock: clock, logger: logger)
        } catch {
            throw Failure(.usage, "\(error).")
        }
        demand.connect(to: ingest.demand)
        let upstreamWatch = UpstreamWatch(
            upstreams: ingest, open: openUpstreamEvents, keeper: keeper, clock: clock)
        let counts = ServeCounts()
        let streams = StreamHub(
            live: hub, history: history, demand: ingest.demand, operators: registry,
            directory: registry, counts: counts, clock: clock, logger: logger)
        let announcement = Announcement(
            operatorAddress: settings.operatorListen, portalAddress: settings.portalListen,
            onReady: onReady)
        var operating = OperatorListener.Configuration(
            host: settings.operatorListen.host, port: settings.operatorListen.port,
            publicURL: settings.publicURL)
        operating.socketsPerAddress = settings.limits.socketsPerAddress
        operating.socketsPerSession = settings.limits.socketsPerSession
        operating.signInsPerMinute = settings.limits.signInsPerMinute
        operating.bodyBytesMaximum = settings.limits.bodyBytes
        operating.imports = settings.limits.imports
        operating.exports = settings.limits.exports
        operating.web = settings.limits.web
        operating.version = VersionCommand.version
        let portalAddress = PortalAddress(
            publicURL: settings.publicURL, host: settings.portalListen.host,
            isLoopback: settings.portalListen.isLoopback)
        operating.portal = portalAddress
        operating.opensLinks = settings.opensLinks
        let events = CurrentEvents(of: registry, open: watch, sites: registry)
        let operatorListener = try OperatorListener(
            configuration: operating,
            sources: .init(
                directory: registry, sites: registry, rules: registry,
                events: events, open: watch,
                replays: ReplayDesk(history: history, ledger: registry), history: history,
                importer: store, deletion: store, live: hub, tokens: registry,
                recipients: registry, portal: registry, accounts: registry, store: store,
                pipeline: pipeline, upstreams: ingest, units: ingest,
                faults: [ingest, pipeline], clock: clock),
            hub: streams, counts: counts, keys: keys,
            onBound: { await announcement.operatorBound($0) },
            logger: logger)
        if settings.opensLinks {
            logger.warning(
                "quick share is on (portal.open_links): whoever knows a project's address sees it")
        }
        var showing = PortalListener.Configuration(
            host: settings.portalListen.host, port: settings.portalListen.port,
            publicURL: settings.publicURL)
        showing.opensLinks = settings.opensLinks
        if let tiles = settings.mapTiles, let attribution = settings.mapAttribution {
            showing.streetMap = StreetMap(tiles: tiles, attribution: attribution)
        }
        showing.socketsPerAddress = settings.limits.socketsPerAddress
        showing.socketsPerSession = settings.limits.socketsPerSession
        showing.signInsPerMinute = settings.limits.signInsPerMinute
        showing.bodyBytesMaximum = settings.limits.bodyBytes
        showing.web = settings.limits.web
        let portalListener = try PortalListener(
            configuration: showing,
            sources: .init(
                portal: registry, sites: registry, directory: registry, events: events,
                history: history, live: hub, clock: clock),
            hub: streams, counts: counts, keys: keys,
            onBound: {
                portalAddress.bound($0)
                await announcement.portalBound($0)
            },
            logger: logger)
        let notifier = Notifier(
            book: registry, configuration: settings.notifications, clock: clock, logger: logger)
        services = [
            store, pipeline, ingest, upstreamWatch, notifier, streams, portalListener,
            operatorListener,
        ]
    }

    /// What judges levels, and what had been open.
    private static func watch(
        _ registry: SQLiteRegistry, store: LevelStore, hub: LiveHub, demand: DemandRelay,
        clock: SystemClock, logger: Logger
    ) async throws -> (EventWatch, EventKeeper, openUpstreamEvents: [SoundEvent]) {
        let history = store.history
        let recovery = try await MonitorRecovery(
            ledger: registry, history: history, now: clock.now)
        if !recovery.damage.isEmpty {
            logger.warning(
                "rules go on without readings that cannot be read",
                metadata: ["parts": "\(recovery.damage.count)"])
        }
        let keeper = EventKeeper(
            store: store, ledger: registry, retry: ContinuousClock(), logger: logger,
            tell: { hub.publish($0) })
        let watch = EventWatch(
            recovery, rules: registry, keeper: keeper, clock: clock, logger: logger,
            newest: { unit in
                [history.completeUntil(unit), hub.state(of: unit).newest?.time].compactMap { $0 }
                    .max()
            },
            needs: { demand.setRuleNeeds($0) }, tell: { hub.publish($0) })
        return (watch, keeper, recovery.upstreamEvents)
    }

    /// Signs of life of what would stop everything: the store's writer and the event loops.
    func heartbeat(for supervisor: Supervisor?) -> Heartbeat? {
        supervisor.map { supervisor in
            Heartbeat(
                supervisor: supervisor,
                parts: [
                    // Nothing is appended; the answer comes from the writer's own thread.
                    { [store] in _ = try? await store.append([]) },
                    {
                        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
                            try? await loop.submit {}.get()
                        }
                    },
                ])
        }
    }
}

extension ServiceSettings.Limits {
    /// What both listeners bound alike.
    var web: WebListener.Configuration {
        var web = WebListener.Configuration()
        web.headBytes = headBytes
        web.headFields = headFields
        web.idle = idle.duration
        web.connections = connections
        web.socketLimits.messageBytes = messageBytes
        web.socketLimits.messagesPerSecond = messagesPerSecond
        web.socketLimits.waitingMessages = waitingMessages
        web.socketLimits.blocked = .milliseconds(blocked.milliseconds)
        return web
    }
}

/// Prints the ready line when both listeners are there.
private actor Announcement {
    private let operatorAddress: Address
    private let portalAddress: Address
    private let onReady: @Sendable (String, String) async throws -> Void
    private var operatorPort: Int?
    private var portalPort: Int?

    init(
        operatorAddress: Address, portalAddress: Address,
        onReady: @escaping @Sendable (String, String) async throws -> Void
    ) {
        self.operatorAddress = operatorAddress
        self.portalAddress = portalAddress
        self.onReady = onReady
    }

    func operatorBound(_ port: Int) async {
        operatorPort = port
        await announce()
    }

    func portalBound(_ port: Int) async {
        portalPort = port
        await announce()
    }

    private func announce() async {
        guard let operatorPort, let portalPort else { return }
        let operatorURL = "http://\(operatorAddress.authority(port: operatorPort))"
        let portalURL = "http://\(portalAddress.authority(port: portalPort))"
        Output.line("ready operator=\(operatorURL) portal=\(portalURL)")
        do {
            try await onReady(operatorURL, portalURL)
        } catch {
            Failure.say("\(error)")
        }
    }
}

/// Takes what rules need to ingest, which is made after the pipeline that it hands frames to.
private final class DemandRelay: Sendable {
    private let demand = Mutex<(any Demand)?>(nil)

    func connect(to demand: any Demand) { self.demand.withLock { $0 = demand } }

    func setRuleNeeds(_ units: Set<UnitID>) { demand.withLock { $0 }?.setRuleNeeds(units) }
}
