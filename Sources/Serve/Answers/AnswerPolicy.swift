//  AnswerPolicy.swift · Serve
//
//  What every answer carries, whatever became of the request: security headers and an id.

import HTTPTypes
import Hummingbird
import Monitoring
import NIOCore

/// The headers of every answer. Source: OWASP Secure Headers Project.
package struct AnswerPolicy: Sendable {
    /// The public URL is https: browsers shall not use http again.
    let isSecure: Bool
    /// See ``Problem/tellsRequest``.
    var tellsMissing = true
    /// Another server that pictures may come from: `https://host`.
    var imageOrigin: String?
    /// Where forms may lead to, beside the own port.
    var formTarget: PortalAddress?

    package init(isSecure: Bool) { self.isSecure = isSecure }

    /// How a problem is told here.
    func telling(_ problem: Problem) -> Problem {
        var problem = problem
        if problem.status == .notFound, !tellsMissing {
            problem = .notFound
            problem.tellsRequest = false
        }
        return problem
    }

    private static let contentSecurityPolicy =
        "default-src 'self'; font-src 'none'; object-src 'none'; "
        + "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

    /// Adds what is missing to an answer's `fields`.
    func complete(_ fields: inout HTTPFields, requestID: String) {
        fields[.contentSecurityPolicy] =
            "img-src 'self' data:\(imageOrigin.map { " \($0)" } ?? ""); "
            + AnswerPolicy.contentSecurityPolicy + (formTarget?.base.map { " \($0)" } ?? "")
        fields[.xContentTypeOptions] = "nosniff"
        fields[.crossOriginOpenerPolicy] = "same-origin"
        fields[.referrerPolicy] = "no-referrer"
        fields[.xRequestID] = requestID
        if fields[.cacheControl] == nil { fields[.cacheControl] = "no-store" }
        if isSecure { fields[.strictTransportSecurity] = "max-age=31536000" }
    }
}

extension HTTPField.Name {
    static let xRequestID = HTTPField.Name("X-Request-Id")!
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
}

/// Ids of requests, by which an answer and the log find together. Always ours: one that comes with
/// a request is not taken over, so that nobody writes into the log.
enum RequestID {
    static func make() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }
}

/// What a request carries through the router.
struct RequestScope: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end's IP address, without port; empty when not known.
    let address: String
    let requestID = RequestID.make()
    /// The connection that the request came on.
    let channel: any Channel
    /// Who asks; set for routes behind a session.
    var access: Access?
    /// Which client's browser asks; set for routes behind a client's session.
    var client: PortalSession?
    /// Where what it changes is written down.
    var audit: Audit?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? ""
        channel = source.channel
    }
}

/// Turns what routes throw into answers, completes every answer, and records it.
struct AnswerMiddleware: RouterMiddleware {
    let policy: AnswerPolicy
    let log: RequestLog

    func handle(
        _ request: Request, context: RequestScope,
        next: @concurrent (Request, RequestScope) async throws -> Response
    ) async throws -> Response {
        let began = ContinuousClock.now
        var failure: (any Error)?
        var response: Response
        do {
            response = try await next(request, context)
        } catch let problem as Problem {
            response = policy.telling(problem).response(requestID: context.requestID)
        } catch let error as HTTPError {
            let detail =
                error.status == .notFound ? Problem.notFound.detail : error.body ?? "Refused."
            response = policy.telling(Problem(status: error.status, detail: detail))
                .response(requestID: context.requestID)
        } catch {
            failure = error
            response = Problem(
                status: .internalServerError, detail: "This failed on our side."
            ).response(requestID: context.requestID)
        }
        policy.complete(&response.headers, requestID: context.requestID)
        // The router's own word for no route has no slash.
        let route = context.endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil }
        log.record(
            context.requestID, request.method, route, response.status,
            after: ContinuousClock.now - began, error: failure)
        return response
    }
}

/// Answers with JSON, CSV and assets.
extension Response {
    static func json(_ body: ByteBuffer, fields: HTTPFields = [.cacheControl: "no-store"])
        -> Response
    {
        var fields = fields
        fields[.contentType] = "application/json"
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: body))
    }

    /// An answer that a browser may keep and must ask about: 304 when it has the same.
    static func revalidated(
        _ body: ByteBuffer, contentType: String, for request: Request
    ) -> Response {
        let digest = body.withUnsafeReadableBytes { Digest.sha256($0) }
        let tag = "\"\(Digest.hex(digest.prefix(16)))\""
        var fields: HTTPFields = [.cacheControl: "private, no-cache", .eTag: tag]
        let known = request.headers[values: .ifNoneMatch]
            .flatMap { $0.split(separator: ",") }
            .map { String($0.drop { $0 == " " }.replacing("W/", with: "")).plainTag }
        if known.contains(where: { $0 == tag || $0 == "*" }) {
            var response = Response(status: .notModified, headers: fields)
            response.headers[.contentLength] = nil
            return response
        }
        fields[.contentType] = contentType
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: body))
    }
}
