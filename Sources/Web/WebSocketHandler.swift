//  WebSocketHandler.swift · Web
//
//  The last handler of an upgraded connection: frames in, bytes out, no task and no stream of its
//  own, so that ten thousand of them stay cheap.
//
//      open ──our close──▶ closing ──their close, or time──▶ closed
//        └──their close, echoed──────────────────────────────▶ closed

import NIOCore
import NIOHTTP1
import NIOWebSocket

final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = ByteBuffer

    private enum State { case new, open, closing, closed }

    private let peer: any WebSocketPeer
    private let limits: WebSocketLimits
    private var inbound: InboundMessages
    private var outbound: OutboundQueue
    private var state = State.new
    private var context: ChannelHandlerContext?
    private var blockedDeadline: Scheduled<Void>?
    private var pinging: Scheduled<Void>?
    private var silentPings = 0

    init(peer: any WebSocketPeer, limits: WebSocketLimits) {
        self.peer = peer
        self.limits = limits
        inbound = InboundMessages(limits: limits)
        outbound = OutboundQueue(
            bound: limits.waitingMessages, losesNewest: limits.losesNewest)
    }

    /// The connection speaks WebSocket from now on.
    func open() {
        guard let context, state == .new else { return }
        state = .open
        askWhetherThereLater(context)
        peer.opened(WebSocket(self, on: context.eventLoop))
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    private func finish() {
        guard state != .closed else { return }
        state = .closed
        blockedDeadline?.cancel()
        pinging?.cancel()
        peer.closed()
    }
}

// MARK: - Out

extension WebSocketHandler {
    func send(_ framed: ByteBuffer, messages: Int) {
        guard state == .open, let context else { return }
        guard outbound.isEmpty, context.channel.isWritable else {
            let before = outbound.dropped
            outbound.add(OutboundQueue.Item(bytes: framed, messages: messages))
            if outbound.dropped > before { peer.lost(outbound.dropped - before) }
            drain()
            return
        }
        context.writeAndFlush(wrapOutboundOut(framed), promise: nil)
        watchForBlocking()
    }

    func noteDropped(_ count: Int) {
        outbound.noteDropped(count)
        peer.lost(count)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            blockedDeadline?.cancel()
            blockedDeadline = nil
            drain()
        } else {
            watchForBlocking()
        }
        context.fireChannelWritabilityChanged()
    }

    private func drain() {
        guard state == .open, let context, context.channel.isWritable else { return }
        let lost = outbound.takeDropped()
        if lost > 0, let notice = peer.notice(ofDropped: lost) {
            context.write(wrapOutboundOut(WebSocket.frame(text: notice)), promise: nil)
        }
        while context.channel.isWritable, let item = outbound.next() {
            context.write(wrapOutboundOut(item.bytes), promise: nil)
        }
        context.flush()
        watchForBlocking()
    }

    private func watchForBlocking() {
        guard let context, state == .open, !context.channel.isWritable, blockedDeadline == nil
        else { return }
        blockedDeadline = context.eventLoop.assumeIsolated().scheduleTask(in: limits.blocked) {
            self.blockedDeadline = nil
            self.close(.tooSlow)
        }
    }

    /// Says goodbye, and cuts the connection when the other end does not answer in time.
    func close(_ code: WebSocketCloseCode) {
        guard state == .open, let context else { return }
        state = .closing
        peer.closing(code)
        pinging?.cancel()
        blockedDeadline?.cancel()
        writeControl(8, ByteBuffer(integer: code.rawValue), context)
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: limits.closing) {
            self.context?.close(promise: nil)
        }
    }

    private func askWhetherThereLater(_ context: ChannelHandlerContext) {
        pinging = context.eventLoop.assumeIsolated().scheduleTask(in: limits.ping) {
            self.askWhetherThere()
        }
    }

    private func askWhetherThere() {
        guard state == .open, let context else { return }
        silentPings += 1
        guard silentPings <= 3 else { return context.close(promise: nil) }
        writeControl(9, ByteBuffer(), context)
        askWhetherThereLater(context)
    }

    private func writeControl(
        _ opcode: UInt8, _ payload: ByteBuffer, _ context: ChannelHandlerContext
    ) {
        var frame = ByteBuffer()
        WebSocket.writeHeader(opcode: opcode, count: payload.readableBytes, into: &frame)
        frame.writeImmutableBuffer(payload)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }
}

// MARK: - In

extension WebSocketHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        silentPings = 0
        switch state {
        case .new:
            // Bytes that came right behind the handshake: the socket opens for them.
            open()
            handle(frame, context)
        case .open:
            handle(frame, context)
        case .closing:
            if frame.opcode == .connectionClose { context.close(promise: nil) }
        case .closed:
            break
        }
    }

    private func handle(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        switch inbound.take(frame, at: .now()) {
        case .nothing:
            break
        case .message(let text):
            peer.received(text)
        case .pong(let payload):
            writeControl(10, payload, context)
        case .closed(let code):
            state = .closing
            writeControl(8, ByteBuffer(integer: code.rawValue), context)
            context.close(promise: nil)
        case .fault(let code):
            close(code)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            close(.goingAway)
        case ChannelEvent.inputClosed:
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            close(.tooBig)
        case is NIOWebSocketError:
            close(.protocolError)
        case is ByteToMessageDecoderError where state == .closing:
            // The rest of what was refused: cutting the connection now would make the other end
            // lose our close code. It sees our end, and closes; or the time runs out.
            break
        default:
            context.close(promise: nil)
        }
    }
}
