//  WebSocket.swift · Web
//
//  A handle on one open WebSocket, for any thread.

package import NIOCore

/// One open WebSocket.
///
/// Sends keep the order of the calls, from whatever thread they come. A reader that is slow loses
/// the oldest messages; one that takes nothing for `WebSocketLimits.blocked` is closed.
package final class WebSocket: Sendable {
    private let handler: NIOLoopBound<WebSocketHandler>
    let eventLoop: any EventLoop

    init(_ handler: WebSocketHandler, on eventLoop: any EventLoop) {
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
        self.eventLoop = eventLoop
    }

    /// Sends one text message.
    package func send(text: String) {
        send(framed: WebSocket.frame(text: text))
    }

    /// Sends bytes that are whole frames already, made once for many sockets.
    ///
    /// - Parameter messages: how many messages the bytes hold; they are dropped together.
    package func send(framed: ByteBuffer, messages: Int = 1) {
        // Always by way of the loop's queue: calls from on and off the loop keep their order, and
        // a caller's lock is never held while a failed write tells the peer that it closed.
        eventLoop.execute { self.deliver(framed, messages: messages) }
    }

    /// Closes with `code` after what was sent before.
    package func close(_ code: WebSocketCloseCode) {
        eventLoop.execute { self.handler.value.close(code) }
    }

    /// On the event loop only.
    func deliver(_ framed: ByteBuffer, messages: Int) {
        handler.value.send(framed, messages: messages)
    }

    /// On the event loop only.
    func noteDropped(_ count: Int) { handler.value.noteDropped(count) }

    /// `text` as one WebSocket frame from a server: not masked (RFC 6455, 5.2).
    package static func frame(text: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        let count = text.utf8.count
        buffer.reserveCapacity(count + 10)
        writeHeader(opcode: 1, count: count, into: &buffer)
        buffer.writeString(text)
        return buffer
    }

    /// `text`, given as bytes of UTF-8, as one frame at the end of `buffer`.
    package static func write(frameOf text: ByteBuffer, into buffer: inout ByteBuffer) {
        writeHeader(opcode: 1, count: text.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(text)
    }

    static func writeHeader(opcode: UInt8, count: Int, into buffer: inout ByteBuffer) {
        buffer.writeInteger(0x80 | opcode)
        switch count {
        case ..<126:
            buffer.writeInteger(UInt8(count))
        case ...0xFFFF:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(count))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(count))
        }
    }
}
