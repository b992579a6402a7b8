//  UpstreamExchange.swift · Ingest
//
//  One HTTP call to an upstream: bounded in time and in size, no redirects, no decompression.

import AsyncHTTPClient
import JSON
import Monitoring
import NIOCore
import NIOHTTP1

/// All that is ever asked of an upstream, beside `WS {unit}/monitor`. None of it touches a meter;
/// the start of a feed is the only thing that is written.
enum UpstreamCall: Hashable, Sendable {
    case roster
    case monitors
    /// With the unit's name at the upstream.
    case status(String)
    case startMonitor(String)
    /// What the upstream remembers of the last `hours`, 1 … 24.
    case trail(String, hours: Int)

    var isRead: Bool {
        if case .startMonitor = self { false } else { true }
    }

    var path: String {
        switch self {
        case .roster: "/api/nl43/roster"
        case .monitors: "/api/nl43/_monitor/status"
        case .status(let name): UpstreamAddress.path(name, "status")
        case .startMonitor(let name): UpstreamAddress.path(name, "monitor/start")
        case .trail(let name, let hours): UpstreamAddress.path(name, "history?hours=\(hours)")
        }
    }

    /// As in a log: `GET /api/nl43/roster`.
    var line: String { "\(isRead ? "GET" : "POST") \(path)" }
}

/// What an upstream answered.
struct UpstreamAnswer: Sendable {
    let status: Int
    /// At most ``JSONValue/sizeLimitBytes``.
    let body: ByteBuffer
    /// The upstream's clock when it answered, to the second.
    let date: Timestamp?
}

/// Calls one upstream. The caller sees to it that one call is under way at a time.
struct UpstreamExchange: Sendable {
    let client: HTTPClient
    let address: UpstreamAddress
    /// How long a whole call may take, connection and body included, before it is called late.
    let timeout: Duration
    /// What calls are late by. The client's own bounds are in real time: they bound its sockets.
    let deadlines: Stopwatch
    /// Of an answer; at most ``JSONValue/sizeLimitBytes``, beyond which none is read.
    var bodyBytesMaximum = JSONValue.sizeLimitBytes

    /// A client as upstreams need it. To be shut down by whoever made it.
    ///
    /// - Parameter patience: for an answer to begin; connections have `timeout`.
    static func makeClient(
        on group: any EventLoopGroup, timeout: Duration, patience: Duration
    ) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.decompression = .disabled
        configuration.timeout = .init(connect: TimeAmount(timeout), read: TimeAmount(patience))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        // Under the 5 s after which the upstream's server closes an idle connection.
        configuration.connectionPool.idleTimeout = .seconds(4)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// Makes a call; a `GET` again at once when the other side closed the kept connection just as
    /// it was used again.
    ///
    /// - Parameters:
    ///   - patience: when a late call is given up; ≥ ``timeout``. An upstream that stalls goes on
    ///     with what was asked of it when it wakes: each call given up is one more in flight there.
    ///   - onLate: called when ``timeout`` is over and the call goes on.
    func make(
        _ call: UpstreamCall, patience: Duration, onLate: @escaping @Sendable () async -> Void
    ) async throws(ExchangeFailure) -> UpstreamAnswer {
        do {
            return try await attempt(call, patience, onLate)
        } catch .refused(let cause) where cause == ExchangeFailure.cut && call.isRead {
            return try await attempt(call, patience, onLate)
        }
    }

    /// Makes a call, and gives it up when it is late.
    func make(_ call: UpstreamCall) async throws(ExchangeFailure) -> UpstreamAnswer {
        try await make(call, patience: timeout, onLate: {})
    }

    private func attempt(
        _ call: UpstreamCall, _ patience: Duration, _ onLate: @escaping @Sendable () async -> Void
    ) async throws(ExchangeFailure) -> UpstreamAnswer {
        var request = HTTPClientRequest(url: "http://\(address.authority)\(call.path)")
        request.method = call.isRead ? .GET : .POST
        request.headers.add(name: "accept", value: "application/json")
        do {
            // The client's own deadline ends with the head of the answer; this one covers it all.
            return try await withThrowingTaskGroup(of: UpstreamAnswer.self) { group in
                group.addTask { [client, request, bodyBytesMaximum] in
                    let response = try await client.execute(request, deadline: .distantFuture)
                    let body = try await response.body.collect(upTo: bodyBytesMaximum)
                    let date = response.headers.first(name: "date")
                    return UpstreamAnswer(
                        status: Int(response.status.code), body: body,
                        date: date.flatMap { Timestamp(httpDate: $0) })
                }
                group.addTask { [timeout, deadlines] in
                    try await deadlines.sleep(for: timeout)
                    if patience > timeout {
                        await onLate()
                        try await deadlines.sleep(for: patience - timeout)
                    }
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
