//  PortalRoutes.swift · Serve
//
//  Paths of the clients' port, and what answers them. Everything else is not found, in the same
//  bytes.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import Web

/// The router of the clients' port.
struct PortalRoutes {
    let router: Router<RequestScope>

    private let desk: PortalDesk
    private let gate: PortalGate
    private let pages: PortalPages

    init(
        desk: PortalDesk, gate: PortalGate, origins: OriginPolicy, policy: AnswerPolicy,
        configuration: PortalListener.Configuration, pages: PortalPages, assets: AssetCatalog,
        log: RequestLog
    ) {
        self.desk = desk
        self.gate = gate
        self.pages = pages
        router = Router(context: RequestScope.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: CodingMiddleware())
        router.add(middleware: AnswerMiddleware(policy: policy, log: log))
        router.add(middleware: MissingPlaceMiddleware(pages: pages))
        addOpen(assets)
        let door = PortalDoor(
            gate: gate, origins: origins, pages: pages,
            isQuickShareOn: configuration.opensLinks,
            attemptsPerMinute: configuration.signInsPerMinute, log: log)
        router.get("/portal/enter/:token") { try await door.show($0, $1) }
        router.post("/portal/enter/:token") { try await door.enter($0, $1) }
        router.get("/portal/open/:project") { try door.showOpen($0, $1) }
        router.post("/portal/open/:project") { try await door.enterOpen($0, $1) }
        router.post("/portal/logout") { try await door.leave($0, $1) }
        router.get("/portal/access") { _, context in
            try pages.access(requestID: context.requestID)
        }
        addAPI()
        addPages()
    }

    /// What needs no session.
    private func addOpen(_ assets: AssetCatalog) {
        router.get("/healthz") { _, _ in HealthRoutes.alive }
        router.get("/openapi.json") { _, _ in try assets.document("openapi-portal.json") }
        router.get("/assets/:name") { request, _ in
            guard let asset = assets.asset(at: request.uri.path) else { throw Problem.notFound }
            return asset.response(to: request)
        }
        router.get("/favicon.ico") { _, _ in Response(status: .noContent) }
    }

    private func addAPI() {
        let desk = desk
        let api = router.group("/portal/api")
            .add(middleware: PortalMiddleware(gate: gate, pages: nil))
        api.get("/locations") { _, context in
            Response.json(PlaceBody.overview(try await desk.overview(of: try context.session)))
        }
        api.get("/location/:location/live") { _, context in
            Response.json(PlaceBody.live(desk.present(at: try await desk.place(context))))
        }
        api.get("/location/:location/history") { request, context in
            try await PlaceHistoryRoute(history: PlaceHistory(desk.sources.history))
                .respond(request, try await desk.place(context))
        }
        api.get("/location/:location/events") { request, context in
            let place = try await desk.place(context)
            let question = try EventQuestion(ofClients: QueryText(request), at: place)
            return Response.json(ClientEventBody.page(try await desk.events(question, at: place)))
        }
        api.get("/location/:location/thresholds") { _, context in
            Response.json(
                ThresholdBody.list(try await desk.place(context), at: desk.sources.clock.now))
        }
        api.get("/location/:location/stream") { _, context -> Response in
            _ = try await desk.place(context)
            throw Problem(
                status: .upgradeRequired, detail: "This is a WebSocket.",
                fields: [.upgrade: "websocket", .connection: "upgrade"])
        }
    }

    private func addPages() {
        let (desk, pages) = (desk, pages)
        let guarded = router.group("/portal")
            .add(middleware: PortalMiddleware(gate: gate, pages: pages))
        guarded.get("") { request, context in
            let session = try context.session
            return try pages.overview(
                try await desk.overview(of: session), session,
                view: request.uri.queryParameters["view"].map { String($0) }, requestID: context.requestID)
        }
        guarded.get("/location/:location") { request, context in
            try await pages.location(
                try await desk.place(context), desk, request, context)
        }
    }
}

extension RequestScope {
    /// The session of a request behind ``PortalMiddleware``.
    var session: PortalSession {
        get throws {
            guard let client else { throw Problem.unauthorized }
            return client
        }
    }
}

extension PortalDesk {
    /// The place that a request's path names, if it is its client's.
    ///
    /// - Throws: 404, the same for everything that is not to be seen.
    func place(_ context: RequestScope) async throws -> Place {
        let id = context.pathText("location") ?? ""
        guard let place = try await place(id, in: try context.session.scope) else {
            throw Problem.notFound
        }
        return place
    }
}
