//  UpstreamExchange.swift · Ingest
//
//  One HTTP call to an upstream: bounded in time and in size, no redirects, no decompression.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// What an upstream answered.
struct UpstreamAnswer: Sendable {
    let status: Int
    /// At most ``JSONValue/sizeLimitBytes``.
    let body: ByteBuffer
}

/// Why there is no answer.
enum ExchangeFailure: Error, Hashable, Sendable {
    /// No connection, or it was cut; with the cause for the log.
    case refused(String)
    case timedOut
    /// The body is beyond its bound.
    case tooLarge
    /// This task was cancelled.
    case cancelled
}

/// Calls one upstream. The caller sees to it that one call is under way at a time.
struct UpstreamExchange: Sendable {
    let client: HTTPClient
    let address: UpstreamAddress
    /// For a whole call, connection and body included. Real time: it bounds a socket.
    let timeout: Duration
    /// Of an answer; at most ``JSONValue/sizeLimitBytes``, beyond which none is read.
    var bodyBytesMaximum = JSONValue.sizeLimitBytes

    /// A client as upstreams need it. To be shut down by whoever made it.
    static func makeClient(on group: any EventLoopGroup, timeout: Duration) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.timeout = .init(connect: TimeAmount(timeout), read: TimeAmount(timeout))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        // Under the 5 s after which the upstream's server closes an idle connection.
        configuration.connectionPool.idleTimeout = .seconds(4)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    func get(_ path: String) async throws(ExchangeFailure) -> UpstreamAnswer {
        do {
            return try await call(.GET, path)
        } catch .refused(let cause) where cause == UpstreamExchange.closedWhileIdle {
            // The other side closed the kept connection just as it was used again.
            return try await call(.GET, path)
        }
    }

    func post(_ path: String) async throws(ExchangeFailure) -> UpstreamAnswer {
        try await call(.POST, path)
    }

    private static let closedWhileIdle = String(describing: HTTPClientError.remoteConnectionClosed)

    private func call(
        _ method: HTTPMethod, _ path: String
    ) async throws(ExchangeFailure) -> UpstreamAnswer {
        var request = HTTPClientRequest(url: "http://\(address.authority)\(path)")
        request.method = method
        request.headers.add(name: "accept", value: "application/json")
        do {
            // The client's own deadline ends with the head of the answer; this one covers it all.
            return try await withThrowingTaskGroup(of: UpstreamAnswer.self) { group in
                group.addTask { [client, request, bodyBytesMaximum] in
                    let response = try await client.execute(request, deadline: .distantFuture)
                    let body = try await response.body.collect(upTo: bodyBytesMaximum)
                    return UpstreamAnswer(status: Int(response.status.code), body: body)
                }
                group.addTask { [timeout] in
                    try await Task.sleep(for: timeout)
                    throw ExchangeFailure.timedOut
                }
                defer { group.cancelAll() }
                return try await group.next()!
            }
        } catch {
            throw ExchangeFailure(error)
        }
    }
}

extension ExchangeFailure {
    fileprivate init(_ error: any Error) {
        if Task.isCancelled {
            self = .cancelled
            return
        }
        switch error {
        case let failure as ExchangeFailure: self = failure
        case is NIOTooManyBytesError: self = .tooLarge
        case let error as HTTPClientError
        where error == .connectTimeout
            || error == .readTimeout || error == .deadlineExceeded:
            self = .timedOut
        default: self = .refused(String(describing: error))
        }
    }
}
