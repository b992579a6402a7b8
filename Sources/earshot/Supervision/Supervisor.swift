//  Supervisor.swift · earshot
//
//  What systemd is told (sd_notify(3)): one datagram a message, lines of NAME=VALUE, to the socket
//  that $NOTIFY_SOCKET names; a leading @ stands for the null byte of an abstract address.

import CTimex  // timeval is of the first module that was seen to have it
import Foundation
import Glibc
import Synchronization

/// The supervisor that started this process, if it wants to be told.
final class Supervisor: Sendable {
    private let socket: Int32
    private let address: sockaddr_un
    private let length: socklen_t
    /// Before this much silence is over it wants a sign of life; `nil`: none.
    let patience: Duration?
    private let state = Mutex(State.starting)

    private enum State { case starting, ready, stopping }

    /// - Parameter environment: `NOTIFY_SOCKET`, and `WATCHDOG_USEC` when meant for this process.
    /// - Returns: `nil` when nobody wants to be told.
    /// - Throws: ``Failure`` with exit code 2 for an address that is none.
    init?(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        guard let path = environment["NOTIFY_SOCKET"], !path.isEmpty else { return nil }
        guard let (address, length) = Supervisor.address(path) else {
            throw Failure(
                .usage,
                "NOTIFY_SOCKET is \(path). It must be a path or @name of at most 107 bytes; unset "
                    + "it when no supervisor listens.")
        }
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        var patience = timeval(tv_sec: Supervisor.sendSeconds, tv_usec: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        self.address = address
        self.length = length
        self.patience = Supervisor.patience(environment, process: getpid())
    }

    deinit { close(socket) }

    /// Tells that the service serves.
    func ready(_ status: String) {
        state.withLock { state in
            guard state == .starting else { return }
            state = .ready
            send("READY=1\nSTATUS=\(status)")
        }
    }

    /// Tells that the service lives; only between ``ready(_:)`` and ``stopping()``.
    func alive() {
        state.withLock { if $0 == .ready { send("WATCHDOG=1", flags: Int32(MSG_DONTWAIT)) } }
    }

    /// Tells that the service ends by its own decision.
    func stopping() {
        state.withLock { state in
            guard state != .stopping else { return }
            state = .stopping
            send("STOPPING=1\nSTATUS=stopping")
        }
    }

    /// For how long a supervisor that does not read can hold up a start or a stop.
    private static let sendSeconds = 1

    /// Lost when nobody listens any more, or nobody reads, which is no reason to stop.
    private func send(_ message: String, flags: Int32 = 0) {
        let bytes = Array(message.utf8)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | flags, $0, length)
            }
        }
    }

    /// - Returns: `nil` for what is no address of a local socket.
    static func address(_ path: String) -> (sockaddr_un, socklen_t)? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        guard isAbstract || bytes.first == UInt8(ascii: "/"), bytes.count > 1, bytes.count < 108
        else { return nil }
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let head = MemoryLayout.offset(of: \sockaddr_un.sun_path)!
        // An abstract name ends with its length, a path with a null byte.
        return (address, socklen_t(head + bytes.count + (isAbstract ? 0 : 1)))
    }

    static func patience(_ environment: [String: String], process: Int32) -> Duration? {
        if let owner = environment["WATCHDOG_PID"], owner != "\(process)" { return nil }
        guard let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init), microseconds > 0
        else { return nil }
        return .microseconds(microseconds)
    }
}
