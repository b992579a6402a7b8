//  Audit.swift · Serve
//
//  Each change, and each sign-in, becomes a row of the audit log. `ChangeMiddleware` writes those
//  of changes, wherever it stands; routes only say what the path does not.

import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import Synchronization

/// Writes the audit log of one request.
final class Audit: Sendable {
    private let log: any AuditLog
    private let clock: any WallClock
    private let logger: Logger
    private let detail = Mutex("")

    init(log: any AuditLog, clock: any WallClock, logger: Logger) {
        self.log = log
        self.clock = clock
        self.logger = logger
    }

    /// What the row is to say beside the path. Never a secret.
    func note(_ detail: String) { self.detail.withLock { $0 = detail } }

    /// Writes the row. The change is made already: that its row cannot be written is told in the
    /// program's log, and undoes nothing.
    ///
    /// - Parameter by: see ``AuditEntry/by``.
    func record(
        by: String, _ request: Request, _ context: RequestScope, _ status: HTTPResponse.Status
    ) async {
        let route = context.endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil }
        let entry = AuditEntry(
            at: clock.now, by: by,
            action: "\(request.method.rawValue) \(route ?? request.uri.path)",
            path: Audit.redacted(request.uri.path), status: status.code, address: context.address,
            detail: detail.withLock { $0 })
        do {
            try await log.record(entry)
        } catch {
            logger.error(
                "a change is missing from the audit log",
                metadata: [
                    "by": "\(by)", "action": "\(entry.action)", "error": "\(error)",
                    "request_id": "\(context.requestID)",
                ])
        }
    }

    /// A path without what has the shape of a secret: no route of this port has one in its path,
    /// and what people paste into addresses is kept out all the same.
    static func redacted(_ path: String) -> String {
        let parts = path.prefix(512).split(separator: "/", omittingEmptySubsequences: false)
        return parts.enumerated().map { index, part in
            let isSecret =
                ["es_", "el_", "esw_", "v1."].contains { part.hasPrefix($0) && part.utf8.count > 32 }
                || index > 0 && parts[index - 1] == "enter"
            return isSecret ? "[redacted]" : String(part)
        }.joined(separator: "/")
    }
}

/// Gives each request its audit.
struct AuditMiddleware: RouterMiddleware {
    let log: any AuditLog
    let clock: any WallClock
    let logger: Logger

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.audit = Audit(log: log, clock: clock, logger: logger)
        return try await next(request, context)
    }
}
