//  OperatorRoutes.swift · Serve
//
//  Paths of the operators' port, and what answers them.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring

/// The router of the operators' port.
struct OperatorRoutes {
    let router: Router<RequestScope>

    init(
        sources: OperatorListener.Sources, policy: AnswerPolicy, authenticator: Authenticator,
        origins: OriginPolicy, pages: Pages, assets: AssetCatalog, signInsPerMinute: Int,
        formBytesMaximum: Int, logger: Logger
    ) {
        router = Router(context: RequestScope.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: AnswerMiddleware(policy: policy, logger: logger))
        router.add(middleware: MissingPageMiddleware(authenticator: authenticator, pages: pages))
        addOpen(sources, assets)
        let signIn = SignIn(
            authenticator: authenticator, origins: origins, pages: pages,
            attemptsPerMinute: signInsPerMinute, formBytesMaximum: formBytesMaximum,
            logger: logger)
        router.get("/sign-in") { try signIn.page($0, $1) }
        router.post("/sign-in") { try await signIn.submit($0, $1) }
        router.post("/sign-out") { try signIn.signOut($0, $1) }
        addAPI(sources, authenticator)
        addPages(sources, authenticator, pages)
    }

    /// What needs no credentials.
    private func addOpen(_ sources: OperatorListener.Sources, _ assets: AssetCatalog) {
        let health = HealthRoutes(store: sources.store, upstreams: sources.upstreams)
        router.get("/healthz") { _, _ in HealthRoutes.alive }
        router.get("/readyz") { _, _ in health.ready() }
        router.get("/assets/:name") { request, _ in
            guard let asset = assets.asset(at: request.uri.path) else { throw Problem.notFound }
            return asset.response
        }
        // Browsers ask for it by this name whatever the page says.
        router.get("/favicon.ico") { _, _ in Response(status: .noContent) }
    }

    private func addAPI(_ sources: OperatorListener.Sources, _ authenticator: Authenticator) {
        let lookup = UnitLookup(directory: sources.directory)
        let live = sources.live
        let clock = sources.clock
        let history = HistoryRoute(history: sources.history, clock: clock)
        let api = router.group("/api")
            .add(middleware: AccessMiddleware(authenticator: authenticator, isForPages: false))
        api.get("/units") { _, _ in
            let units = try await sources.directory.units()
            return Response.json(LiveBody.units(units, live.state(of:), at: clock.now))
        }
        api.get("/units/:unit") { _, context in
            let unit = try await lookup.unit(context)
            return Response.json(LiveBody.unit(unit, live.state(of: unit.id), at: clock.now))
        }
        api.get("/units/:unit/live") { _, context in
            let id = try await lookup.unit(context).id
            return Response.json(LiveBody.live(id, live.state(of: id), at: clock.now))
        }
        api.get("/units/:unit/history") { request, context in
            try await history.respond(request, unit: try await lookup.unit(context).id)
        }
        api.get("/units/:unit/stream") { _, context -> Response in
            _ = try await lookup.unit(context)
            throw Problem(
                status: .upgradeRequired, detail: "This is a WebSocket.",
                fields: [.upgrade: "websocket", .connection: "upgrade"])
        }
    }

    private func addPages(
        _ sources: OperatorListener.Sources, _ authenticator: Authenticator, _ pages: Pages
    ) {
        let lookup = UnitLookup(directory: sources.directory)
        let guarded = router.group("")
            .add(middleware: AccessMiddleware(authenticator: authenticator, isForPages: true))
        guarded.get("/") { _, context in
            let now = sources.clock.now
            let views = try await sources.directory.units().map {
                UnitView(unit: $0, live: sources.live.state(of: $0.id), now: now)
            }
            return try pages.units(views, requestID: context.requestID)
        }
        guarded.get("/units/:unit") { _, context in
            let unit = try await lookup.unit(context)
            let view = UnitView(
                unit: unit, live: sources.live.state(of: unit.id), now: sources.clock.now)
            return try pages.unit(view, requestID: context.requestID)
        }
    }
}

/// What is not there: a page for people, who first have to sign in, and a problem for programs.
private struct MissingPageMiddleware: RouterMiddleware {
    let authenticator: Authenticator
    let pages: Pages

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            guard isMissing(error) else { throw error }
            let path = request.uri.path
            if path.hasPrefix("/api/") || path == "/api" {
                // Strangers learn nothing of what exists.
                guard try await authenticator.access(request.headers) != nil else {
                    throw Problem.unauthorized
                }
                throw error
            }
            guard request.method == .get || request.method == .head,
                request.headers[.accept]?.contains("text/html") == true
            else { throw error }
            return try pages.notFound(requestID: context.requestID)
        }
    }

    private func isMissing(_ error: any Error) -> Bool {
        switch error {
        case let problem as Problem: problem.status == .notFound
        case let error as HTTPError: error.status == .notFound
        default: false
        }
    }
}
