//  FakeUpstream.swift · EndToEndTests
//
//  An upstream with planted faults: canned answers, or none.

import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers as it is told, and counts what it is asked.
final class FakeUpstream: Sendable {
    struct Answers: Sendable {
        var roster = #"{"status":"ok","devices":[],"total":0}"#
        var monitors = #"{"status":"ok","monitors":{}}"#
        /// Of its clock from ours.
        var clockOffsetSeconds = 0.0
        /// Accepts and stays silent.
        var isStalled = false

        /// `count` monitors run, of which so many are watched.
        static func busy(_ count: Int, watched: Int) -> Answers {
            var answers = Answers()
            let monitors = (0..<count).map {
                #""u\#($0)":{"running":true,"reachable":true,"mode":"\#($0 < watched ? "watched" : "idle")"}"#
            }
            answers.monitors = #"{"status":"ok","monitors":{\#(monitors.joined(separator: ","))}}"#
            return answers
        }
    }

    static func withOneUnit() async throws -> FakeUpstream {
        var answers = Answers()
        answers.roster = #"{"status":"ok","devices":[{"unit_id":"u1","status":null}],"total":1}"#
        return try await FakeUpstream(answers)
    }

    private let channel: any Channel
    var url: String { "http://127.0.0.1:\(channel.localAddress!.port!)" }

    init(_ answers: Answers = Answers()) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(answers: answers))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let answers: Answers

        init(answers: Answers) { self.answers = answers }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let request) = unwrapInboundIn(data), !answers.isStalled else { return }
            let body =
                switch request.uri {
                case "/api/nl43/roster": answers.roster
                case "/api/nl43/_monitor/status": answers.monitors
                default: "{}"
                }
            let format = DateFormatter()
            format.locale = Locale(identifier: "en_US_POSIX")
            format.timeZone = TimeZone(secondsFromGMT: 0)
            format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            let date = format.string(from: Date(timeIntervalSinceNow: answers.clockOffsetSeconds))
            let head = HTTPResponseHead(
                version: .http1_1, status: .ok,
                headers: ["content-length": "\(body.utf8.count)", "date": date])
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
