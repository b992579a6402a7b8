//  ContentHash.swift · Store

import CCrypto

/// SHA-256 of what comes in parts (FIPS 180-4), by Debian's libcrypto.
final class ContentHash {
    private let context = EVP_MD_CTX_new()!

    init() { precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1) }

    deinit { EVP_MD_CTX_free(context) }

    func add(_ bytes: [UInt8]) {
        precondition(EVP_DigestUpdate(context, bytes, bytes.count) == 1)
    }

    /// 64 hexadecimal digits. Nothing may be added afterwards.
    func hexadecimal() -> String {
        var hash = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &hash, nil) == 1)
        let digits = Array("0123456789abcdef".utf8)
        let text = hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    static func hexadecimal(of bytes: [UInt8]) -> String {
        let hash = ContentHash()
        hash.add(bytes)
        return hash.hexadecimal()
    }

    private static let stepBytes = 1 << 20

    /// Hands on a file in parts.
    /// - Returns: its hash.
    static func read(
        _ file: any DiskFile, _ body: ([UInt8]) throws -> Void = { _ in }
    ) throws -> String {
        let hash = ContentHash()
        let size = try file.size()
        var offset = 0
        while offset < size {
            let part = try file.read(at: offset, count: min(stepBytes, size - offset))
            hash.add(part)
            try body(part)
            offset += part.count
        }
        return hash.hexadecimal()
    }
}
