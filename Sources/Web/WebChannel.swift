//  WebChannel.swift · Web
//
//  The pipeline of one accepted connection, in the shape that Hummingbird's server asks for.

import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// The handlers that speak HTTP, as they are taken out when a connection becomes a WebSocket.
struct HTTPHandlers {
    let encoder: HTTPResponseEncoder
    let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    let codec: HTTP1ToHTTPServerCodec
    let idleWatch: HTTPConnectionStateHandler
}

/// Serves HTTP/1.1 and WebSocket on each connection.
struct WebChannel: HTTPChannelHandler {
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let outcome: EventLoopFuture<ConnectionHandler.Outcome>
    }

    let responder: HTTPChannelHandler.Responder
    let configuration: WebListener.Configuration
    let routing: any WebSocketRouting

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = configuration.headBytes
            limits.maxHeaderListSize = configuration.headBytes
            limits.maxHeaderFieldCount = configuration.headFields
            let http = HTTPHandlers(
                encoder: HTTPResponseEncoder(),
                decoder: ByteToMessageHandler(
                    HTTPRequestDecoder(
                        leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)),
                codec: HTTP1ToHTTPServerCodec(secure: false),
                idleWatch: HTTPConnectionStateHandler(
                    idleTimeout: configuration.idle, logger: logger))
            let outcome = channel.eventLoop.makePromise(of: ConnectionHandler.Outcome.self)
            let connection = ConnectionHandler(
                configuration: configuration, routing: routing, http: http, outcome: outcome)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(http.encoder)
            try pipeline.addHandler(http.decoder)
            try pipeline.addHandler(http.codec)
            try pipeline.addHandler(http.idleWatch)
            try pipeline.addHandler(connection)
            try configuration.prepare(channel)
            return Value(channel: channel, outcome: outcome.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        switch try? await value.outcome.get() {
        case .http(let stream):
            await handleHTTP(asyncChannel: stream, logger: logger)
        case .other, nil:
            // A WebSocket lives on the event loop; the server must only know when it is over.
            try? await value.channel.closeFuture.get()
        }
    }
}
