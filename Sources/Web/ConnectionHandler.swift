//  ConnectionHandler.swift · Web
//
//  Decides, request by request, whether a connection stays HTTP or becomes a WebSocket.
//
//      bytes ─ decoder ─ codec ─ idle watch ─ this ─ requests, one after the other ─▶ router
//                                              └──── handshake ─▶ WebSocketHandler, HTTP taken out
//
//  NIO's own upgrade handler looks at a connection's first request only; behind a proxy that keeps
//  connections, a handshake may come later. The stream for the router (`NIOAsyncChannel`) is made
//  with the first plain request, so a connection that begins with a handshake never pays for it.

import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOWebSocket

final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// What became of the connection's beginning.
    enum Outcome: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        /// A WebSocket, or closed before any request.
        case other
    }

    private enum State {
        case http
        /// A handshake came; its answer waits for its end, and for the answers before it.
        case handshake(HTTPRequest, ended: Bool)
        case deciding(HTTPRequest)
        /// Answered by us, or upgraded: nothing more is taken as HTTP.
        case done
    }

    private let configuration: WebListener.Configuration
    private let routing: any WebSocketRouting
    private let http: HTTPHandlers
    private let outcome: EventLoopPromise<Outcome>
    private var outcomeIsKnown = false
    private var state = State.http
    /// Requests handed on whose answers have not ended.
    private var unanswered = 0
    private var closesAfterAnswers = false

    init(
        configuration: WebListener.Configuration, routing: any WebSocketRouting,
        http: HTTPHandlers, outcome: EventLoopPromise<Outcome>
    ) {
        self.configuration = configuration
        self.routing = routing
        self.http = http
        self.outcome = outcome
    }

    private func settle(_ value: Outcome) {
        guard !outcomeIsKnown else { return }
        outcomeIsKnown = true
        outcome.succeed(value)
    }
}

// MARK: - In

extension ConnectionHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (state, unwrapInboundIn(data)) {
        case (.http, .head(let request)):
            read(request, data, context)
        case (.http, _):
            context.fireChannelRead(data)
        case (.handshake(let request, _), .end):
            state = .handshake(request, ended: true)
            decideIfReady(context)
        case (.handshake, _):
            answer(.badRequest, "a handshake has no body", context)
        case (.deciding, _), (.done, _):
            break
        }
    }

    private func read(_ request: HTTPRequest, _ data: NIOAny, _ context: ChannelHandlerContext) {
        // The first Host became the authority; a second one is left among the fields.
        guard request.authority?.isEmpty == false,
            !request.headerFields.contains(where: { $0.name.canonicalName == "host" })
        else {
            return answer(.badRequest, "a request names its Host once", context)
        }
        if request.asksForWebSocket {
            state = .handshake(request, ended: false)
            return
        }
        // The decoder stops reading after any request to upgrade, whoever answers it.
        if request.headerFields[.upgrade] != nil { closesAfterAnswers = true }
        handOn(.head(request), context)
        // Senders of long bodies wait for this word (RFC 9110, 10.1.1), curl for a second.
        if unanswered == 1, request.headerFields[.expect]?.lowercased() == "100-continue" {
            let head = HTTPResponse(status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
    }

    private func handOn(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        if case .head = part { unanswered += 1 }
        if !outcomeIsKnown {
            do {
                settle(
                    .http(
                        try NIOAsyncChannel(
                            wrappingChannelSynchronously: context.channel,
                            configuration: .init(isOutboundHalfClosureEnabled: true))))
            } catch {
                context.close(promise: nil)
                return
            }
        }
        context.fireChannelRead(wrapInboundOut(part))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let fault = error as? HTTPParserError, unanswered == 0, case .http = state else {
            context.fireErrorCaught(error)
            if unanswered == 0 { context.close(promise: nil) }
            return
        }
        switch fault {
        case .headerOverflow:
            answer(.requestHeaderFieldsTooLarge, "the head of the request is too long", context)
        default:
            answer(.badRequest, "this is not an HTTP/1.1 request", context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Nobody reads the connection yet who would see its end.
        if case ChannelEvent.inputClosed = event, !outcomeIsKnown {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .deciding = state {} else { state = .done }
        settle(.other)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { settle(.other) }
}

// MARK: - Out

extension ConnectionHandler {
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var response) where closesAfterAnswers && unanswered == 1:
            response.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(response)), promise: promise)
        case .end:
            unanswered -= 1
            if closesAfterAnswers, unanswered == 0 {
                context.writeAndFlush(data, promise: promise)
                context.close(promise: nil)
            } else {
                context.write(data, promise: promise)
                decideIfReady(context)
            }
        default:
            context.write(data, promise: promise)
        }
    }

    /// Answers outside of the router and closes.
    private func answer(
        _ status: HTTPResponse.Status, _ detail: String, _ context: ChannelHandlerContext
    ) {
        answer(configuration.fault(status, detail), context)
    }

    private func answer(_ answer: WebAnswer, _ context: ChannelHandlerContext) {
        state = .done
        var fields = answer.fields
        fields[.connection] = "close"
        fields[.contentLength] = String(answer.body.readableBytes)
        let head = HTTPResponse(status: answer.status, headerFields: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }
}

// MARK: - Handshake

extension ConnectionHandler {
    private func decideIfReady(_ context: ChannelHandlerContext) {
        guard case .handshake(let request, ended: true) = state, unanswered == 0 else { return }
        let fields = request.headerFields
        guard fields[values: .secWebSocketVersion] == ["13"] else {
            var refusal = configuration.fault(
                .upgradeRequired, "WebSocket version 13 is spoken here")
            refusal.fields[.secWebSocketVersion] = "13"
            return answer(refusal, context)
        }
        guard fields[values: .secWebSocketKey].count == 1 else {
            return answer(.badRequest, "a handshake has one Sec-WebSocket-Key", context)
        }
        state = .deciding(request)
        let routing = routing
        let address = context.remoteAddress?.ipAddress ?? ""
        let decision = context.eventLoop.makePromise(of: WebSocketDecision.self)
        decision.completeWithTask { await routing.decide(request, from: address) }
        decision.futureResult.assumeIsolated().whenSuccess { decision in
            self.follow(decision, request, context)
        }
    }

    private func follow(
        _ decision: WebSocketDecision, _ request: HTTPRequest, _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive else {
            if case .accept(let peer) = decision { peer.closed() }
            return
        }
        switch decision {
        case .accept(let peer):
            upgrade(to: peer, request, context)
        case .refuse(let refusal):
            answer(refusal, context)
        case .pass:
            state = .http
            closesAfterAnswers = true
            handOn(.head(request), context)
            handOn(.end(nil), context)
            context.fireChannelReadComplete()
        }
    }

    private func upgrade(
        to peer: any WebSocketPeer, _ request: HTTPRequest, _ context: ChannelHandlerContext
    ) {
        state = .done
        let key = request.headerFields[.secWebSocketKey] ?? ""
        let old = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/",
            headers: ["Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"])
        // Only for its arithmetic of Sec-WebSocket-Accept, which NIO keeps to itself otherwise.
        let arithmetic = NIOTypedWebSocketServerUpgrader<Void>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        arithmetic.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: old, initialResponseHeaders: [:]
        ).assumeIsolated().whenComplete { result in
            guard case .success(let headers) = result,
                let accept = headers.first(name: "Sec-WebSocket-Accept")
            else {
                peer.closed()
                context.close(promise: nil)
                return
            }
            let fields: HTTPFields = [
                .upgrade: "websocket", .connection: "upgrade", .secWebSocketAccept: accept,
            ]
            let head = HTTPResponse(status: .switchingProtocols, headerFields: fields)
            context.write(self.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            self.replaceHTTP(by: peer, context)
        }
    }

    private func replaceHTTP(by peer: any WebSocketPeer, _ context: ChannelHandlerContext) {
        let limits = configuration.socketLimits
        let socket = WebSocketHandler(peer: peer, limits: limits)
        let frames = ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: limits.messageBytes))
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(frames, position: .after(http.decoder))
            try pipeline.addHandler(socket, position: .after(frames))
        } catch {
            peer.closed()
            context.close(promise: nil)
            return
        }
        for handler in [http.codec, http.idleWatch, http.encoder, self]
            as [any RemovableChannelHandler]
        {
            pipeline.removeHandler(handler, promise: nil)
        }
        socket.open()
        // Last: bytes that came behind the handshake go on to the frame decoder.
        pipeline.removeHandler(http.decoder, promise: nil)
    }
}

extension HTTPRequest {
    /// RFC 6455, 4.2.1; the version and the key are judged later.
    fileprivate var asksForWebSocket: Bool {
        method == .get && has("websocket", in: .upgrade) && has("upgrade", in: .connection)
    }

    private func has(_ token: String, in name: HTTPField.Name) -> Bool {
        headerFields[values: name].contains { value in
            value.split(separator: ",").contains {
                $0.trimmingPrefix(while: { $0 == " " }).lowercased().hasPrefix(token)
            }
        }
    }
}
