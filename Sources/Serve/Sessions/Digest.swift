//  Digest.swift · Serve
//
//  The few functions of libcrypto that sessions need. Source: OpenSSL 3.0 manual.

import CCrypto

/// SHA-256, HMAC and random bytes.
enum Digest {
    /// SHA-256 of `bytes`: 32 bytes.
    static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let input = Array(bytes)
        var hash = [UInt8](repeating: 0, count: 32)
        SHA256(input, input.count, &hash)
        return hash
    }

    /// SHA-256 of memory: 32 bytes.
    static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 32)
        SHA256(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &hash)
        return hash
    }

    /// HMAC-SHA-256 of `bytes`: 32 bytes.
    static func hmac(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let done = earshot_hmac_sha256(key, Int32(key.count), bytes, bytes.count, &code)
        precondition(done == 1, "HMAC needs memory only")
        return code
    }

    /// True when both are the same; takes as long wherever they differ.
    static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
    }

    /// Bytes that nobody can guess; `nil` when the system has none to give.
    static func random(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return RAND_bytes(&bytes, Int32(count)) == 1 ? bytes : nil
    }

    /// Two lower-case digits a byte.
    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func bytes(hex text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
