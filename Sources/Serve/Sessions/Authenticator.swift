//  Authenticator.swift · Serve
//
//  Who asks: an API token in the Authorization field, or a session cookie.

import HTTPTypes
import Hummingbird
import Monitoring

/// Finds out who asks. The directories' word counts on each request: a revoked token is out at once,
/// and so is an operator who was removed.
struct Authenticator: Sendable {
    let tokens: any TokenDirectory
    let operators: any OperatorDirectory
    let cookie: SessionCookie
    let clock: any WallClock

    /// - Returns: `nil` for nobody: no credentials, or such as do not hold.
    func access(_ fields: HTTPFields) async throws -> Access? {
        if let authorization = fields[.authorization] {
            // Credentials that are shown and wrong are not made good by others.
            guard let secret = Authenticator.bearer(authorization),
                let token = try await token(secret: secret)
            else { return nil }
            return Access(.token(token.id), token)
        }
        guard let id = sessionID(fields) else { return nil }
        return try await credentials.access(.session(id))
    }

    /// What credentials are worth.
    var credentials: Credentials {
        Credentials(tokens: tokens, operators: operators, clock: clock)
    }

    /// The session of a request's cookie, whether it holds still or not.
    func sessionID(_ fields: HTTPFields) -> Int64? {
        cookie.value(in: fields).flatMap { cookie.sessionID(of: $0, now: clock.now) }
    }

    /// The live token of this secret.
    func token(secret: some StringProtocol) async throws -> AccessToken? {
        guard !secret.isEmpty, secret.utf8.count <= 512 else { return nil }
        return try await tokens.token(withSecretHash: Digest.sha256(secret.utf8))
    }

    private static func bearer(_ authorization: String) -> Substring? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1]
    }
}

extension Authenticator: SocketGate {
    func guest(_ fields: HTTPFields) async throws -> Access? { try await access(fields) }

    func session(of guest: Access) -> String { "\(guest.credential)" }

    func holds(_ guest: Access) async throws -> Bool {
        try await credentials.access(guest.credential) != nil
    }
}

/// Lets only those through who may; the API answers 401, pages lead to the sign-in.
struct AccessMiddleware: RouterMiddleware {
    let authenticator: Authenticator
    let isForPages: Bool

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        guard let access = try await authenticator.access(request.headers) else {
            guard isForPages else { throw Problem.unauthorized }
            return Response(
                status: .seeOther, headers: [.location: SignIn.address(for: request.uri.string)])
        }
        var context = context
        context.access = access
        guard isForPages else { return try await next(request, context) }
        let asked = context
        return try await PageViewer.$access.withValue(access) { try await next(request, asked) }
    }
}

/// Where a request that changes something, or opens a socket, may come from.
struct OriginPolicy: Sendable {
    /// Origins beside the listener's own, `https://levels.example.org`.
    let allowed: Set<String>

    /// True when there is no Origin, or it is exactly the request's own host or an allowed one.
    func allows(_ request: HTTPRequest) -> Bool {
        guard let origin = request.headerFields[.origin] else { return true }
        guard let host = request.authority else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)" || allowed.contains(origin)
    }

    /// Whether a request may change something.
    ///
    /// `Sec-Fetch-Site: same-origin` is the browser's own word, which no page can forge, and goes
    /// first: under `Referrer-Policy: no-referrer` the Origin of our own forms is `null`.
    func allowsChange(_ request: HTTPRequest) -> Bool {
        switch request.headerFields[.secFetchSite] {
        case "same-origin": true
        case nil, "none": allows(request)
        default: request.headerFields[.origin].map(allowed.contains) ?? false
        }
    }

    /// Whether a request says by itself that it may change something: one without a word on where
    /// it comes from does not.
    func provesChange(_ request: HTTPRequest) -> Bool {
        let fields = request.headerFields
        let isTold = fields[.secFetchSite] == "same-origin" || fields[.origin] != nil
        return isTold && allowsChange(request)
    }
}
