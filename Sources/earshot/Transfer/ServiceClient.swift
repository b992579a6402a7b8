//  ServiceClient.swift · earshot
//
//  What commands that talk to a running service have in common: where it is, and by which token.

import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Where the service is.
struct ServiceAddressOptions: ParsableArguments {
    @Option(help: "The service's operator listener.")
    var url = "http://127.0.0.1:8081"

    @Option(help: "An API token; safer in EARSHOT_TOKEN, or in a file named by EARSHOT_TOKEN_FILE.")
    var token: String?

    /// Variables that are read here, and are no settings.
    static let variables = ["EARSHOT_TOKEN", "EARSHOT_TOKEN_FILE"]

    /// - Throws: ``Failure`` with exit code 2 for a URL that is none, and without a token.
    func client() throws -> ServiceClient {
        var base = url
        while base.hasSuffix("/") { base.removeLast() }
        let parts = URLComponents(string: base)
        guard let parts, ["http", "https"].contains(parts.scheme), parts.host?.isEmpty == false,
            parts.path.isEmpty, parts.query == nil
        else {
            throw Failure(.usage, "--url is \(url). Give one like http://127.0.0.1:8081.")
        }
        return ServiceClient(url: base, token: try secret())
    }

    private func secret() throws -> String {
        let environment = ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
        if let given = token ?? environment["EARSHOT_TOKEN"] { return given }
        if let path = environment["EARSHOT_TOKEN_FILE"] {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw Failure(
                    .usage, "EARSHOT_TOKEN_FILE is \(path), which cannot be read. Give another.")
            }
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        throw Failure(
            .usage,
            "There is no token. Give --token or EARSHOT_TOKEN; earshot token create makes one.")
    }
}

/// Asks a running service.
struct ServiceClient: Sendable {
    let url: String
    let token: String

    /// How long one request may take as a whole: a large import on a slow disk.
    private static let patience = TimeAmount.minutes(30)

    /// - Parameters:
    ///   - path: with its query.
    ///   - acceptsFailure: an answer that refuses is one, too.
    /// - Throws: ``Failure``: 69 when the service is not there, 2 when the token does not do, 1 when
    ///   the service refuses.
    func answer(
        _ method: HTTPMethod = .GET, path: String, type: String? = nil, body: ByteBuffer? = nil,
        acceptsFailure: Bool = false
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        if let type { request.headers.add(name: "Content-Type", value: type) }
        if let body { request.body = .bytes(body) }
        var attempts = 0
        while true {
            let response = try await execute(request)
            guard response.status == .tooManyRequests, attempts < 60 else {
                if !acceptsFailure { try await check(response) }
                return response
            }
            // Others import as well; the service says when there may be a place.
            attempts += 1
            let seconds = response.headers.first(name: "Retry-After").flatMap { Int($0) } ?? 1
            for try await _ in response.body {}
            try await Task.sleep(for: .seconds(max(1, min(seconds, 30))))
        }
    }

    private func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        do {
            return try await HTTPClient.shared.execute(request, timeout: ServiceClient.patience)
        } catch {
            throw lost(error)
        }
    }

    /// Calls `body` with the bytes of an answer, as they come.
    ///
    /// - Throws: ``Failure`` with exit code 69 when the connection breaks; what `body` throws.
    func read(
        _ response: HTTPClientResponse, _ body: (ByteBuffer) throws -> Void
    ) async throws {
        do {
            for try await bytes in response.body { try body(bytes) }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw lost(error)
        }
    }

    /// What a person is told when the connection failed or broke.
    func lost(_ error: any Error) -> Failure {
        Failure(
            .unavailable,
            "The service at \(url) does not answer: \(error). Start it, or give its --url; then "
                + "run this again.")
    }

    private func check(_ response: HTTPClientResponse) async throws {
        guard response.status.code >= 300 else { return }
        let bytes = try? await response.body.collect(upTo: 1 << 20)
        let problem = bytes.flatMap {
            try? JSONDecoder().decode(ProblemBody.self, from: Data($0.readableBytesView))
        }
        let detail = problem?.detail ?? "it answers \(response.status.code)"
        switch response.status.code {
        case 401:
            throw Failure(.usage, "The service at \(url) does not know this token. \(detail)")
        case 403:
            throw Failure(.usage, "The token may not do this. \(detail)")
        case 404 where problem == nil:
            throw Failure(.usage, "\(url) is no operator listener of earshot. Give its --url.")
        case 429, 503:
            throw Failure(.unavailable, "The service at \(url) cannot do it now: \(detail)")
        default:
            throw Failure(.failed, "The service refuses: \(detail)")
        }
    }

    private struct ProblemBody: Decodable { let detail: String }

    /// A parameter's value as it stands in a query (RFC 3986).
    static func escaped(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~,:@")
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }

    /// `?a=1&b=2`, of those that have a value.
    static func query(_ parameters: [(String, String?)]) -> String {
        let given = parameters.compactMap { name, value in
            value.map { "\(name)=\(escaped($0))" }
        }
        return given.isEmpty ? "" : "?" + given.joined(separator: "&")
    }
}
