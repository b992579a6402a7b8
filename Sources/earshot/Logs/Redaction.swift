//  Redaction.swift · earshot
//
//  Secrets have a shape. Whatever has it does not reach a log, whoever wrote the line.

/// Takes secrets out of texts. Pure; O(n · rules).
enum Redaction {
    static let mark = "[redacted]"
    /// Longer texts are cut, so that no request can make a line of any length.
    static let bytesMaximum = 4096

    /// A secret: what stands before it, and what it is made of.
    private struct Rule {
        /// In lower case; found in either. Stays in the text, but for `takesPrefix`.
        let prefix: [UInt8]
        let takesPrefix: Bool
        /// Fewer bytes are no secret.
        let least: Int
        let isPart: @Sendable (UInt8) -> Bool

        init(
            _ prefix: String, takesPrefix: Bool = false, least: Int = 1,
            _ isPart: @escaping @Sendable (UInt8) -> Bool
        ) {
            self.prefix = Array(prefix.utf8)
            self.takesPrefix = takesPrefix
            self.least = least
            self.isPart = isPart
        }
    }

    private static let rules: [Rule] = [
        Rule("es_", takesPrefix: true, least: 64, isHexadecimal),
        Rule("esw_", takesPrefix: true, least: 64, isHexadecimal),
        Rule("bearer ", isWord),
        Rule("earshot-operator=", isWord),
        Rule("earshot-portal=", isWord),
        // A session's value: version, key, session, expiry, seal.
        Rule("v1.", takesPrefix: true, least: 40, isWord),
        Rule("/portal/enter/", isPathSegment),
        Rule("sign-in#", isWord),
    ]

    /// `text` without what looks like a secret, and not too long.
    static func clean(_ text: String) -> String {
        var text = text
        let isLong = text.utf8.count > bytesMaximum
        if isLong {
            // A secret at the cut would keep too little of its shape: one more than fits is read.
            text = String(decoding: text.utf8.prefix(bytesMaximum + 1024), as: UTF8.self)
        }
        let cleaned = text.utf8.withContiguousStorageIfAvailable { clean($0) } ?? clean(Array(text.utf8))
        guard isLong else { return cleaned.map { String(decoding: $0, as: UTF8.self) } ?? text }
        let bytes = cleaned ?? Array(text.utf8)
        return String(decoding: bytes.prefix(bytesMaximum), as: UTF8.self) + "…"
    }

    /// - Returns: `nil` when there is nothing to take out.
    private static func clean(_ bytes: some RandomAccessCollection<UInt8>) -> [UInt8]? {
        let bytes = Array(bytes)
        var cleaned: [UInt8] = []
        var kept = 0
        var index = 0
        while index < bytes.count {
            guard let (start, end) = secret(in: bytes, at: index) else {
                index += 1
                continue
            }
            cleaned += bytes[kept..<start]
            cleaned += Array(mark.utf8)
            (kept, index) = (end, end)
        }
        return kept == 0 ? nil : cleaned + bytes[kept...]
    }

    private static func secret(in bytes: [UInt8], at index: Int) -> (start: Int, end: Int)? {
        for rule in rules {
            let begin = index + rule.prefix.count
            guard begin < bytes.count,
                zip(bytes[index..<begin], rule.prefix).allSatisfy({ $0.lowercased == $1 })
            else { continue }
            let end = bytes[begin...].firstIndex { !rule.isPart($0) } ?? bytes.count
            if end - begin >= rule.least { return (rule.takesPrefix ? index : begin, end) }
        }
        return nil
    }

    @Sendable private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte.lowercased {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    /// Everything up to a blank, a quote or what ends a cookie or a list.
    @Sendable private static func isWord(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && !"\"';,<>)".utf8.contains(byte)
    }

    @Sendable private static func isPathSegment(_ byte: UInt8) -> Bool {
        isWord(byte) && !"/?#".utf8.contains(byte)
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
