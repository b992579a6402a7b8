//  SlowReaderTests.swift · ServeTests

import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@testable import Web

@Suite(.timeLimit(.minutes(10))) struct `A reader that does not read` {
    @Test func `loses the oldest messages and is told how many`() async throws {
        try await withBroadcast { port, group, arrivals in
            let client = try await joined(port, arrivals)
            try await client.setReading(false)
            let count = 600
            for index in 0..<count { group.send(framed: WebSocket.frame(text: big(index))) }
            // Runs on the same event loop, behind the last of them.
            for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
                try await loop.submit {}.get()
            }
            try await client.setReading(true)
            var received: [Int] = []
            var dropped = 0
            while received.count + dropped < count {
                let message = try await client.readMessage()
                if let count = Int(message.drop { $0 != "=" }.dropFirst()) {
                    dropped += count
                } else {
                    received.append(Int(message.prefix { $0 != " " })!)
                }
            }
            #expect(dropped > 0)
            #expect(received == received.sorted())
            #expect(received.last == count - 1)
            try await client.close()
        }
    }

    @Test func `is closed with 1013 in the end`() async throws {
        var limits = WebListener.Configuration.patient.socketLimits
        limits.blocked = .milliseconds(20)
        limits.closing = .milliseconds(20)
        try await withBroadcast(limits) { port, group, arrivals in
            let client = try await joined(port, arrivals)
            try await client.setReading(false)
            for index in 0..<600 { group.send(framed: WebSocket.frame(text: big(index))) }
            #expect(await arrivals.next() == "closed")
            try await client.close()
        }
    }

    private func big(_ index: Int) -> String {
        "\(index) " + String(repeating: "x", count: 60_000)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `A group of sockets` {
    @Test func `gets every message in order, however many they are`() async throws {
        try await withBroadcast { port, group, arrivals in
            var clients: [RawConnection] = []
            for _ in 0..<300 { clients.append(try await joined(port, arrivals)) }
            #expect(group.count == 300)
            for index in 0..<20 { group.send(framed: WebSocket.frame(text: "\(index)")) }
            for client in clients {
                for index in 0..<20 { #expect(try await client.readMessage() == "\(index)") }
            }
            for client in clients { try await client.close() }
            for _ in clients { #expect(await arrivals.next() == "closed") }
            #expect(group.count == 0)
        }
    }
}

private func joined(
    _ port: Int, _ arrivals: Happenings<String>
) async throws -> RawConnection {
    let client = try await RawConnection(port: port)
    try await client.send(RawConnection.handshake("/"))
    _ = try await client.readAnswer()
    #expect(await arrivals.next() == "opened")
    return client
}

private final class Member: WebSocketPeer {
    let group: WebSocketGroup
    let arrivals: Happenings<String>
    let socket = SocketBox()

    init(_ group: WebSocketGroup, _ arrivals: Happenings<String>) {
        self.group = group
        self.arrivals = arrivals
    }

    func opened(_ socket: WebSocket) {
        self.socket.set(socket)
        group.add(socket)
        arrivals.add("opened")
    }
    func closed() {
        if let socket = socket.get() { group.remove(socket) }
        arrivals.add("closed")
    }
    func notice(ofDropped count: Int) -> String? { "dropped =\(count)" }
}

private struct MemberRouting: WebSocketRouting {
    let group: WebSocketGroup
    let arrivals: Happenings<String>
    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        .accept(Member(group, arrivals))
    }
}

private func withBroadcast(
    _ limits: WebSocketLimits = WebListener.Configuration.patient.socketLimits,
    _ body: (Int, WebSocketGroup, Happenings<String>) async throws -> Void
) async throws {
    let group = WebSocketGroup()
    let arrivals = Happenings<String>()
    try await withServices {
        var configuration = WebListener.Configuration.patient
        configuration.socketLimits = limits
        return [
            WebListener(
                name: "test", host: "127.0.0.1", port: 0, configuration: configuration,
                responder: Router().buildResponder(),
                sockets: MemberRouting(group: group, arrivals: arrivals), onBound: $0,
                logger: quietLogger)
        ]
    } _: { port in
        try await body(port, group, arrivals)
    }
}
