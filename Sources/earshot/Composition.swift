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
import Pipeline
import Serve
import ServiceLifecycle
import Store

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
        // The store's lock first: everything else in the folder is for the process that has it.
        store = try folder.openStore(storing, logger: logger)
        let registry = try folder.openRegistry()
        try Self.checkExposure(settings.operatorListen, registry)
        let keys = try folder.openKeys()

        let hub = LiveHub()
        let history = store.history
        let newest = history.newestFrames()
        let pipeline = FramePipeline(
            store: store, hub: hub, watermarks: newest, clock: clock, logger: logger)
        var reading = IngestService.Configuration(upstreams: upstreams)
        reading.pollInterval = settings.pollInterval.duration
        let ingest: IngestService
        do {
            ingest = try IngestService(
                configuration: reading, directory: registry, newest: newest, sink: pipeline,
                clock: clock, logger: logger)
        } catch {
            throw Failure(.usage, "\(error).")
        }
        let streams = StreamHub(
            live: hub, history: history, demand: ingest.demand, tokens: registry,
            directory: registry, clock: clock, logger: logger)
        let announcement = Announcement(
            operatorAddress: settings.operatorListen, portalAddress: settings.portalListen,
            onReady: onReady)
        let operatorListener = try OperatorListener(
            configuration: .init(
                host: settings.operatorListen.host, port: settings.operatorListen.port,
                publicURL: settings.publicURL),
            sources: .init(
                directory: registry, history: history, live: hub, tokens: registry, store: store,
                upstreams: ingest, clock: clock),
            hub: streams, keys: keys, onBound: { await announcement.operatorBound($0) },
            logger: logger)
        let portalListener = PortalListener(
            host: settings.portalListen.host, port: settings.portalListen.port,
            publicURL: settings.publicURL, onBound: { await announcement.portalBound($0) },
            logger: logger)
        services = [store, pipeline, ingest, streams, portalListener, operatorListener]
    }

    /// Strangers must not find an operator listener that nobody needs a token for.
    private static func checkExposure(_ address: Address, _ registry: SQLiteRegistry) throws {
        guard !address.isLoopback, try !registry.hasTokens() else { return }
        throw Failure(
            .usage,
            "--operator-listen \(address.host) is not loopback, and there is no API token yet. "
                + "Make one first: earshot token create --data DIR --name NAME.")
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
