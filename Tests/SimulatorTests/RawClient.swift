//  RawClient.swift · SimulatorTests
//
//  A client that shows the bytes as they come, and knows nothing of our own HTTP code.

import NIOCore
import NIOPosix

@testable import Simulator

struct RawClient {
    let port: Int

    /// One request on a connection of its own: all that came back, until it was closed.
    func text(_ method: String, _ path: String, _ body: String = "") async throws -> String {
        let request = """
            \(method) \(path) HTTP/1.1\r
            Host: 127.0.0.1\r
            Connection: close\r
            Content-Length: \(body.utf8.count)\r
            \r
            \(body)
            """
        return String(buffer: try await exchange(request) { _ in false })
    }

    /// One request on a connection of its own: status and JSON body.
    func send(
        _ method: String, _ path: String, _ body: String = ""
    ) async throws -> (status: Int, body: JSON) {
        let text = try await text(method, path, body)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1)
        let status = try unwrap(Int(unwrap(text.split(separator: " ").dropFirst().first)))
        return (status, try JSON(parsing: Array(unwrap(parts.last).utf8)))
    }

    /// The first `count` text frames of a WebSocket, as the bytes of their JSON.
    func frames(_ path: String, count: Int) async throws -> [[UInt8]] {
        let request = """
            GET \(path) HTTP/1.1\r
            Host: 127.0.0.1\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \r\n
            """
        // Taken apart as they come: frames so far, and the bytes behind them.
        var frames: [[UInt8]] = []
        var isOpen = false
        var position = 0
        _ = try await exchange(request) { bytes in
            if !isOpen {
                guard let head = bytes.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))
                else { return false }
                isOpen = true
                position = head.upperBound
            }
            bytes.moveReaderIndex(to: position)
            while frames.count < count, let frame = ReceivedFrames.message(from: &bytes) {
                frames.append(frame)
            }
            position = bytes.readerIndex
            return frames.count == count
        }
        return frames
    }

    /// - Parameter isEnough: called with everything received so far; true hangs up.
    private func exchange(
        _ request: String, until isEnough: (inout ByteBuffer) -> Bool
    ) async throws -> ByteBuffer {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Opening(request))
                    return try NIOAsyncChannel<ByteBuffer, Never>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound in
            var received = ByteBuffer()
            for try await part in inbound {
                received.writeImmutableBuffer(part)
                if isEnough(&received) { break }
            }
            return received
        }
    }
}

/// Says the request as soon as there is a connection: the simulator closes idle ones after 5 s, and
/// a task may have to wait longer than that for its turn. Later says that it is still there, as the
/// simulator cuts sockets that answer no ping for a minute.
private final class Opening: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: String

    init(_ request: String) { self.request = request }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
        context.fireChannelActive()
        guard request.contains("Upgrade: websocket") else { return }
        let channel = context.channel
        // A pong without being asked for, masked with zeros (RFC 6455, 5.5.3).
        let pongs = context.eventLoop.scheduleRepeatedTask(
            initialDelay: .seconds(15), delay: .seconds(15)
        ) { _ in
            channel.writeAndFlush(ByteBuffer(bytes: [0x8A, 0x80, 0, 0, 0, 0]), promise: nil)
        }
        channel.closeFuture.whenComplete { _ in pongs.cancel() }
    }
}
