//  RequestLogTests.swift · ServeTests

import Logging
import Monitoring
import Support
import Synchronization
import Testing

@testable import Serve

/// Keeps what is logged, as text.
private final class KeptLog: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }

    func add(_ line: String) { kept.withLock { $0.append(line) } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = .debug
        return logger
    }

    private struct Handler: LogHandler {
        let log: KeptLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }
            log.add("\(event.level) \(event.message): \(fields.joined(separator: " "))")
        }
    }
}

private struct BrokenDirectory: UnitDirectory {
    struct Broken: Error {}
    func units() async throws -> [Unit] { throw Broken() }
    func upstreams() async throws -> [Upstream] { [] }
    func revision() async throws -> Int64 { 0 }
    func adopt(_ upstreamUnits: [String], of upstream: Upstream) async throws -> [Unit] { [] }
    func update(_ unit: Unit) async throws {}
    func remove(_ unit: UnitID) async throws -> Bool { false }
}

@Suite(.timeLimit(.minutes(10))) struct `The log of requests` {
    @Test func `has each request by its id and its route`() async throws {
        let log = KeptLog()
        var site = Site()
        site.logger = log.logger
        try await site.run { port async throws in
            for (path, level, route, status) in [
                ("/api/units/a/live", "debug a request was answered", "/api/units/{unit}/live", 200),
                ("/api/units/nobody", "info a request was refused", "/api/units/{unit}", 404),
                ("/nothing", "info a request was refused", "none", 404),
            ] {
                let answer = try await port.get(path)
                let line = try #require(
                    log.lines.first { $0.contains("request_id=\(answer["x-request-id"]!)") })
                #expect(line.hasPrefix(level))
                #expect(line.contains("route=\(route) status=\(status)"))
                #expect(line.contains("milliseconds="))
            }
        }
    }

    @Test func `tells why a request failed, which its answer does not`() async throws {
        let log = KeptLog()
        var site = Site()
        site.logger = log.logger
        site.broken = BrokenDirectory()
        try await site.run { port async throws in
            let answer = try await port.get("/api/units")
            #expect(answer.status == 500)
            #expect(!answer.body.contains("Broken"))
            let line = try #require(
                log.lines.first { $0.contains("request_id=\(answer["x-request-id"]!)") })
            #expect(line.hasPrefix("error a request failed"))
            #expect(line.contains("error=Broken"))
        }
    }

    @Test func `holds no secret, whatever is asked for`() async throws {
        let log = KeptLog()
        var site = Site()
        site.logger = log.logger
        site.tokens = FakeTokens(["hush-1": 7], scope: .admin)
        let cookie = try await site.session()
        try await site.run { port async throws in
            for fields in [
                ["Authorization: Bearer hush-1"], ["Authorization: Bearer hush-2"],
                ["Cookie: earshot-operator=\(cookie)"], ["X-Request-Id: hush-3"],
            ] {
                for path in ["/portal/enter/hush-4", "/api/units?token=hush-5", "/units/hush.6"] {
                    let answer = try await port.get(path, fields: fields)
                    #expect(answer["x-request-id"] != "hush-3")
                }
                _ = try? await port.stream("a?token=hush-7", fields: fields)
            }
            _ = try await port.request(
                "POST", "/sign-in", fields: ["Content-Type: application/x-www-form-urlencoded"],
                body: "token=hush-8&next=/hush-9")
            _ = try await port.request(
                "PUT", "/api/units/a",
                fields: ["Authorization: Bearer hush-1", "Content-Type: application/json"],
                body: #"{"hush-10":"hush-11","rate":"full"}"#)
        }
        #expect(!log.lines.isEmpty)
        for line in log.lines {
            #expect(!line.contains("hush"), Comment(rawValue: line))
            #expect(!line.contains(cookie.suffix(20)), Comment(rawValue: line))
        }
    }
}
