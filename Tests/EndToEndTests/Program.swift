//  Program.swift · EndToEndTests
//
//  The real program as its users have it: a process, its lines, its exit code.

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// A running `earshot`.
final class Program: Sendable {
    /// What a program that ended said.
    struct Outcome {
        let code: Int32
        let output: String
        let errors: String
    }

    private let process: Mutex<Process>
    private let output: FileHandle
    let pid: Int32

    /// The program that was built with these tests.
    static let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "earshot").path()

    /// Starts the program. Its standard error goes to `log`, by default nowhere.
    /// - Parameter environment: goes over that of the tests, whose settings do not count.
    init(
        _ arguments: [String], environment: [String: String] = [:], log: FileHandle = .nullDevice
    ) throws {
        let process = Process()
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("EARSHOT_") }.merging(environment) { $1 }
        process.executableURL = URL(filePath: Program.path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = log
        process.standardInput = FileHandle.nullDevice
        try process.run()
        pid = process.processIdentifier
        output = pipe.fileHandleForReading
        self.process = Mutex(process)
    }

    deinit { if process.withLock({ $0.isRunning }) { Glibc.kill(pid, SIGKILL) } }

    /// The value behind `key=` of the ready line; `nil` when the program ended before it.
    @concurrent
    func ready(_ key: String) async -> String? {
        guard let text = await lines(1)?.joined() else { return nil }
        return text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix(key + "=") }
            .map { String($0.dropFirst(key.count + 1)) }
    }

    /// At least its first `count` lines; `nil` when the program ended before them.
    @concurrent
    func lines(_ count: Int) async -> [Substring]? {
        var text = ""
        while text.count(where: { $0 == "\n" }) < count {
            let data = output.availableData
            if data.isEmpty { return nil }
            text += String(decoding: data, as: UTF8.self)
        }
        return text.split(separator: "\n")
    }

    /// Sends a signal and waits for the end.
    /// - Returns: the exit code, or the signal's number if that ended it.
    @concurrent
    func end(_ signal: Int32) async -> Int32 {
        Glibc.kill(pid, signal)
        return await ended()
    }

    @concurrent
    func ended() async -> Int32 {
        process.withLock {
            $0.waitUntilExit()
            return $0.terminationStatus
        }
    }

    /// Runs the program to its end.
    @concurrent
    static func run(_ arguments: String...) async throws -> Outcome {
        try await run(arguments)
    }

    @concurrent
    static func run(
        _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> Outcome {
        let errors = FileManager.default.temporaryDirectory
            .appending(path: "earshot-\(UUID().uuidString).txt")
        _ = FileManager.default.createFile(atPath: errors.path(), contents: nil)
        defer { try? FileManager.default.removeItem(at: errors) }
        let program = try Program(
            arguments, environment: environment, log: try FileHandle(forWritingTo: errors))
        let text = try program.output.readToEnd() ?? Data()
        return Outcome(
            code: await program.ended(), output: String(decoding: text, as: UTF8.self),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}

extension Program {
    /// When a play faster than time begins, so that it stays in the past: what is more than 5 min
    /// ahead of the clock is not believed.
    static var twoDaysAgo: String { Date(timeIntervalSinceNow: -172_800).ISO8601Format() }
}

/// A folder that is gone when nobody needs it.
final class TemporaryFolder: Sendable {
    let path = FileManager.default.temporaryDirectory
        .appending(path: "earshot-test-\(UUID().uuidString)").path()

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func token() async throws -> String {
        let outcome = try await Program.run(
            "token", "create", "--data", path, "--name", "test", "--scope", "admin")
        return String(outcome.output.split(whereSeparator: \.isWhitespace).last ?? "")
    }
}

/// Asks a running service.
struct Client {
    let url: String
    let token: String

    /// Status and body.
    func get(_ path: String) async throws -> (status: UInt, body: [String: Any]) {
        try await send(.GET, path)
    }

    /// Status and body.
    func send(
        _ method: HTTPMethod, _ path: String
    ) async throws -> (status: UInt, body: [String: Any]) {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        let body = try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView))
        return (response.status.code, body as? [String: Any] ?? [:])
    }
}
