//  MonitorSocket.swift · Ingest
//
//  The `/monitor` WebSocket of one unit: connect, upgrade, and hand on what comes, in batches.
//
//      socket ─▶ frame decoder ─▶ aggregator ─▶ MessageBatcher ─▶ batches ─▶ one reader
//                                                one per read      at most 2 wait
//
//  Back-pressure: while two batches wait the socket is not read, so the upstream's own queue
//  fills. Bounds: a message is at most 256 KiB, a batch what one read of the socket gave.

import JSON
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// Why a socket ended.
enum SocketEnd: Hashable, Sendable {
    /// No connection, or it was cut; with the cause for the log.
    case refused(String)
    /// The upstream answered the upgrade with something else, or not in time.
    case notUpgraded
    /// Ended in order, by either side.
    case closed
}

/// Opens the `/monitor` sockets of one upstream.
struct MonitorSocket: Sendable {
    let group: any EventLoopGroup
    let address: UpstreamAddress
    /// For the connection, for the upgrade, and for the end. Real time: it bounds a socket.
    let timeout: Duration

    private typealias Batches = NIOAsyncChannel<[ByteBuffer], WebSocketFrame>

    /// Reads the socket at `path` until it ends, `until` returns, or this task is cancelled.
    ///
    /// What was read when `until` returns is still taken.
    /// - Parameter take: called with the messages of one read, in order; no more is read
    ///   meanwhile than the bounds say.
    func run(
        _ path: String, until: @escaping @Sendable () async -> Void,
        take: ([ByteBuffer]) async -> Void
    ) async -> SocketEnd {
        let channel: any Channel
        do {
            channel = try await connect()
        } catch {
            return .refused(String(describing: error))
        }
        let end = await read(channel, at: path, until: until, take: take)
        // Whoever waits for this one's place must not have it while this one is still open.
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
        return end
    }

    private func read(
        _ channel: any Channel, at path: String, until: @escaping @Sendable () async -> Void,
        take: ([ByteBuffer]) async -> Void
    ) async -> SocketEnd {
        do {
            guard let batches = try await upgrade(channel, to: path) else { return .notUpgraded }
            try await batches.executeThenClose { inbound, outbound in
                async let _: Void = close(channel, outbound, after: until)
                for try await batch in inbound { await take(batch) }
            }
            return .closed
        } catch {
            return .refused(String(describing: error))
        }
    }

    /// Says goodbye, and lets the other side close: until it does it counts this socket as open.
    private func close(
        _ channel: any Channel, _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>,
        after end: @Sendable () async -> Void
    ) async {
        await end()
        var code = ByteBuffer()
        code.write(webSocketErrorCode: .normalClosure)
        try? await outbound.write(
            WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: code))
        await withTaskCancellationHandler {
            let limit = TimeAmount(timeout)
            try? await channel.closeFuture.closing(channel, unlessDoneIn: limit).get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// - Throws: `CancellationError` at once when the task is cancelled; a connection that comes
    ///   about later is closed.
    private func connect() async throws -> any Channel {
        let promise = group.any().makePromise(of: (any Channel).self)
        let isSettled = Mutex(false)
        @Sendable func settle() -> Bool {
            isSettled.withLock { settled in
                defer { settled = true }
                return !settled
            }
        }
        return try await withTaskCancellationHandler {
            ClientBootstrap(group: group)
                .connectTimeout(TimeAmount(timeout))
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: address.host, port: address.port)
                .whenComplete { result in
                    if settle() {
                        promise.completeWith(result)
                    } else if case .success(let channel) = result {
                        channel.close(promise: nil)
                    }
                }
            return try await promise.futureResult.get()
        } onCancel: {
            if settle() { promise.fail(CancellationError()) }
        }
    }

    /// - Returns: `nil` when the upstream answered with something else; the channel is closed.
    private func upgrade(_ channel: any Channel, to path: String) async throws -> Batches? {
        let authority = address.authority
        let negotiation = channel.eventLoop.flatSubmit { [timeout] in
            MonitorSocket.negotiate(path, authority: authority, on: channel)
                .flatMapErrorThrowing { error in
                    channel.close(promise: nil)
                    throw error
                }
                .closing(channel, unlessDoneIn: TimeAmount(timeout))
        }
        return try await withTaskCancellationHandler {
            try await negotiation.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private static func negotiate(
        _ path: String, authority: String, on channel: any Channel
    ) -> EventLoopFuture<Batches?> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Batches?>(
            maxFrameSize: JSONValue.sizeLimitBytes
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture { try batches(of: channel) }
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: path, headers: ["host": authority])
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Batches?>(
            upgradeRequestHead: head, upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.close(promise: nil)
                return channel.eventLoop.makeSucceededFuture(nil)
            })
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: upgrade)
        // The upstream replays its last frame right behind the answer to the upgrade; by default
        // what comes in one read with that answer would be thrown away.
        configuration.leftOverBytesStrategy = .forwardBytes
        do {
            return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                configuration: configuration)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
    }

    /// A feed beats at least each 85 s. A host that lost its power never says that it is gone.
    private static let silenceLimit: TimeAmount = .seconds(180)

    private static func batches(of channel: any Channel) throws -> Batches? {
        try channel.pipeline.syncOperations.addHandlers(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64,
                maxAccumulatedFrameSize: JSONValue.sizeLimitBytes),
            IdleStateHandler(readTimeout: silenceLimit), MessageBatcher())
        return try Batches(
            wrappingChannelSynchronously: channel,
            configuration: .init(
                backPressureStrategy: .init(lowWatermark: 1, highWatermark: 2)))
    }
}

/// Collects the text messages of one read, answers pings, and ends on a close.
private final class MessageBatcher: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = [ByteBuffer]
    typealias OutboundOut = WebSocketFrame

    private var batch: [ByteBuffer] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text, .binary: batch.append(frame.unmaskedData)
        case .ping: reply(.pong, frame.unmaskedData, context)
        case .connectionClose:
            reply(.connectionClose, frame.unmaskedData, context)
            flush(context)
            context.close(promise: nil)
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        flush(context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        flush(context)
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard !batch.isEmpty else { return }
        context.fireChannelRead(wrapInboundOut(batch))
        batch = []
    }

    private func reply(
        _ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext
    ) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }
}

extension EventLoopFuture where Value: Sendable {
    /// Closes `channel` if this is not done in time: an upstream that accepts and stays silent
    /// would hold the socket for ever.
    fileprivate func closing(
        _ channel: any Channel, unlessDoneIn limit: TimeAmount
    ) -> EventLoopFuture<Value> {
        let timer = eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
        return always { _ in timer.cancel() }
    }
}
