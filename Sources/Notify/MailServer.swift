//  MailServer.swift · Notify

import Monitoring

/// The SMTP server that takes our mail.
package struct MailServer: Hashable, Sendable {
    /// `smtp://host:587`, without name and password.
    let url: String
    let user: String?
    let password: String?
    /// Whom mails are from.
    let from: String
    /// With `smtp://`: nothing is sent before STARTTLS; `smtps://` begins with TLS.
    let requiresTLS: Bool

    /// - Parameters:
    ///   - url: `smtp://[user@]host[:port]`, or `smtps://…`.
    ///   - from: as ``Recipient/isMailAddress(_:)`` wants it.
    /// - Returns: `nil` when one of them is not so.
    package init?(url: String, password: String?, from: String, requiresTLS: Bool) {
        guard let address = MailServer.parts(of: url), Recipient.isMailAddress(from) else {
            return nil
        }
        self.url = address.url
        user = address.user
        self.password = password
        self.from = from
        self.requiresTLS = requiresTLS
    }

    /// Whether `text` is the URL of a server: no password, no path. Bytes of the user's name that
    /// mean something in a URL are escaped: `smtp://me%40example.org@mail.example.org:587`.
    package static func isURL(_ text: String) -> Bool { parts(of: text) != nil }

    private static func parts(of text: String) -> (url: String, user: String?)? {
        guard let scheme = ["smtp://", "smtps://"].first(where: text.hasPrefix),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        var rest = text.dropFirst(scheme.count)
        if rest.last == "/" { rest.removeLast() }
        let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
        guard let host = parts.last, parts.count <= 2, isHost(host) else { return nil }
        guard parts.count == 2 else { return (scheme + host, nil) }
        guard !parts[0].isEmpty, !parts[0].contains(":"), let user = unescaped(parts[0]) else {
            return nil
        }
        return (scheme + host, user)
    }

    private static func isHost(_ text: Substring) -> Bool {
        var host = text
        if text.last != "]", let colon = text.lastIndex(of: ":") {
            guard let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
            else { return false }
            host = text[..<colon]
        }
        if host.first == "[", host.last == "]" {
            let address = host.dropFirst().dropLast()
            return !address.isEmpty && address.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
        }
        return !host.isEmpty && host.allSatisfy { $0.isLetter || $0.isNumber || "-._".contains($0) }
    }

    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = UInt8(String(Substring(rest.prefix(2))), radix: 16), value >= 0x20
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
