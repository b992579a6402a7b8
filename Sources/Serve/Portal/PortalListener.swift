//  PortalListener.swift · Serve
//
//  The clients' port, the only one that a proxy exposes to strangers.

import HTTPTypes
import Hummingbird
package import Logging
import ServiceLifecycle
package import Web

/// The clients' port. It says that it lives; everything else is not found, in the same bytes.
package struct PortalListener: Service {
    private let listener: WebListener

    /// - Parameters:
    ///   - publicURL: what clients' browsers call it.
    ///   - web: bounds of connections. How faults are answered is the listener's own.
    ///   - counts: shared with the operators' port, whose `/metrics` shows them.
    ///   - onBound: called once with the port, when it accepts connections.
    package init(
        host: String, port: Int, publicURL: String? = nil,
        web: WebListener.Configuration = WebListener.Configuration(), counts: ServeCounts,
        onBound: @escaping @Sendable (Int) async -> Void = { _ in }, logger: Logger
    ) {
        let isSecure = publicURL?.lowercased().hasPrefix("https://") ?? false
        let policy = AnswerPolicy(isSecure: isSecure)
        let log = RequestLog(listener: "portal", counts: counts, logger: logger)
        listener = WebListener(
            name: "portal", host: host, port: port,
            configuration: web.answering(with: policy, log),
            responder: PortalListener.router(policy, log).buildResponder(),
            sockets: NoWebSockets(), onBound: onBound, logger: logger)
    }

    static func router(_ policy: AnswerPolicy, _ log: RequestLog) -> Router<RequestScope> {
        let router = Router(context: RequestScope.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: AnswerMiddleware(policy: policy, log: log))
        router.get("/healthz") { _, _ in HealthRoutes.alive }
        router.get("/openapi.json") { _, _ in
            try AssetCatalog.embedded.document("openapi-portal.json")
        }
        return router
    }

    /// Serves until a graceful shutdown.
    /// - Throws: `WebListenerError` when the port cannot be used.
    package func run() async throws { try await listener.run() }
}
