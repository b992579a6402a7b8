//  Wires.swift · Simulator
//
//  The open connections of one upstream, for faults that cut them.

import HTTPTypes
import Monitoring
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Connections that can be cut, and the wish to have none.
final class Wires: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isRefusing = false
    }

    private let state = Mutex(State())
    private let announcing: AsyncStream<Bool>.Continuation
    /// Each change of whether connections are refused. For one reader at a time.
    let refusals: AsyncStream<Bool>

    init() { (refusals, announcing) = AsyncStream.makeStream() }

    /// Takes an accepted connection.
    func add(_ channel: any Channel) {
        let isRefused = state.withLock { state in
            if !state.isRefusing { state.channels[ObjectIdentifier(channel)] = channel }
            return state.isRefusing
        }
        if isRefused { return channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { $0.channels[ObjectIdentifier(channel)] = nil }
        }
    }

    /// Closes all connections, behind what was written on them.
    func cutAll() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }

    /// The end: cuts all connections, and those that come yet.
    func stop() {
        state.withLock { $0.isRefusing = true }
        cutAll()
    }

    var isRefusing: Bool { state.withLock { $0.isRefusing } }

    func setRefusing(_ isRefusing: Bool) {
        let isNew = state.withLock { state in
            defer { state.isRefusing = isRefusing }
            return state.isRefusing != isRefusing
        }
        if isNew { announcing.yield(isRefusing) }
    }
}

/// Writes the upstream's own wall clock into the `Date` of answers.
final class DateHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let simulation: Simulation

    init(_ simulation: Simulation) { self.simulation = simulation }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), let now = simulation.wallClock else {
            return context.write(data, promise: promise)
        }
        head.headerFields[.date] = DateHandler.text(now)
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    /// `Mon, 23 Nov 2026 16:35:14 GMT`: RFC 9110, 5.6.7.
    static func text(_ time: UpstreamTime) -> String {
        let days = floorDivide(time.microseconds, by: 86_400_000_000)
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        // 2026-11-23T16:35:14
        let text = time.wholeSecond.text
        let month = months[Int(text.dropFirst(5).prefix(2))! - 1]
        return weekdays[Int(((days % 7) + 7) % 7)] + ", " + text.dropFirst(8).prefix(2) + " "
            + month + " " + text.prefix(4) + " " + text.suffix(8) + " GMT"
    }
}
