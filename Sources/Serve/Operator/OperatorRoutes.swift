//  OperatorRoutes.swift · Serve
//
//  Paths of the operators' port, and what answers them.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import Web

/// The router of the operators' port.
struct OperatorRoutes {
    let router: Router<RequestScope>

    private let sources: OperatorListener.Sources
    private let authenticator: Authenticator
    private let lookup: UnitLookup
    private let bodies: BodyReader
    private let log: RequestLog

    init(
        sources: OperatorListener.Sources, configuration: OperatorListener.Configuration,
        policy: AnswerPolicy, authenticator: Authenticator, origins: OriginPolicy, pages: Pages,
        assets: AssetCatalog, replays: TransferPlaces,
        announce: @escaping @Sendable (SoundEvent) async -> Void, log: RequestLog
    ) {
        self.sources = sources
        self.authenticator = authenticator
        self.log = log
        bodies = BodyReader(bytesMaximum: configuration.bodyBytesMaximum, counts: log.counts)
        lookup = UnitLookup(directory: sources.directory, counts: log.counts)
        router = Router(context: RequestScope.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: CodingMiddleware())
        router.add(middleware: AnswerMiddleware(policy: policy, log: log))
        router.add(
            middleware: AuditMiddleware(
                log: sources.accounts, clock: sources.clock, logger: log.logger))
        router.add(middleware: MissingPageMiddleware(authenticator: authenticator, pages: pages))
        addOpen(assets)
        let signIn = SignIn(
            authenticator: authenticator, origins: origins, pages: pages,
            bodies: bodies, attemptsPerMinute: configuration.signInsPerMinute, logger: log.logger)
        router.get("/sign-in") { try await signIn.page($0, $1) }
        router.post("/sign-in") { try await signIn.submit($0, $1) }
        router.post("/sign-out") { try await signIn.signOut($0, $1) }
        let metrics = MetricsRoute(
            sources: sources, counts: log.counts, version: configuration.version)
        guarded("").get("/metrics") { _, _ in try await metrics.respond() }
        addAPI(origins)
        addSites(origins)
        addRules(origins, replays)
        addEvents(origins, announce, replays)
        addNotifications(origins)
        addLinks(origins, configuration)
        addAccounts(origins, pages)
        addTransfers(origins, configuration)
        addPages(pages)
        addSystemPages(pages, version: configuration.version)
    }

    /// What needs no credentials.
    private func addOpen(_ assets: AssetCatalog) {
        let health = HealthRoutes(
            store: sources.store, pipeline: sources.pipeline, rules: sources.rules,
            upstreams: sources.upstreams)
        router.get("/healthz") { _, _ in HealthRoutes.alive }
        router.get("/readyz") { _, _ in try await health.ready() }
        router.get("/openapi.json") { _, _ in try assets.document("openapi-operator.json") }
        router.get("/assets/:name") { request, _ in
            guard let asset = assets.asset(at: request.uri.path) else { throw Problem.notFound }
            return asset.response(to: request)
        }
        // Browsers ask for it by this name whatever the page says.
        router.get("/favicon.ico") { _, _ in Response(status: .noContent) }
    }

    /// Routes below `path` for those who have credentials.
    private func guarded(_ path: RouterPath, isForPages: Bool = false) -> RouterGroup<RequestScope> {
        router.group(path)
            .add(middleware: AccessMiddleware(authenticator: authenticator, isForPages: isForPages))
    }

    private func addAPI(_ origins: OriginPolicy) {
        let lookup = lookup
        let history = HistoryRoute(history: sources.history, clock: sources.clock)
        let summary = SummaryRoute(history: sources.history)
        let intervals = IntervalsRoute(history: sources.history, clock: sources.clock)
        let units = UnitRoutes(
            sources: sources, lookup: lookup, bodies: bodies, logger: log.logger)
        let api = guarded("/api/units")
        api.get("") { _, _ in try await units.list() }
        api.get("/:unit") { _, context in try await units.show(context) }
        api.get("/:unit/live") { _, context in try await units.live(context) }
        api.get("/:unit/history") { request, context in
            try await history.respond(request, unit: try await lookup.unit(context).id)
        }
        api.get("/:unit/summary") { request, context in
            try await summary.respond(request, unit: try await lookup.unit(context).id)
        }
        api.get("/:unit/intervals") { request, context in
            try await intervals.respond(request, unit: try await lookup.unit(context).id)
        }
        api.get("/:unit/stream") { _, context -> Response in
            _ = try await lookup.unit(context)
            throw Problem(
                status: .upgradeRequired, detail: "This is a WebSocket.",
                fields: [.upgrade: "websocket", .connection: "upgrade"])
        }
        guarded("/api/units")
            .add(middleware: ChangeMiddleware(scope: .operator, origins: origins))
            .put("/:unit") { request, context in try await units.change(request, context) }
        let deletion = DeletionRoute(
            frames: sources.deletion, lookup: lookup, logger: log.logger)
        let removals = guarded("/api/units")
            .add(middleware: ChangeMiddleware(scope: .admin, origins: origins))
        removals.delete("/:unit") { _, context in try await units.remove(context) }
        removals.delete("/:unit/history") { request, context in
            try await deletion.respond(request, context)
        }
    }

    /// Where is measured and for whom.
    private func addSites(_ origins: OriginPolicy) {
        SiteRoutes(book: sources.sites, clock: sources.clock, bodies: bodies, logger: log.logger)
            .add(
                to: guarded("/api"),
                changing: guarded("/api")
                    .add(middleware: ChangeMiddleware(scope: .operator, origins: origins)))
    }

    private func addRules(_ origins: OriginPolicy, _ replays: TransferPlaces) {
        let rules = RuleRoutes(
            sources: sources, lookup: lookup, bodies: bodies, places: replays, logger: log.logger)
        let api = guarded("/api")
        let changes = guarded("/api")
            .add(middleware: ChangeMiddleware(scope: .operator, origins: origins))
        api.get("/locations/:location/rules") { _, context in
            try await rules.list(try await rules.location(context))
        }
        changes.post("/locations/:location/rules") { request, context in
            try await rules.create(request, at: try await rules.location(context), context)
        }
        // A POST for its body; it changes nothing, so any token may.
        api.post("/locations/:location/rules/preview") { request, context in
            try await rules.preview(request, at: try await rules.location(context))
        }
        api.post("/units/:unit/rules/preview") { request, context in
            try await rules.preview(request, at: try await rules.place(context))
        }
        api.get("/units/:unit/rules") { _, context in
            try await rules.list(try await rules.place(context))
        }
        changes.post("/units/:unit/rules") { request, context in
            try await rules.create(request, at: try await rules.place(context), context)
        }
        api.get("/rules/:rule") { _, context in try await rules.show(context) }
        changes.put("/rules/:rule") { request, context in
            try await rules.replace(request, context)
        }
        changes.delete("/rules/:rule") { _, context in try await rules.remove(context) }
    }

    private func addEvents(
        _ origins: OriginPolicy, _ announce: @escaping @Sendable (SoundEvent) async -> Void,
        _ replays: TransferPlaces
    ) {
        let events = EventRoutes(
            sources: sources, lookup: lookup, bodies: bodies, places: replays, announce: announce,
            logger: log.logger)
        let api = guarded("/api")
        api.get("/events") { request, _ in try await events.list(request) }
        api.get("/units/:unit/events") { request, context in
            try await events.list(request, ofUnit: context)
        }
        api.get("/events/:event") { _, context in try await events.show(context) }
        api.get("/events/:event/replay") { _, context in try await events.replay(context) }
        guarded("/api")
            .add(middleware: ChangeMiddleware(scope: .operator, origins: origins))
            .post("/events/:event/ack") { request, context in
                try await events.acknowledge(request, context)
            }
            .post("/events/:event/comments") { request, context in
                try await events.comment(request, context)
            }
    }

    /// Who is told of events, and what they were told.
    private func addNotifications(_ origins: OriginPolicy) {
        NotificationRoutes(
            book: sources.recipients, clock: sources.clock, bodies: bodies, logger: log.logger
        ).add(
            to: guarded(""),
            changing: guarded("")
                .add(middleware: ChangeMiddleware(scope: .admin, origins: origins)))
    }

    /// Links that let clients in.
    private func addLinks(_ origins: OriginPolicy, _ configuration: OperatorListener.Configuration) {
        LinkRoutes(
            sources: sources, bodies: bodies, address: configuration.portal,
            opensLinks: configuration.opensLinks, logger: log.logger
        ).add(
            to: guarded(""),
            changing: guarded("")
                .add(middleware: ChangeMiddleware(scope: .operator, origins: origins)))
    }

    /// Who may come in, and what they did.
    private func addAccounts(_ origins: OriginPolicy, _ pages: Pages) {
        AccountRoutes(book: sources.accounts, clock: sources.clock, bodies: bodies).add(
            to: guarded("").add(middleware: ScopeMiddleware(scope: .admin)),
            changing: guarded("")
                .add(middleware: ChangeMiddleware(scope: .admin, origins: origins)))
        let page = AccountsPage(book: sources.accounts, clock: sources.clock, pages: pages)
        guarded("", isForPages: true).get("/accounts") { try await page.respond($0, $1) }
    }

    /// Frames in and out in bulk.
    private func addTransfers(
        _ origins: OriginPolicy, _ configuration: OperatorListener.Configuration
    ) {
        let imports = ImportRoute(
            importer: sources.importer, directory: sources.directory,
            places: TransferPlaces(configuration.imports, .imports, counts: log.counts),
            bounds: configuration.importBounds, logger: log.logger)
        let exports = ExportRoute(
            history: sources.history, directory: sources.directory,
            places: TransferPlaces(configuration.exports, .exports, counts: log.counts),
            counts: log.counts, logger: log.logger,
            patience: configuration.exportPatience ?? configuration.web.idle)
        guarded("/api/import")
            .add(middleware: ChangeMiddleware(scope: .admin, origins: origins))
            .post("") { request, context in try await imports.respond(request, context) }
        guarded("/api/export").get("") { request, context in
            try await exports.respond(request, context)
        }
    }

    private func addPages(_ pages: Pages) {
        let sources = sources
        let lookup = lookup
        let guarded = guarded("", isForPages: true)
        guarded.get("/") { request, context in
            let units = try await sources.directory.units().map(sources.snapshot(of:))
            let view = UnitListView(
                units: units, upstreams: sources.upstreams.upstreams(),
                query: UnitListQuery(request.uri.queryParameters), now: sources.clock.now)
            return try pages.units(view, requestID: context.requestID)
        }
        let events = EventPages(sources: sources, pages: pages)
        guarded.get("/events") { try await events.list($0, $1) }
        guarded.get("/events/:event") { _, context in try await events.show(context) }
        SitePages(sources: sources, pages: pages).add(to: guarded)
        guarded.get("/units/:unit") { _, context in
            let unit = try await lookup.unit(context)
            let view = UnitView(snapshot: sources.snapshot(of: unit), now: sources.clock.now)
            let scope = context.access?.scope ?? .viewer
            return try pages.unit(
                view, alerts: try await sources.alerts(of: unit.id, scope: scope), scope: scope,
                requestID: context.requestID)
        }
    }
    /// The pages about Earshot itself.
    private func addSystemPages(_ pages: Pages, version: String) {
        let (sources, counts) = (sources, log.counts)
        let guarded = guarded("", isForPages: true)
        guarded.get("/notifications") { request, context in
            let query = NotificationsQuery(request.uri.queryParameters)
            let view = NotificationsView(
                recipients: try await sources.recipients.recipients(),
                page: try await sources.recipients.deliveries(query.question), query: query,
                scope: context.access?.scope ?? .viewer, now: sources.clock.now)
            return try pages.notifications(view, requestID: context.requestID)
        }
        guarded.get("/system") { _, context in
            let view = try await SystemView(sources, counts: counts, version: version)
            return try pages.system(view, requestID: context.requestID)
        }
    }
}
