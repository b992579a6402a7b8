//  Running.swift · ServeTests
//
//  Services that run for the length of a test.

import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
@testable import Web

/// Runs the services that `make` makes, waits until one of them called the closure it was given,
/// runs `body` with what it said, and shuts the services down.
func withServices<Result>(
    _ make: (_ onBound: @escaping @Sendable (Int) async -> Void) -> [any Service],
    _ body: (Int) async throws -> Result
) async throws -> Result {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let group = ServiceGroup(
        services: make { continuation.yield($0) }, logger: quietLogger)
    async let running: Void = {
        defer { continuation.finish() }
        try await group.run()
    }()
    var iterator = ports.makeAsyncIterator()
    guard let port = await iterator.next() else {
        try await running
        throw CancellationError()
    }
    do {
        let result = try await body(port)
        await group.triggerGracefulShutdown()
        try await running
        return result
    } catch {
        await group.triggerGracefulShutdown()
        try? await running
        throw error
    }
}

extension WebListener.Configuration {
    /// Nobody is sent away for being slow: on a busy machine everybody is.
    static let patient = {
        var configuration = WebListener.Configuration()
        configuration.idle = .seconds(3600)
        configuration.socketLimits.ping = .hours(1)
        configuration.socketLimits.blocked = .hours(1)
        return configuration
    }()
}

let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Things that happened elsewhere, in their order, to be waited for.
final class Happenings<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func add(_ element: Element) { continuation.yield(element) }

    /// The next one; waits for it.
    func next() async -> Element? {
        var iterator = stream.makeAsyncIterator()
        return await iterator.next()
    }
}

/// A socket that one thread sets and others use.
final class SocketBox: Sendable {
    private let socket = Mutex<WebSocket?>(nil)
    func set(_ value: WebSocket) { socket.withLock { $0 = value } }
    func get() -> WebSocket? { socket.withLock { $0 } }
}
