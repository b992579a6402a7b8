//  FrameSource.swift · earshot

import Foundation
import Glibc

/// A file that is read from its beginning to its end, or standard input.
final class FrameSource {
    let name: String
    /// In bytes; `nil` for what is no file.
    let size: Int?
    /// When it was changed last, in microseconds since 1970; 0 for what is no file.
    let changed: Int
    private let descriptor: Int32

    var isFile: Bool { size != nil }

    /// - Parameter name: `-` for standard input.
    /// - Throws: ``Failure`` with exit code 69 when it cannot be read.
    init(_ name: String) throws {
        self.name = name == "-" ? "standard input" : name
        descriptor = name == "-" ? 0 : open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(reading: name) }
        let path = name == "-" ? "/dev/stdin" : name
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        guard facts?[.type] as? FileAttributeType != .typeDirectory else {
            throw Failure(.usage, "\(name) is a folder. Give a file.")
        }
        let isFile = name != "-" && facts?[.type] as? FileAttributeType == .typeRegular
        let date = facts?[.modificationDate] as? Date
        size = isFile ? facts?[.size] as? Int : nil
        changed = isFile ? Int((date?.timeIntervalSince1970 ?? 0) * 1e6) : 0
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    /// The next bytes, at most `count`; none at the end.
    func read(_ count: Int) throws -> [UInt8] {
        var failure: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while true {
                let got = Glibc.read(descriptor, buffer.baseAddress, count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = Failure(reading: name) }
                filled = max(0, got)
                return
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

extension Failure {
    /// What a person is told of a file that cannot be read; `errno` says why.
    init(reading name: String) {
        self.init(
            .unavailable,
            "\(name) cannot be read: \(String(cString: strerror(errno))). Give a file that can.")
    }
}
