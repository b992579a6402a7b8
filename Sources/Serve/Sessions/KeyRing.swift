//  KeyRing.swift · Serve
//
//  The secrets that session cookies are sealed with.
//
//      keys/sessions.keys, 0600 in a folder of 0700, one key a line, the last one seals:
//      k1 5f3c…64 hexadecimal digits…9a
//      k2 …

import CCrypto
import Glibc

/// The secrets that session cookies are sealed with, by id. The newest seals, all of them open.
package struct KeyRing: Sendable {
    struct Key {
        let id: String
        /// At least 32 bytes.
        let secret: [UInt8]
    }

    let keys: [Key]

    var newest: Key { keys[keys.count - 1] }

    func key(_ id: some StringProtocol) -> Key? { keys.first { $0.id == id } }

    /// - Precondition: there is a key, and each has at least 32 bytes.
    init(keys: [Key]) {
        precondition(!keys.isEmpty && keys.allSatisfy { $0.secret.count >= 32 })
        self.keys = keys
    }

    /// The ring in `directory`, which is made with its first key when it is not there.
    ///
    /// - Throws: ``KeyRingError``. A key shorter than 32 bytes is refused, not used.
    package init(directory: String) throws(KeyRingError) {
        let path = directory + "/sessions.keys"
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw .cannotWrite(directory, errno: errno)
        }
        guard let file = open(path, O_RDONLY | O_CLOEXEC).valid else {
            guard errno == ENOENT else { throw .cannotRead(path, errno: errno) }
            try KeyRing.make(path)
            try self.init(directory: directory)
            return
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw .cannotRead(path, errno: errno) }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        var keys: [Key] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let secret = Digest.bytes(hex: parts[1]), secret.count >= 32
            else { throw .damaged(path) }
            keys.append(Key(id: String(parts[0]), secret: secret))
        }
        guard !keys.isEmpty else { throw .damaged(path) }
        self.init(keys: keys)
    }

    /// Writes a first key, all or nothing: a crash leaves no file, or a whole one.
    private static func make(_ path: String) throws(KeyRingError) {
        guard let secret = Digest.random(32) else { throw .noRandomness }
        let line = Array("k1 \(Digest.hex(secret))\n".utf8)
        let draft = path + ".new"
        unlink(draft)
        guard let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600).valid else {
            throw .cannotWrite(draft, errno: errno)
        }
        defer { close(file) }
        guard write(file, line, line.count) == line.count, fsync(file) == 0,
            rename(draft, path) == 0
        else { throw .cannotWrite(path, errno: errno) }
    }
}

extension Int32 {
    fileprivate var valid: Int32? { self >= 0 ? self : nil }
}

/// Why there are no keys.
package enum KeyRingError: Error, CustomStringConvertible {
    case cannotRead(String, errno: Int32)
    case cannotWrite(String, errno: Int32)
    /// Not the form of this file, or a key of less than 32 bytes.
    case damaged(String)
    case noRandomness

    package var description: String {
        switch self {
        case .cannotRead(let path, let code):
            "cannot read \(path): \(String(cString: strerror(code)))"
        case .cannotWrite(let path, let code):
            "cannot write \(path): \(String(cString: strerror(code)))"
        case .damaged(let path): "\(path) is not a file of session keys; remove it to make new ones"
        case .noRandomness: "the system gives no random bytes"
        }
    }
}
