//  RawConnection.swift · ServeTests
//
//  A TCP connection that a test drives byte by byte: what a client library would hide is what is
//  tested here.

import NIOCore
import NIOPosix

/// One connection to a listener on loopback.
final class RawConnection {
    struct Closed: Error {}
    struct Answer {
        var status: Int
        /// Names in lower case.
        var fields: [String: [String]]
        var bytes: [UInt8]
        var body: String { String(decoding: bytes, as: UTF8.self) }

        subscript(name: String) -> String? { fields[name]?.first }
    }
    struct Frame: Equatable {
        var opcode: UInt8
        var payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }
        var closeCode: UInt16? {
            opcode == 8 && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
        }
    }

    private let channel: any Channel
    private let incoming: AsyncStream<ByteBuffer>
    private var buffer = ByteBuffer()

    init(port: Int) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        incoming = stream
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws {
        try await send(ByteBuffer(string: text))
    }

    func send(_ bytes: ByteBuffer) async throws { try await channel.writeAndFlush(bytes) }

    /// Sends one masked frame, as a client must.
    func send(opcode: UInt8, _ payload: [UInt8], isLast: Bool = true) async throws {
        try await channel.writeAndFlush(RawConnection.frame(opcode, payload, isLast: isLast))
    }

    /// Sends messages in one write.
    func send(messages: [String]) async throws {
        var frames = ByteBuffer()
        for message in messages {
            frames.writeImmutableBuffer(RawConnection.frame(1, Array(message.utf8), isLast: true))
        }
        try await channel.writeAndFlush(frames)
    }

    private static func frame(_ opcode: UInt8, _ payload: [UInt8], isLast: Bool) -> ByteBuffer {
        var frame = ByteBuffer(bytes: [opcode | (isLast ? 0x80 : 0)])
        if payload.count < 126 {
            frame.writeInteger(0x80 | UInt8(payload.count))
        } else {
            frame.writeInteger(UInt8(0x80 | 126))
            frame.writeInteger(UInt16(payload.count))
        }
        let mask: [UInt8] = [1, 2, 3, 4]
        frame.writeBytes(mask)
        frame.writeBytes(payload.enumerated().map { $1 ^ mask[$0 % 4] })
        return frame
    }

    func send(message: String) async throws { try await send(opcode: 1, Array(message.utf8)) }

    func send(close code: UInt16) async throws {
        try await send(opcode: 8, [UInt8(code >> 8), UInt8(code & 255)])
    }

    func close() async throws { try? await channel.close() }

    /// Stops or starts reading from the socket, so that the other end's buffers fill.
    func setReading(_ reads: Bool) async throws {
        try await channel.setOption(ChannelOptions.autoRead, value: reads).get()
    }

    /// The next answer; its body by Content-Length, or in chunks with fields behind them.
    func readAnswer(hasBody: Bool = true) async throws -> Answer {
        let status = Int(try await readLine().split(separator: " ")[1])!
        var answer = Answer(status: status, fields: [:], bytes: [])
        try await readFields(into: &answer)
        guard hasBody, ![101, 204, 304].contains(status) else { return answer }
        guard answer["transfer-encoding"] == "chunked" else {
            answer.bytes = try await read(Int(answer["content-length"] ?? "0")!)
            return answer
        }
        while let size = Int(try await readLine(), radix: 16), size > 0 {
            answer.bytes += try await read(size)
            _ = try await readLine()
        }
        try await readFields(into: &answer)
        return answer
    }

    private func readFields(into answer: inout Answer) async throws {
        while true {
            let line = try await readLine()
            guard !line.isEmpty else { return }
            let parts = line.split(separator: ":", maxSplits: 1)
            answer.fields[parts[0].lowercased(), default: []].append(
                String(parts.count > 1 ? parts[1].drop { $0 == " " } : ""))
        }
    }

    private func readLine() async throws -> String {
        var line: [UInt8] = []
        while !line.ends(with: [13, 10]) { line += try await read(1) }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }

    func readFrame() async throws -> Frame {
        let head = try await read(2)
        var count = Int(head[1] & 0x7F)
        if count == 126 {
            let bytes = try await read(2)
            count = Int(bytes[0]) << 8 | Int(bytes[1])
        } else if count == 127 {
            count = try await read(8).reduce(0) { $0 << 8 | Int($1) }
        }
        return Frame(opcode: head[0] & 0x0F, payload: try await read(count))
    }

    /// The next text message; pings are passed over.
    func readMessage() async throws -> String {
        while true {
            let frame = try await readFrame()
            if frame.opcode == 1 { return frame.text }
            if frame.opcode == 8 { throw Closed() }
        }
    }

    /// True when the other end has closed the connection and sent nothing before.
    func readsEnd() async -> Bool {
        guard buffer.readableBytes == 0 else { return false }
        return await next() == nil
    }

    private func next() async -> ByteBuffer? {
        var iterator = incoming.makeAsyncIterator()
        return await iterator.next()
    }

    private func read(_ count: Int) async throws -> [UInt8] {
        while buffer.readableBytes < count {
            guard let more = await next() else { throw Closed() }
            buffer.writeImmutableBuffer(more)
        }
        return buffer.readBytes(length: count)!
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let continuation: AsyncStream<ByteBuffer>.Continuation
        init(_ continuation: AsyncStream<ByteBuffer>.Continuation) {
            self.continuation = continuation
        }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(unwrapInboundIn(data))
        }
        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}

extension Array where Element == UInt8 {
    fileprivate func ends(with other: [UInt8]) -> Bool { suffix(other.count).elementsEqual(other) }
}

extension RawConnection {
    /// The head of a WebSocket handshake.
    static func handshake(_ path: String, fields: [String] = []) -> String {
        ([
            "GET \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: keep-alive, Upgrade",
            "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }
}
