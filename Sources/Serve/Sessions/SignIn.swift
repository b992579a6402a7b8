//  SignIn.swift · Serve
//
//  A browser shows a token once and gets a session for it.

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
    private let origins: OriginPolicy
    private let pages: Pages
    private let bodies: BodyReader
    private let attempts: Mutex<AttemptLimit>
    private let logger: Logger

    init(
        authenticator: Authenticator, origins: OriginPolicy, pages: Pages,
        bodies: BodyReader, attemptsPerMinute: Int, logger: Logger
    ) {
        self.authenticator = authenticator
        self.origins = origins
        self.pages = pages
        attempts = Mutex(AttemptLimit(perMinute: attemptsPerMinute))
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

    func page(_ request: Request, _ context: RequestScope) throws -> Response {
        let next = request.uri.queryParameters["next"].map(String.init)
        return try pages.signIn(
            failed: false, next: next.flatMap(SignIn.local) ?? "/", requestID: context.requestID)
    }

    func submit(_ request: Request, _ context: RequestScope) async throws -> Response {
        guard origins.allowsChange(request.head) else {
            throw Problem(status: .forbidden, detail: "This form belongs to another site.")
        }
        let now = authenticator.clock.now
        if let seconds = attempts.withLock({ $0.attempt(context.address, at: now) }) {
            bodies.counts.hit(.signIns)
            throw Problem.tooMany(
                "Too many attempts; try again in \(seconds) s.", retryAfterSeconds: seconds)
        }
        let form = try await form(of: request)
        let next = form["next"].flatMap(SignIn.local) ?? "/"
        let secret = form["token"].map(SignIn.trimmed) ?? ""
        guard let token = try await authenticator.token(secret: secret) else {
            logger.notice(
                "a sign-in failed",
                metadata: ["address": "\(context.address)", "request_id": "\(context.requestID)"])
            return try pages.signIn(failed: true, next: next, requestID: context.requestID)
        }
        let cookie = authenticator.cookie
        return Response(
            status: .seeOther,
            headers: [
                .location: next,
                .setCookie: cookie.setting(cookie.value(sessionID: token.id, now: now)),
            ])
    }

    func signOut(_ request: Request, _ context: RequestScope) throws -> Response {
        guard origins.allowsChange(request.head) else {
            throw Problem(status: .forbidden, detail: "This form belongs to another site.")
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
