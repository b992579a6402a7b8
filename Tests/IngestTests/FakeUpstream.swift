//  FakeUpstream.swift · IngestTests
//
//  An upstream on loopback that does what a test says: answers, keeps silent, talks nonsense,
//  goes away. Plain NIO.

import Monitoring
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

final class FakeUpstream: Sendable {
    enum Manner: Sendable {
        case answering, silent
        case saying(status: Int, body: String)
    }

    struct State: Sendable {
        var manner: Manner = .answering
        var units: [String] = []
        /// Bodies of `/status` by unit; a unit without one was never read.
        var rows: [String: String] = [:]
        /// Bodies of `/history` by unit; a unit without one has an old upstream, which answers 404.
        var trails: [String: String] = [:]
        var running: Set<String> = []
        /// Feeds that somebody stopped: listed, and not running.
        var stopped: Set<String> = []
        var unreachable: Set<String> = []
        /// What a new socket is told at once, by unit.
        var replays: [String: String] = [:]
        /// How long an answer takes.
        var delay: TimeAmount = .zero
        /// `GET /path`, in order of arrival.
        var requests: [String] = []
        /// `WS /path`, in order of arrival.
        var upgrades: [String] = []
        /// The `Date` of answers.
        var date: String?
        /// Units of which `/status` is never answered.
        var silentUnits: Set<String> = []
        /// It does not answer questions for its trail.
        var isTrailSilent = false
        var pendingCount = 0
        var pendingCountMax = 0
        /// All requests that were kept without an answer.
        var heldCount = 0
        /// Answer those that are.
        var held: [@Sendable () -> Void] = []
        var isGone = false
        /// Open sockets by unit.
        var sockets: [String: [any Channel]] = [:]
        var socketCountMax = 0
        /// All sockets ever opened, by unit.
        var openings: [String: Int] = [:]
        var connections: [ObjectIdentifier: any Channel] = [:]

        func requestCount(_ line: String) -> Int { requests.count { $0 == line } }
        var socketCount: Int { sockets.values.reduce(0) { $0 + $1.count } }
        /// The most sockets and requests that there were at a time.
        var loadMax = 0
        mutating func noteLoad() { loadMax = max(loadMax, socketCount + pendingCount) }
    }

    let state: Recorder<State>
    private let listener = Mutex<(any Channel)?>(nil)
    private let port = Mutex(0)

    init(units: [String] = []) {
        var state = State()
        state.units = units
        state.running = Set(units)
        self.state = Recorder(state)
    }

    var upstream: Upstream {
        Upstream(id: "u", url: "http://127.0.0.1:\(port.withLock { $0 })")
    }

    /// Listens; again on the same port when it did before.
    func start() async throws {
        state.change { $0.isGone = false }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [self] channel in configure(channel) }
            .bind(host: "127.0.0.1", port: port.withLock { $0 }).get()
        port.withLock { $0 = channel.localAddress!.port! }
        listener.withLock { $0 = channel }
    }

    /// Goes away: refuses connections, and cuts those there are.
    func stop() async throws {
        let channel = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        try await channel?.close().get()
        let connections = state.change { state in
            state.isGone = true
            return state.connections
        }
        for connection in connections.values { try? await connection.close().get() }
    }

    /// Answers what was kept waiting.
    func release() {
        let held = state.change { state in
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer() }
    }

    /// Sends texts over all sockets of `unit`, in order.
    func push(_ texts: [String], to unit: String) {
        for channel in state.value.sockets[unit] ?? [] {
            channel.eventLoop.execute {
                for text in texts {
                    let frame = WebSocketFrame(
                        fin: true, opcode: .text, data: ByteBuffer(string: text))
                    channel.write(frame, promise: nil)
                }
                channel.flush()
            }
        }
    }

    func closeSockets(of unit: String) {
        let channels = state.change { $0.sockets.removeValue(forKey: unit) }
        for channel in channels ?? [] { channel.close(promise: nil) }
    }

    /// Sets the cached row of `unit`: a reading at `second` of the value `lp`.
    func setRow(_ unit: String, second: Int, lp: String) {
        state.change {
            $0.rows[unit] = #"{"status":"ok","data":\#(Self.frame(second, lp, "last_seen"))}"#
        }
    }

    /// Sets the trail of `unit`: a point at each of `seconds`, of the levels that a reading has.
    func setTrail(_ unit: String, seconds: [Int]) {
        let start = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!
        let rows = seconds.map { second in
            let time = start.advanced(byMilliseconds: Int64(second) * 1000)
            return #"{"timestamp":"\#(time.description.dropLast())","lp":"51.0","leq":"50.0","#
                + #""lmax":"70.0","ln1":"60.0","ln2":"-.-"}"#
        }
        state.change { $0.trails[unit] = #"{"readings":[\#(rows.joined(separator: ","))]}"# }
    }

    /// A reading at `second` and `milliseconds` after 2026-11-23T00:00 as a message of the socket.
    static func frame(
        _ second: Int, _ lp: String, _ timeKey: String = "timestamp", milliseconds: Int = 0
    ) -> String {
        let start = Timestamp(rfc3339: "2026-11-23T00:00:00Z")!
        let time = start.advanced(byMilliseconds: Int64(second * 1000 + milliseconds))
        return #"{"\#(timeKey)":"\#(time.description.dropLast())","measurement_state":"Start","#
            + #""measurement_start_time":"2026-11-22T23:00:00","lp":"\#(lp)","leq":"50.0","#
            + #""feed_status":"ok"}"#
    }

    // MARK: Answers

    fileprivate func answer(_ method: HTTPMethod, _ path: String) -> (status: Int, body: String) {
        state.change { state in
            if case .saying(let status, let body) = state.manner { return (status, body) }
            let parts = path.split(separator: "/").dropFirst(2).map(String.init)
            switch (method, parts.first, parts.dropFirst().joined(separator: "/")) {
            case (.GET, "roster", ""):
                let rows = state.units.map { #"{"unit_id":"\#($0)","ftp_password":"x"}"# }
                return (200, #"{"devices":[\#(rows.joined(separator: ","))]}"#)
            case (.GET, "_monitor", "status"):
                let rows = state.running.map {
                    #""\#($0)":{"running":true,"reachable":\#(!state.unreachable.contains($0))}"#
                }
                let others = state.stopped.map { #""\#($0)":{"running":false,"reachable":true}"# }
                let all = (rows + others).joined(separator: ",")
                return (200, #"{"monitors":{\#(all)}}"#)
            case (.GET, let unit?, "status"):
                return state.rows[unit].map { (200, $0) }
                    ?? (404, #"{"detail":"No NL43 status recorded"}"#)
            case (.GET, let unit?, let call) where call.hasPrefix("history?hours="):
                return state.trails[unit].map { (200, $0) } ?? (404, #"{"detail":"Not Found"}"#)
            case (.POST, let unit?, "monitor/start"):
                state.running.insert(unit)
                return (200, #"{"status":"ok"}"#)
            default:
                return (404, #"{"detail":"Not Found"}"#)
            }
        }
    }

    // MARK: Connections

    private func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
        let isGone = state.change { state in
            state.connections[ObjectIdentifier(channel)] = channel
            return state.isGone
        }
        // It was accepted just before.
        if isGone { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { [state] _ in
            state.change { $0.connections[ObjectIdentifier(channel)] = nil }
        }
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { [self] channel, head in
                let unit = String(head.uri.split(separator: "/")[2])
                state.change {
                    $0.upgrades.append("WS \(head.uri)")
                    $0.sockets[unit, default: []].append(channel)
                    $0.openings[unit, default: 0] += 1
                    $0.socketCountMax = max($0.socketCountMax, $0.socketCount)
                    $0.noteLoad()
                }
                let leave: @Sendable () -> Void = { [state] in
                    state.change { $0.sockets[unit]?.removeAll { $0 === channel } }
                }
                channel.closeFuture.whenComplete { _ in leave() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CloseEcho(leave))
                    if let text = state.value.replays[unit] {
                        let frame = WebSocketFrame(
                            fin: true, opcode: .text, data: ByteBuffer(string: text))
                        channel.writeAndFlush(frame, promise: nil)
                    }
                }
            })
        return channel.eventLoop.makeCompletedFuture {
            let handler = RequestHandler(self)
            let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                withServerUpgrade: (
                    upgraders: [upgrader],
                    completionHandler: { context in
                        context.pipeline.syncOperations.removeHandler(bound.value, promise: nil)
                    }
                ))
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }
}

private final class CloseEcho: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private let leave: @Sendable () -> Void

    /// - Parameter leave: called before the other side can know that the socket is closed.
    init(_ leave: @escaping @Sendable () -> Void) { self.leave = leave }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard unwrapInboundIn(data).opcode == .connectionClose else { return }
        leave()
        context.close(promise: nil)
    }
}

private final class RequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let upstream: FakeUpstream
    private var head: HTTPRequestHead?
    private var isHolding = false

    init(_ upstream: FakeUpstream) { self.upstream = upstream }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            let delay = upstream.state.change { state -> TimeAmount? in
                state.requests.append("\(head.method.rawValue) \(head.uri)")
                state.pendingCount += 1
                state.pendingCountMax = max(state.pendingCountMax, state.pendingCount)
                state.noteLoad()
                if case .silent = state.manner { return nil }
                if state.silentUnits.contains(where: { head.uri == "/api/nl43/\($0)/status" }) {
                    return nil
                }
                if state.isTrailSilent, head.uri.contains("/history") { return nil }
                return state.delay
            }
            guard let delay else { return hold(head, context) }
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
                reply(head, bound.value)
            }
        }
    }

    /// Answers when the upstream is told to, or never.
    private func hold(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        isHolding = true
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        context.channel.closeFuture.whenComplete { _ in
            guard bound.value.handler.isHolding else { return }
            bound.value.handler.isHolding = false
            bound.value.handler.upstream.state.change { $0.pendingCount -= 1 }
        }
        upstream.state.change { state in
            state.heldCount += 1
            state.held.append {
                loop.execute {
                    guard bound.value.handler.isHolding else { return }
                    bound.value.handler.isHolding = false
                    bound.value.handler.reply(head, bound.value.context)
                }
            }
        }
    }

    private func reply(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let (status, body) = upstream.answer(head.method, head.uri)
        upstream.state.change { $0.pendingCount -= 1 }
        var headers: HTTPHeaders = [
            "content-type": "application/json", "content-length": "\(body.utf8.count)",
        ]
        if let date = upstream.state.value.date { headers.add(name: "date", value: date) }
        let response = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
