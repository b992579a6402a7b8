//  SignIn.swift · Serve
//
//  A browser shows a name and a password, or a token, once and gets a session for it.

import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Monitoring
import NIOCore
import Synchronization

/// The pages and forms around a browser's session.
final class SignIn: Sendable {
    private let authenticator: Authenticator
    private let pages: Pages
    private let bodies: BodyReader
    private let forms: FormGate
    private let logger: Logger

    init(
        authenticator: Authenticator, origins: OriginPolicy, pages: Pages,
        bodies: BodyReader, attemptsPerMinute: Int, logger: Logger
    ) {
        self.authenticator = authenticator
        self.pages = pages
        forms = FormGate(
            origins: origins, attemptsPerMinute: attemptsPerMinute, counts: bodies.counts)
        self.bodies = bodies
        self.logger = logger
    }

    /// The sign-in page that leads on to `target` of this listener.
    static func address(for target: String) -> String {
        guard let target = local(target), target != "/" else { return "/sign-in" }
        let allowed = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")
        let text = target.addingPercentEncoding(withAllowedCharacters: allowed) ?? "/"
        return "/sign-in?next=\(text)"
    }

    /// `target` when it is a page of this listener and of no other.
    private static func local(_ target: String) -> String? {
        guard target.hasPrefix("/"), !target.hasPrefix("//"), !target.contains("\\"),
            target.utf8.count <= 1024, target.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
        else { return nil }
        return target
    }

    func page(_ request: Request, _ context: RequestScope) async throws -> Response {
        let next = request.uri.queryParameters["next"].map(String.init)
        return try await page(next: next.flatMap(SignIn.local) ?? "/", context)
    }

    private func page(
        next: String, failure: SignInView.Failure? = nil, name: String = "", _ context: RequestScope
    ) async throws -> Response {
        let hasOperators = try await !authenticator.operators.operators().isEmpty
        return try pages.signIn(
            SignInView(next: next, hasOperators: hasOperators, failure: failure, name: name),
            requestID: context.requestID)
    }

    func submit(_ request: Request, _ context: RequestScope) async throws -> Response {
        let now = authenticator.clock.now
        try forms.admit(request, context, at: now)
        let form = try await form(of: request)
        let next = form["next"].flatMap(SignIn.local) ?? "/"
        let name = form["name"].map(SignIn.trimmed) ?? ""
        let secret = form["token"].map(SignIn.trimmed) ?? ""
        let failure: SignInView.Failure
        let access: Access?
        if name.isEmpty {
            failure = .token
            access = try await begin(secret: secret, at: now)
        } else {
            failure = .password
            access = try await begin(name: name, password: form["password"] ?? "", at: now)
        }
        guard let access, case .session(let id) = access.credential else {
            logger.notice(
                "a sign-in failed",
                metadata: ["address": "\(context.address)", "request_id": "\(context.requestID)"])
            context.audit?.note(failure == .token ? "token not known" : "wrong name or password")
            await context.audit?.record(
                by: try await known(name), request, context, .unauthorized)
            return try await page(next: next, failure: failure, name: name, context)
        }
        context.audit?.note(access.isOperator ? "by password" : "by token")
        await context.audit?.record(by: access.auditName, request, context, .seeOther)
        let cookie = authenticator.cookie
        return Response(
            status: .seeOther,
            headers: [
                .location: next, .setCookie: cookie.setting(cookie.value(sessionID: id, now: now)),
            ])
    }

    private func begin(secret: String, at now: Timestamp) async throws -> Access? {
        guard let token = try await authenticator.token(secret: secret) else { return nil }
        let session = try await authenticator.operators.beginSession(ofToken: token.id, at: now)
        return Access(.session(session.id), token)
    }

    private func begin(
        name: String, password: String, at now: Timestamp
    ) async throws -> Access? {
        do {
            let session = try await authenticator.operators.signIn(
                name: name, password: password, at: now)
            guard let session, case .operator(let person) = session.holder else { return nil }
            return Access(.session(session.id), person)
        } catch OperatorError.busy {
            throw Problem(
                status: .serviceUnavailable, detail: "Too many sign in at once; try again.",
                fields: [.retryAfter: "2"])
        }
    }

    /// The operator of this name; empty for others: what was typed may be a password.
    private func known(_ name: String) async throws -> String {
        try await authenticator.operators.operators()
            .first { $0.name.lowercased() == name.lowercased() }?.name ?? ""
    }

    func signOut(_ request: Request, _ context: RequestScope) async throws -> Response {
        try forms.check(request)
        if let id = authenticator.sessionID(request.headers),
            let access = try await authenticator.credentials.access(.session(id))
        {
            try await authenticator.operators.end(operatorSession: id, at: authenticator.clock.now)
            await context.audit?.record(by: access.auditName, request, context, .seeOther)
        }
        return Response(
            status: .seeOther,
            headers: [.location: "/sign-in", .setCookie: authenticator.cookie.clearing])
    }

    private static func trimmed(_ text: String) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func form(of request: Request) async throws -> [String: String] {
        let body = try await bodies.bytes(of: request, type: "application/x-www-form-urlencoded")
        var fields: [String: String] = [:]
        for pair in String(buffer: body).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let plain = parts.map { $0.replacing("+", with: " ").removingPercentEncoding ?? "" }
            fields[plain[0]] = plain.count > 1 ? plain[1] : ""
        }
        return fields
    }
}
