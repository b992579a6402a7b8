//  PortalDoor.swift · Serve
//
//  How clients come in and leave. A GET shows a button and changes nothing, because scanners of mail
//  fetch links; the POST behind it begins the session.

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Monitoring

/// Links, quick share and the way out.
final class PortalDoor: Sendable {
    private let gate: PortalGate
    private let pages: PortalPages
    private let isQuickShareOn: Bool
    private let forms: FormGate
    private let log: RequestLog

    init(
        gate: PortalGate, origins: OriginPolicy, pages: PortalPages, isQuickShareOn: Bool,
        attemptsPerMinute: Int, log: RequestLog
    ) {
        self.gate = gate
        self.pages = pages
        self.isQuickShareOn = isQuickShareOn
        forms = FormGate(
            origins: origins, attemptsPerMinute: attemptsPerMinute, counts: log.counts)
        self.log = log
    }

    // MARK: - Links

    func show(_ request: Request, _ context: RequestScope) async throws -> Response {
        guard let hash = secretHash(context),
            try await gate.book.link(withSecretHash: hash, at: gate.clock.now) != nil
        else { return try pages.access(requestID: context.requestID) }
        return try pages.enter(requestID: context.requestID)
    }

    func enter(_ request: Request, _ context: RequestScope) async throws -> Response {
        try forms.admit(request, context, at: gate.clock.now)
        guard let hash = secretHash(context),
            let session = try await gate.book.enter(withSecretHash: hash, at: gate.clock.now)
        else {
            log.logger.notice(
                "a link was refused",
                metadata: ["address": "\(context.address)", "request_id": "\(context.requestID)"])
            return try pages.access(requestID: context.requestID)
        }
        return begin(session)
    }

    private func secretHash(_ context: RequestScope) -> [UInt8]? {
        guard let token = context.pathText("token"), (32...128).contains(token.utf8.count) else {
            return nil
        }
        return Digest.sha256(token.utf8)
    }

    // MARK: - Quick share

    /// The same for every project, there or not: only the POST looks.
    func showOpen(_ request: Request, _ context: RequestScope) throws -> Response {
        guard isQuickShareOn else { throw Problem.notFound }
        return try pages.open(requestID: context.requestID)
    }

    func enterOpen(_ request: Request, _ context: RequestScope) async throws -> Response {
        guard isQuickShareOn else { throw Problem.notFound }
        try forms.admit(request, context, at: gate.clock.now)
        guard let project = context.pathText("project"),
            let session = try await gate.book.enter(openProject: project, at: gate.clock.now)
        else { return try pages.access(requestID: context.requestID) }
        return begin(session)
    }

    // MARK: - Both

    private func begin(_ session: PortalSession) -> Response {
        let value = gate.cookie.value(sessionID: session.id, now: gate.clock.now)
        return Response(
            status: .seeOther,
            headers: [.location: "/portal", .setCookie: gate.cookie.setting(value)])
    }

    func leave(_ request: Request, _ context: RequestScope) async throws -> Response {
        try forms.check(request)
        if let session = try await gate.session(request.headers) {
            try await gate.book.end(session: session.id, at: gate.clock.now)
        }
        return Response(
            status: .seeOther,
            headers: [.location: "/portal/access", .setCookie: gate.cookie.clearing])
    }
}
