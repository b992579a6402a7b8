//  PortalListener.swift · Serve
//
//  The clients' port, the only one that a proxy exposes to strangers.

import HTTPTypes
import Hummingbird
package import Logging
package import Monitoring
import ServiceLifecycle
package import Web

/// The clients' port.
package struct PortalListener: Service {
    package struct Configuration: Sendable {
        /// An IP address or a name.
        package var host: String
        /// 0 picks a free one.
        package var port: Int
        /// What clients' browsers call it. With https, cookies are for https only.
        package var publicURL: String?
        /// Whether quick share is on: projects that are open to whoever knows their address.
        package var opensLinks = false
        /// What clients may have behind their locations; `nil`: a plan only.
        package var streetMap: StreetMap?
        package var socketsPerAddress = 200
        package var socketsPerSession = 20
        package var signInsPerMinute = 10
        /// The longest body of a request. Past it: 413.
        package var bodyBytesMaximum = 64 * 1024
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
        package var portal: any PortalBook
        package var sites: any SiteBook
        package var directory: any UnitDirectory
        package var events: any EventBook
        package var history: any LevelHistory
        package var live: any LiveFeed
        package var clock: any WallClock

        package init(
            portal: any PortalBook, sites: any SiteBook, directory: any UnitDirectory,
            events: any EventBook, history: any LevelHistory, live: any LiveFeed,
            clock: any WallClock
        ) {
            self.portal = portal
            self.sites = sites
            self.directory = directory
            self.events = events
            self.history = history
            self.live = live
            self.clock = clock
        }
    }

    private let listener: WebListener

    /// - Parameters:
    ///   - hub: runs as a service of its own.
    ///   - counts: shared with the operators' port, whose `/metrics` shows them.
    ///   - onBound: called once with the port, when it accepts connections.
    /// - Throws: ``PageError`` when the catalog lacks a page's template.
    package init(
        configuration: Configuration, sources: Sources, hub: StreamHub, counts: ServeCounts,
        keys: KeyRing, assets: AssetCatalog = .embedded,
        onBound: @escaping @Sendable (Int) async -> Void = { _ in }, logger: Logger
    ) throws {
        var policy = AnswerPolicy(isSecure: configuration.isSecure)
        policy.tellsMissing = false
        policy.imageOrigin = configuration.streetMap?.origin
        let gate = PortalGate(
            book: sources.portal,
            cookie: SessionCookie(
                audience: .portal, keys: keys, isSecure: configuration.isSecure),
            clock: sources.clock, opensLinks: configuration.opensLinks)
        let origins = OriginPolicy(
            allowed: Set(configuration.publicURL.flatMap(OriginPolicy.origin(of:)).map { [$0] } ?? []))
        let log = RequestLog(listener: "portal", counts: counts, logger: logger)
        let desk = PortalDesk(sources: sources)
        let routes = PortalRoutes(
            desk: desk, gate: gate, origins: origins, policy: policy, configuration: configuration,
            pages: PortalPages(try Pages(assets), streetMap: configuration.streetMap),
            assets: assets, log: log)
        let sockets = SocketRouting(
            routes: [PlaceStreamRoute(hub: hub, desk: desk)], gate: gate, origins: origins,
            policy: policy,
            places: SocketPlaces(
                perAddress: configuration.socketsPerAddress,
                perSession: configuration.socketsPerSession, counts: counts),
            watch: hub.watch, log: log)
        listener = WebListener(
            name: "portal", host: configuration.host, port: configuration.port,
            configuration: configuration.web.answering(with: policy, log),
            responder: routes.router.buildResponder(), sockets: sockets, onBound: onBound,
            logger: logger)
    }

    /// Serves until a graceful shutdown.
    /// - Throws: `WebListenerError` when the port cannot be used.
    package func run() async throws { try await listener.run() }
}
