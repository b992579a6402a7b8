//  PasswordHash.swift · Store
//
//  What is kept of a password. Source: RFC 7914 (scrypt), OpenSSL 3.0 manual, EVP_PBE_scrypt(3).

import CCrypto
import Dispatch
import Foundation
import Monitoring
import Synchronization

/// The scrypt hash of a password, with all that it takes to make it again.
struct PasswordHash: Hashable, Sendable {
    /// What it costs to make one: 128·n·r bytes of memory, and some 0.1 s.
    struct Cost: Hashable, Sendable {
        var n: UInt64 = 1 << 15
        var r: UInt64 = 8
        var p: UInt64 = 1
    }

    let cost: Cost
    let salt: [UInt8]
    /// 32 bytes.
    let bytes: [UInt8]

    init(cost: Cost, salt: [UInt8], bytes: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.bytes = bytes
    }

    /// - Returns: `nil` when the system has no random bytes, or no memory.
    init?(of password: String, cost: Cost = Cost()) {
        var salt = [UInt8](repeating: 0, count: 16)
        guard RAND_bytes(&salt, 16) == 1,
            let bytes = PasswordHash.scrypt(password, salt: salt, cost)
        else { return nil }
        self.init(cost: cost, salt: salt, bytes: bytes)
    }

    /// Takes as long whether it does or not.
    func matches(_ password: String) -> Bool {
        guard bytes.count == 32,
            let other = PasswordHash.scrypt(password, salt: salt, cost)
        else { return false }
        return CRYPTO_memcmp(bytes, other, 32) == 0
    }

    /// Nobody's, for names that nobody has: to find that out costs as much as a wrong password.
    static let nobody = PasswordHash(
        cost: Cost(), salt: [UInt8](repeating: 0, count: 16), bytes: [UInt8](repeating: 0, count: 32))

    private static func scrypt(_ password: String, salt: [UInt8], _ cost: Cost) -> [UInt8]? {
        // Keyboards differ in how they put letters and accents together.
        let text = Array(password.precomposedStringWithCanonicalMapping.utf8)
        var bytes = [UInt8](repeating: 0, count: 32)
        let done = text.withUnsafeBytes { text in
            EVP_PBE_scrypt(
                text.bindMemory(to: CChar.self).baseAddress, text.count, salt, salt.count, cost.n,
                cost.r, cost.p, 256 << 20, &bytes, bytes.count)
        }
        return done == 1 ? bytes : nil
    }

    /// A password that nobody has to think of: 100 random bits in four groups, of letters that are
    /// not taken for others (Crockford's base 32).
    ///
    /// - Returns: `nil` when the system has no random bytes.
    static func makePassword() -> String? {
        var bytes = [UInt8](repeating: 0, count: 20)
        guard RAND_bytes(&bytes, 20) == 1 else { return nil }
        let letters = Array("0123456789abcdefghjkmnpqrstvwxyz")
        let text = bytes.map { letters[Int($0 & 31)] }
        return stride(from: 0, to: 20, by: 5).map { String(text[$0..<$0 + 5]) }
            .joined(separator: "-")
    }
}

/// Where passwords are hashed: a thread of its own, one at a time, so that they hold up nobody else.
///
/// Bound: ``waitingMaximum`` at once, some seconds' work; more are refused.
final class PasswordBench: Sendable {
    static let waitingMaximum = 32

    private let queue = DispatchQueue(label: "earshot.passwords")
    private let waiting = Mutex(0)

    /// - Throws: ``OperatorError/busy``.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async throws -> Result {
        let isFree = waiting.withLock { count in
            guard count < PasswordBench.waitingMaximum else { return false }
            count += 1
            return true
        }
        guard isFree else { throw OperatorError.busy }
        return await withCheckedContinuation { continuation in
            queue.async {
                let result = work()
                self.waiting.withLock { $0 -= 1 }
                continuation.resume(returning: result)
            }
        }
    }
}
