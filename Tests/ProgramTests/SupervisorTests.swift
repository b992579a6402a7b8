//  SupervisorTests.swift · ProgramTests

import Glibc
import Testing

@testable import earshot

@Suite struct `A supervisor` {
    @Test func `is told only where a socket is named`() throws {
        #expect(try Supervisor(environment: [:]) == nil)
        #expect(try Supervisor(environment: ["NOTIFY_SOCKET": ""]) == nil)
        #expect(throws: Failure.self) { try Supervisor(environment: ["NOTIFY_SOCKET": "relative"]) }
        let long = "/" + String(repeating: "x", count: 107)
        #expect(throws: Failure.self) { try Supervisor(environment: ["NOTIFY_SOCKET": long]) }
    }

    @Test(arguments: [
        ([:], nil),
        (["WATCHDOG_USEC": "30000000"], Duration.seconds(30)),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"], .seconds(30)),
        (["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"], nil),
        (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "soon"], nil),
    ])
    func `has patience when it is meant for this process`(
        environment: [String: String], patience: Duration?
    ) {
        #expect(Supervisor.patience(environment, process: 42) == patience)
    }

    @Test(arguments: [false, true])
    func `hears of start, life and stop in this order, each state once`(isAbstract: Bool) throws {
        let name = "/tmp/earshot-notify-\(getpid())-\(UInt32.random(in: .min ... .max))"
        let path = isAbstract ? "@" + name.dropFirst() : name
        let listener = try #require(NotifySocket(path))
        let supervisor = try #require(try Supervisor(environment: ["NOTIFY_SOCKET": path]))
        supervisor.alive()
        supervisor.ready("serving http://127.0.0.1:8081")
        supervisor.ready("again")
        supervisor.alive()
        supervisor.stopping()
        supervisor.stopping()
        supervisor.alive()
        #expect(
            listener.waiting() == [
                "READY=1\nSTATUS=serving http://127.0.0.1:8081", "WATCHDOG=1",
                "STOPPING=1\nSTATUS=stopping",
            ])
    }

    /// unix(7): an abstract name is all bytes of the address, a path ends with a null byte.
    @Test(arguments: [("@ab", 5, [0, 97, 98, 0]), ("/ab", 6, [47, 97, 98, 0])])
    func `has an address as the system wants it`(path: String, length: Int, bytes: [Int8]) throws {
        let (address, found) = try #require(Supervisor.address(path))
        #expect(Int(found) == length)
        let name = address.sun_path
        #expect([name.0, name.1, name.2, name.3] == bytes)
    }

    /// The system keeps ten messages or so of what is not read.
    @Test func `that does not read holds up nothing`() throws {
        let path = "@earshot-deaf-\(UInt32.random(in: .min ... .max))"
        let listener = try #require(NotifySocket(path))
        let supervisor = try #require(try Supervisor(environment: ["NOTIFY_SOCKET": path]))
        supervisor.ready("serving")
        for _ in 0..<2000 { supervisor.alive() }
        supervisor.stopping()
        let heard = listener.waiting()
        #expect(heard.first == "READY=1\nSTATUS=serving")
        #expect(heard.dropFirst().allSatisfy { $0 == "WATCHDOG=1" })
        #expect((2..<2000).contains(heard.count))
    }

    @Test func `that is gone stops nothing`() throws {
        let supervisor = try #require(
            try Supervisor(environment: ["NOTIFY_SOCKET": "/tmp/earshot-nobody-\(getpid())"]))
        supervisor.ready("serving")
        supervisor.stopping()
    }
}

@Suite struct `A heartbeat` {
    /// Answers so many times, then never again.
    private actor Part {
        private var answers: Int
        private var silence: [CheckedContinuation<Void, Never>] = []
        private var onSilence: CheckedContinuation<Void, Never>?

        init(answers: Int) { self.answers = answers }

        func answer() async {
            answers -= 1
            guard answers < 0 else { return }
            await withCheckedContinuation { silence.append($0); onSilence?.resume(); onSilence = nil }
        }

        /// Returns when a question stays without an answer.
        func silent() async {
            if silence.isEmpty { await withCheckedContinuation { onSilence = $0 } }
        }

        func release() { for waiting in silence { waiting.resume() } }
    }

    @Test func `is told only while every part answers`() async throws {
        let path = "@earshot-heartbeat-\(UInt32.random(in: .min ... .max))"
        let listener = try #require(NotifySocket(path))
        let supervisor = try #require(
            try Supervisor(environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000"]))
        supervisor.ready("serving")
        let part = Part(answers: 3)
        let heartbeat = Heartbeat(supervisor: supervisor, parts: [{}, { await part.answer() }])
        let running = Task { try await heartbeat.run() }
        await part.silent()
        let signs = listener.waiting().filter { $0 == "WATCHDOG=1" }
        #expect(signs.count == 3)
        running.cancel()
        await part.release()
        try await running.value
        #expect(listener.waiting().last == "STOPPING=1\nSTATUS=stopping")
    }
}

/// What systemd listens at.
private final class NotifySocket {
    private let descriptor: Int32
    private let path: String

    init?(_ path: String) {
        self.path = path
        descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard case (var address, let length)? = Supervisor.address(path) else { return nil }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { return nil }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The messages that have come. A datagram is there once it was sent.
    func waiting() -> [String] {
        var messages: [String] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &bytes, bytes.count, 0), count > 0 {
            messages.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
        return messages
    }
}
