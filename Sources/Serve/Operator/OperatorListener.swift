//  OperatorListener.swift · Serve
//
//  The operators' port: API, stream and pages, behind a token or a session.

import HTTPTypes
import Hummingbird
package import Logging
package import Monitoring
import ServiceLifecycle
package import Web

/// The operators' port.
package struct OperatorListener: Service {
    package struct Configuration: Sendable {
        /// An IP address or a name.
        package var host: String
        /// 0 picks a free one.
        package var port: Int
        /// What people's browsers call this service, `https://levels.example.org`. With https,
        /// cookies are for https only.
        package var publicURL: String?
        /// Origins beside the listener's own that may open streams and sign in.
        package var origins: Set<String> = []
        package var socketsPerAddress = 200
        package var socketsPerSession = 20
        package var signInsPerMinute = 10
        /// What clients' addresses begin with.
        package var portal = PortalAddress(publicURL: nil, host: "127.0.0.1", isLoopback: true)
        /// Whether quick share is on.
        package var opensLinks = false
        /// The program's version, for `/metrics`.
        package var version = ""
        /// The longest body of a request. Past it: 413.
        package var bodyBytesMaximum = 64 * 1024
        /// Imports, and exports, that run at once. Past it: 429. As many replays and previews as
        /// exports: they read as much.
        package var imports = 4
        package var exports = 8
        /// How long an export's reader may take nothing; as connections may be idle, if not said.
        var exportPatience: Duration?
        /// What an import holds in memory.
        var importBounds = ImportIntake.Bounds()
        /// Paces events that are played.
        package var pace: any Clock<Duration> = ContinuousClock()
        /// Bounds of connections and sockets. How faults are answered is the listener's own.
        package var web = WebListener.Configuration()

        package init(host: String, port: Int, publicURL: String? = nil) {
            self.host = host
            self.port = port
            self.publicURL = publicURL
        }

        var isSecure: Bool { publicURL?.lowercased().hasPrefix("https://") ?? false }
    }

    /// What the listener reads from the other stages.
    package struct Sources: Sendable {
        package var directory: any UnitDirectory
        package var sites: any SiteBook
        package var rules: any RuleBook
        package var events: any EventBook
        package var open: any OpenEvents
        package var replays: any Replays
        package var history: any LevelHistory
        package var importer: any FrameImporter
        package var deletion: any FrameDeletion
        package var live: any LiveFeed
        package var tokens: any TokenDirectory
        package var recipients: any RecipientBook
        package var portal: any PortalBook
        package var accounts: any AccountBook
        package var store: any StoreHealth
        package var pipeline: any PipelineHealth
        package var upstreams: any UpstreamHealth
        package var units: any UnitHealth
        /// Whoever counts faults; the reasons of several are added up.
        package var faults: [any FaultCounts]
        package var clock: any WallClock

        package init(
            directory: any UnitDirectory, sites: any SiteBook, rules: any RuleBook,
            events: any EventBook, open: any OpenEvents, replays: any Replays, history: any LevelHistory,
            importer: any FrameImporter, deletion: any FrameDeletion, live: any LiveFeed,
            tokens: any TokenDirectory, recipients: any RecipientBook, portal: any PortalBook,
            accounts: any AccountBook, store: any StoreHealth, pipeline: any PipelineHealth,
            upstreams: any UpstreamHealth, units: any UnitHealth, faults: [any FaultCounts],
            clock: any WallClock
        ) {
            self.directory = directory
            self.sites = sites
            self.rules = rules
            self.events = events
            self.open = open
            self.replays = replays
            self.history = history
            self.importer = importer
            self.deletion = deletion
            self.live = live
            self.tokens = tokens
            self.recipients = recipients
            self.portal = portal
            self.accounts = accounts
            self.store = store
            self.pipeline = pipeline
            self.upstreams = upstreams
            self.units = units
            self.faults = faults
            self.clock = clock
        }
    }

    private let listener: WebListener

    /// - Parameters:
    ///   - hub: runs as a service of its own.
    ///   - counts: shared with the hub and the other listener; `/metrics` shows them.
    ///   - onBound: called once with the port, when it accepts connections.
    /// - Throws: ``PageError`` when the catalog lacks a page's template.
    package init(
        configuration: Configuration, sources: Sources, hub: StreamHub, counts: ServeCounts,
        keys: KeyRing, assets: AssetCatalog = .embedded,
        onBound: @escaping @Sendable (Int) async -> Void = { _ in }, logger: Logger
    ) throws {
        var policy = AnswerPolicy(isSecure: configuration.isSecure)
        policy.formTarget = configuration.portal
        let authenticator = Authenticator(
            tokens: sources.tokens, operators: sources.accounts,
            cookie: SessionCookie(keys: keys, isSecure: configuration.isSecure),
            clock: sources.clock)
        let origins = OriginPolicy(
            allowed: configuration.origins.union(
                configuration.publicURL.flatMap(OriginPolicy.origin(of:)).map { [$0] } ?? []))
        let log = RequestLog(listener: "operator", counts: counts, logger: logger)
        let replays = TransferPlaces(configuration.exports, .replays, counts: counts)
        let routes = OperatorRoutes(
            sources: sources, configuration: configuration, policy: policy,
            authenticator: authenticator, origins: origins,
            pages: try Pages(assets, active: { sources.open.openEvents().count }),
            assets: assets, replays: replays, announce: { [hub] in await hub.announce($0) }, log: log)
        let sockets = SocketRouting(
            routes: [
                UnitStreamRoute(
                    hub: hub, lookup: UnitLookup(directory: sources.directory, counts: counts)),
                EventPlayRoute(
                    sources: sources, places: replays, counts: counts, pace: configuration.pace),
            ],
            gate: authenticator, origins: origins, policy: policy,
            places: SocketPlaces(
                perAddress: configuration.socketsPerAddress,
                perSession: configuration.socketsPerSession, counts: counts),
            watch: hub.watch,
            log: log)
        listener = WebListener(
            name: "operator", host: configuration.host, port: configuration.port,
            configuration: configuration.web.answering(with: policy, log),
            responder: routes.router.buildResponder(), sockets: sockets, onBound: onBound,
            logger: logger)
    }

    /// Serves until a graceful shutdown.
    /// - Throws: `WebListenerError` when the port cannot be used.
    package func run() async throws { try await listener.run() }
}

extension WebListener.Configuration {
    /// Faults below the router are answered, logged and counted as those in it.
    func answering(with policy: AnswerPolicy, _ log: RequestLog) -> Self {
        var configuration = self
        configuration.fault = { status, detail in
            let answer = Problem(status: status, detail: detail).answer(policy)
            let limit: Limit? =
                switch status {
                case .requestHeaderFieldsTooLarge: .requestHead
                case .badRequest: .requestForm
                default: nil
                }
            if let limit { log.counts.hit(limit) }
            log.record(answer)
            return answer
        }
        return configuration
    }
}

extension OriginPolicy {
    /// `https://levels.example.org` of `https://levels.example.org/some/path`.
    static func origin(of url: String) -> String? {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        return "\(parts[0])//\(parts[2])".lowercased()
    }
}
