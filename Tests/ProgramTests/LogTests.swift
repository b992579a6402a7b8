//  LogTests.swift · ProgramTests

import Foundation
import Logging
import Synchronization
import Testing

@testable import earshot

@Suite struct `A log` {
    private static let token = "es_" + String(repeating: "0123456789abcdef", count: 4)
    private static let session = "v1.k1.0123456789.1790000000." + String(repeating: "a", count: 43)

    @Test(arguments: [
        ("GET /api with \(token) failed", "GET /api with [redacted] failed"),
        (token.uppercased(), "[redacted]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("authorization: bearer abc, next", "authorization: bearer [redacted], next"),
        ("Cookie: a=b; earshot-operator=xyz; c=d", "Cookie: a=b; earshot-operator=[redacted]; c=d"),
        ("__Host-earshot-portal=\"xyz\"", "__Host-earshot-portal=\"xyz\""),
        ("__Host-earshot-portal=xyz", "__Host-earshot-portal=[redacted]"),
        ("session \(session) ended", "session [redacted] ended"),
        ("GET /portal/enter/tok-alpha-0123 200", "GET /portal/enter/[redacted] 200"),
        ("/portal/enter/a?b=c", "/portal/enter/[redacted]?b=c"),
        ("open http://a:1/sign-in#\(token)", "open http://a:1/sign-in#[redacted]"),
        ("http://a:1/sign-in#abc then", "http://a:1/sign-in#[redacted] then"),
        ("\(token) \(token)", "[redacted] [redacted]"),
        // What only begins alike stays.
        ("es_0123", "es_0123"), ("a bearer of news", "a bearer [redacted] news"),
        ("v1.2.3 is out", "v1.2.3 is out"), ("/portal/enter/", "/portal/enter/"),
        ("köln 57.1 dB", "köln 57.1 dB"), ("", ""),
    ])
    func `keeps secrets out of texts`(text: String, cleaned: String) {
        #expect(Redaction.clean(text) == cleaned)
    }

    @Test func `cuts what is too long, and no secret with it`() {
        let long = String(repeating: "x", count: Redaction.bytesMaximum - 10) + " " + Self.token
            + String(repeating: "y", count: 100_000)
        let cleaned = Redaction.clean(long)
        #expect(cleaned.utf8.count <= Redaction.bytesMaximum + 3)
        #expect(!cleaned.contains("es_0"))
    }

    @Test func `keeps secrets out of messages, errors and metadata of any depth`() {
        struct Fault: Error { let words = "Bearer abc" }
        let lines = Lines()
        var logger = Logger(label: "t") { _ in RedactingLogHandler(lines.handler) }
        logger[metadataKey: "kept"] = "\(Self.token)"
        logger.error(
            "with \(Self.token)", error: Fault(),
            metadata: [
                "text": "\(Self.token)", "thing": .stringConvertible(URL(string: "http://a/sign-in#abc")!),
                "list": [.string(Self.token)], "map": ["inner": .string(Self.token)],
            ])
        let line = lines.all.joined()
        #expect(line.contains("[redacted]"))
        for secret in ["es_0", "abc"] { #expect(!line.contains(secret), "\(line)") }
        for key in ["kept", "text", "thing", "list", "map", "error"] { #expect(line.contains(key)) }
    }

    @Test func `in JSON is one object a line, of bounded length`() throws {
        let line = JSONLogHandler.line(
            time: "2026-11-24T00:00:00Z", level: "info", message: "a\nb",
            ["request": "r1", "message": "no", "time": "no"])
        #expect(line.last == 10 && line.dropLast().allSatisfy { $0 != 10 })
        let fields = try JSONDecoder().decode([String: String].self, from: Data(line))
        #expect(
            fields == [
                "time": "2026-11-24T00:00:00Z", "level": "info", "message": "a\nb", "request": "r1",
            ])
        for text in ["x", "\u{0}", "\"", "ö"] {
            let long = String(repeating: text, count: 100_000)
            let cut = JSONLogHandler.line(
                time: "t", level: "info", message: long, ["a": long, "b": long])
            #expect(cut.count <= JSONLogHandler.lineBytesMaximum)
            let fields = try JSONDecoder().decode([String: String].self, from: Data(cut))
            #expect(fields["shortened"] == "true" && fields["message"]?.isEmpty == false)
        }
    }
}

/// Keeps lines instead of writing them.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    var handler: some LogHandler { Handler(lines: self) }

    struct Handler: LogHandler {
        let lines: Lines
        var logLevel: Logger.Level = .trace
        var metadata: Logger.Metadata = [:]
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let error = event.error.map { "\($0)" } ?? ""
            lines.lines.withLock { $0.append("\(event.message) \(all) \(error)") }
        }
    }
}
