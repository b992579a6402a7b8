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
import Web

/// The service, put together and recovered, not yet running.
struct Composition {
    let store: LevelStore
    /// In the order in which they start; they stop in reverse.
    let services: [any Service]

    /// - Parameter onReady: called once when both listeners accept connections, with the
    ///   operator's URL, after the ready line.
    init(
        folder: DataFolder, settings: ServiceSettings, upstreams: [Upstream], logger: Logger,
        onReady: @escaping @Sendable (_ operatorURL: String) throws -> Void = { _ in }
    ) async throws {
        let clock = SystemClock()
        var storing = StoreConfiguration()
        storing.commitInterval = settings.commitInterval.duration
        storing.retentionMilliseconds = settings.retention.milliseconds
        storing.freeBytesMinimum = settings.diskReserveBytes
        // The store's lock first: everything else in the folder is for the process that has it.
        store = try folder.openStore(storing, logger: logger)
        let registry = try folder.openRegistry()
        let hasTokens = try registry.hasTokens()
        guard settings.operatorListen.isLoopback || hasTokens else {
            throw Failure(.usage, SettingsReview.exposed(settings.operatorListen))
        }
        for conflict in SettingsReview.conflicts(in: settings, hasTokens: hasTokens) {
            logger.warning("\(conflict)")
        }
        let keys = try folder.openKeys()

        let hub = LiveHub()
        let history = store.history
        let newest = history.newestFrames()
        let pipeline = FramePipeline(
            store: store, hub: hub, watermarks: newest, clock: clock, logger: logger)
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
        let counts = ServeCounts()
        let streams = StreamHub(
            live: hub, history: history, demand: ingest.demand, tokens: registry,
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
        let operatorListener = try OperatorListener(
            configuration: operating,
            sources: .init(
                directory: registry, history: history, importer: store, live: hub,
                tokens: registry, recipients: registry, store: store, pipeline: pipeline, upstreams: ingest,
                units: ingest, faults: [ingest, pipeline], clock: clock),
            hub: streams, counts: counts, keys: keys,
            onBound: { await announcement.operatorBound($0) },
            logger: logger)
        let portalListener = PortalListener(
            host: settings.portalListen.host, port: settings.portalListen.port,
            publicURL: settings.publicURL, web: settings.limits.web, counts: counts,
            onBound: { await announcement.portalBound($0) }, logger: logger)
        let notifier = Notifier(
            book: registry, configuration: settings.notifications, clock: clock, logger: logger)
        services = [
            store, pipeline, ingest, notifier, streams, portalListener, operatorListener,
        ]
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
    private let onReady: @Sendable (String) throws -> Void
    private var operatorPort: Int?
    private var portalPort: Int?

    init(
        operatorAddress: Address, portalAddress: Address,
        onReady: @escaping @Sendable (String) throws -> Void
    ) {
        self.operatorAddress = operatorAddress
        self.portalAddress = portalAddress
        self.onReady = onReady
    }

    func operatorBound(_ port: Int) {
        operatorPort = port
        announce()
    }

    func portalBound(_ port: Int) {
        portalPort = port
        announce()
    }

    private func announce() {
        guard let operatorPort, let portalPort else { return }
        let url = "http://\(operatorAddress.authority(port: operatorPort))"
        Output.line(
            "ready operator=\(url) portal=http://\(portalAddress.authority(port: portalPort))")
        do {
            try onReady(url)
        } catch {
            Failure.say("\(error)")
        }
    }
}
