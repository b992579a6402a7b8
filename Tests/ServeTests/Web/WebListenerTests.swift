//  WebListenerTests.swift · ServeTests

import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Testing

@testable import Web

@Suite(.timeLimit(.minutes(10))) struct `A web listener` {
    @Test func `answers plain requests through the router, one connection many`() async throws {
        try await withEcho { port in
            let client = try await RawConnection(port: port)
            for _ in 0..<3 {
                try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                let answer = try await client.readAnswer()
                #expect(answer.status == 200)
                #expect(answer.body == "hello")
            }
        }
    }

    @Test func `turns a handshake into a socket that echoes`() async throws {
        try await withEcho { port in
            let client = try await RawConnection(port: port)
            try await client.send(RawConnection.handshake("/echo"))
            let answer = try await client.readAnswer()
            #expect(answer.status == 101)
            // The example of RFC 6455, 1.3.
            #expect(answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            #expect(try await client.readMessage() == "welcome")
            try await client.send(message: "hé")
            #expect(try await client.readMessage() == "hé")
        }
    }

    @Test func `upgrades a connection that has served plain requests before`() async throws {
        try await withEcho { port in
            let client = try await RawConnection(port: port)
            try await client.send(
                "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + RawConnection.handshake("/echo"))
            #expect(try await client.readAnswer().body == "hello")
            #expect(try await client.readAnswer().status == 101)
            #expect(try await client.readMessage() == "welcome")
            try await client.send(message: "x")
            #expect(try await client.readMessage() == "x")
        }
    }

    @Test func `answers a handshake after the requests before it`() async throws {
        let gate = Happenings<Void>()
        try await withEcho(gate: gate) { port in
            let client = try await RawConnection(port: port)
            try await client.send(
                "GET /gated HTTP/1.1\r\nHost: a\r\n\r\n" + RawConnection.handshake("/echo"))
            // Time for a handshake that would not wait to get ahead.
            let other = try await RawConnection(port: port)
            for _ in 0..<10 {
                try await other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await other.readAnswer()
            }
            gate.add(())
            #expect(try await client.readAnswer().body == "gated")
            #expect(try await client.readAnswer().status == 101)
        }
    }

    @Test func `answers a refused handshake and closes`() async throws {
        try await withEcho { port in
            let client = try await RawConnection(port: port)
            try await client.send(RawConnection.handshake("/refused"))
            let answer = try await client.readAnswer()
            #expect(answer.status == 403)
            #expect(answer["connection"] == "close")
            #expect(answer.body == "no")
            #expect(await client.readsEnd())
        }
    }

    @Test func `lets the router answer a handshake that is not for a socket`() async throws {
        try await withEcho { port in
            let client = try await RawConnection(port: port)
            try await client.send(RawConnection.handshake("/hello"))
            let answer = try await client.readAnswer()
            #expect(answer.status == 200)
            #expect(answer["connection"] == "close")
            #expect(answer.body == "hello")
            #expect(await client.readsEnd())
        }
    }

    @Test func `answers and closes what asks for another protocol`() async throws {
        try await withEcho { port in
            let client = try await RawConnection(port: port)
            try await client.send(
                "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
            #expect(try await client.readAnswer().body == "hello")
            #expect(await client.readsEnd())
        }
    }

    @Test(arguments: [
        ("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
        ("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("not HTTP", "hello there\r\n\r\n", 400),
        ("a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (
            "two lengths",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400
        ),
        (
            "a head of 17 KiB",
            "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 17 * 1024))\r\n\r\n",
            431
        ),
        (
            "101 fields",
            "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 100))\r\n", 431
        ),
        (
            "an old WebSocket",
            RawConnection.handshake("/echo").replacing("Version: 13", with: "Version: 8"), 426
        ),
        (
            "a handshake without key",
            RawConnection.handshake("/echo").replacing("Sec-WebSocket-Key", with: "Sec-Other"), 400
        ),
    ])
    func `answers what is malformed and closes`(what: String, request: String, status: Int)
        async throws
    {
        try await withEcho { port in
            let client = try await RawConnection(port: port)
            try await client.send(request)
            #expect(try await client.readAnswer().status == status, Comment(rawValue: what))
            #expect(await client.readsEnd())
        }
    }

    @Test func `says which port is in use`() async throws {
        try await withEcho { port in
            let second = echoListener(port: port) { _ in }
            await #expect {
                try await second.run()
            } throws: { error in
                "\(error)".contains("127.0.0.1:\(port): another program listens there")
            }
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `An open WebSocket` {
    @Test(
        arguments: [
            ("too long a message", 1, 4097, 1009),
            ("binary", 2, 3, 1003),
            ("a continuation of nothing", 0, 3, 1002),
            ("an unknown opcode", 5, 3, 1002),
        ] as [(String, UInt8, Int, UInt16)])
    func `closes with a code`(what: String, opcode: UInt8, count: Int, code: UInt16) async throws {
        try await withSocket { client in
            try await client.send(opcode: opcode, Array(repeating: 97, count: count))
            #expect(try await client.readFrame().closeCode == code, Comment(rawValue: what))
            try? await client.send(close: code)
            #expect(await client.readsEnd())
        }
    }

    @Test func `puts fragments together, and answers a ping between them`() async throws {
        try await withSocket { client in
            try await client.send(opcode: 1, Array("ab".utf8), isLast: false)
            try await client.send(opcode: 9, [7])
            try await client.send(opcode: 0, Array("c".utf8))
            #expect(try await client.readFrame() == .init(opcode: 10, payload: [7]))
            #expect(try await client.readMessage() == "abc")
        }
    }

    @Test func `closes on the eleventh message of a second`() async throws {
        try await withSocket { client in
            // Far more than eleven: some of them may be read in the next second.
            try await client.send(messages: (0..<200).map(String.init))
            var frame = try await client.readFrame()
            while frame.opcode == 1 { frame = try await client.readFrame() }
            #expect(frame.closeCode == 1008)
        }
    }

    @Test func `takes ten messages in a second`() async throws {
        try await withSocket { client in
            try await client.send(messages: (0..<10).map(String.init))
            for index in 0..<10 { #expect(try await client.readMessage() == "\(index)") }
        }
    }

    @Test func `answers a close with its code`() async throws {
        try await withSocket { client in
            try await client.send(close: 1000)
            #expect(try await client.readFrame().closeCode == 1000)
            #expect(await client.readsEnd())
        }
    }

    @Test func `is closed with 1001 when the listener stops`() async throws {
        let events = Happenings<String>()
        let client = Happenings<UInt16?>()
        async let seen = client.next()
        try await withEcho(events) { port in
            let connection = try await RawConnection(port: port)
            try await connection.send(RawConnection.handshake("/echo"))
            _ = try await connection.readAnswer()
            #expect(try await connection.readMessage() == "welcome")
            Task {
                client.add(try? await connection.readFrame().closeCode)
                try await connection.close()
            }
        }
        #expect(await seen == 1001)
        #expect(await events.next() == "closed")
    }

    private func withSocket(_ body: (RawConnection) async throws -> Void) async throws {
        try await withEcho { port in
            let client = try await RawConnection(port: port)
            try await client.send(RawConnection.handshake("/echo"))
            #expect(try await client.readAnswer().status == 101)
            #expect(try await client.readMessage() == "welcome")
            try await body(client)
        }
    }
}

/// Sends each message back.
private final class Echo: WebSocketPeer {
    let events: Happenings<String>?
    let socket = SocketBox()
    init(_ events: Happenings<String>?) { self.events = events }

    func opened(_ socket: WebSocket) {
        self.socket.set(socket)
        socket.send(text: "welcome")
    }
    func received(_ text: String) { socket.get()?.send(text: text) }
    func closed() { events?.add("closed") }
}

private struct EchoRouting: WebSocketRouting {
    let events: Happenings<String>?

    func decide(_ request: HTTPRequest, from address: String) async -> WebSocketDecision {
        switch request.path {
        case "/echo": .accept(Echo(events))
        case "/refused":
            .refuse(WebAnswer(status: .forbidden, fields: [:], body: ByteBuffer(string: "no")))
        default: .pass
        }
    }
}

private func echoListener(
    port: Int, _ events: Happenings<String>? = nil, gate: Happenings<Void>? = nil,
    onBound: @escaping @Sendable (Int) async -> Void
) -> WebListener {
    let router = Router()
    router.get("/hello") { _, _ in "hello" }
    router.get("/gated") { _, _ in
        await gate?.next()
        return "gated"
    }
    return WebListener(
        name: "test", host: "127.0.0.1", port: port, configuration: .patient,
        responder: router.buildResponder(), sockets: EchoRouting(events: events),
        onBound: onBound, logger: quietLogger)
}

private func withEcho(
    _ events: Happenings<String>? = nil, gate: Happenings<Void>? = nil,
    _ body: (Int) async throws -> Void
) async throws {
    try await withServices(
        { [echoListener(port: 0, events, gate: gate, onBound: $0)] }, body)
}
