//  Receiver.swift · NotifyTests
//
//  A web server or a mail server in Python (receiver.py): another program's view of what we send.

import Dispatch
import Foundation
import Synchronization

/// A server on loopback that tells what it took.
final class Receiver: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description = "the receiver did not start; scripts/setup test makes .tools/notify-venv"
    }

    let port: Int
    private let process: Mutex<Process>
    private let lines: Lines

    /// - Parameter arguments: as receiver.py takes them.
    init(_ arguments: String...) async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        let process = Process()
        process.executableURL = root.appending(path: ".tools/notify-venv/bin/python")
        process.arguments = [folder.appending(path: "receiver.py").path()] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = Mutex(process)
        lines = Lines(pipe.fileHandleForReading)
        guard let port = Int(await lines.next()) else { throw Missing() }
        self.port = port
    }

    /// A signal that nothing can block: Foundation leaves those of tests blocked in what it starts.
    deinit { process.withLock { _ = kill($0.processIdentifier, SIGKILL) } }

    /// The next message that it took.
    func message() async -> [String: Any] {
        let value = try? JSONSerialization.jsonObject(with: Data(await lines.next().utf8))
        return value as? [String: Any] ?? [:]
    }

    /// Reads on a thread of its own: those of tasks are few, and must not wait.
    private final class Lines: Sendable {
        private let state: Mutex<(file: FileHandle, rest: String)>
        private let queue = DispatchQueue(label: "receiver")

        init(_ file: FileHandle) { state = Mutex((file, "")) }

        /// Empty at the end, and when nothing comes for 30 s.
        func next() async -> String {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: self.read()) }
            }
        }

        private func read() -> String {
            state.withLock { state in
                while !state.rest.contains("\n") {
                    var waiting = pollfd(
                        fd: state.file.fileDescriptor, events: Int16(POLLIN), revents: 0)
                    if poll(&waiting, 1, 30_000) != 1 { return "" }
                    let data = state.file.availableData
                    if data.isEmpty { return "" }
                    state.rest += String(decoding: data, as: UTF8.self)
                }
                let line = String(state.rest.prefix { $0 != "\n" })
                state.rest = String(state.rest.dropFirst(line.count + 1))
                return line
            }
        }
    }
}
