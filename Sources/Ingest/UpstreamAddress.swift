//  UpstreamAddress.swift · Ingest
//
//  Where an upstream is. Plain HTTP only: an upstream has no authentication and no TLS, and lives
//  beside this service.

/// Why ingest cannot be set up.
package enum IngestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An upstream's URL is not `http://host[:port]`.
    case invalidURL(String)
    /// Two upstreams have this id.
    case repeatedUpstream(String)
    /// The poll interval is under 20 ms.
    case intervalTooShort(Duration)

    package var description: String {
        switch self {
        case .invalidURL(let url):
            "\"\(url)\" is not the URL of an upstream; write http://host or http://host:port"
        case .repeatedUpstream(let id): "two upstreams have the id \"\(id)\""
        case .intervalTooShort(let interval):
            "a poll interval of \(interval) is too short; the shortest is 20 ms"
        }
    }
}

/// Host and port of an upstream.
struct UpstreamAddress: Hashable, Sendable {
    /// Without the brackets of an IPv6 address.
    let host: String
    let port: Int

    private static let scheme = "http://"

    /// - Parameter url: `http://host[:port]`, with or without one slash at the end.
    init(_ url: String) throws(IngestError) {
        guard url.lowercased().hasPrefix(UpstreamAddress.scheme) else { throw .invalidURL(url) }
        var rest = url.dropFirst(UpstreamAddress.scheme.count)
        if rest.last == "/" { rest.removeLast() }
        let name: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw .invalidURL(url) }
            name = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
        } else {
            name = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(name.count)
        }
        guard !name.isEmpty, name.utf8.allSatisfy(UpstreamAddress.isHostByte) else {
            throw .invalidURL(url)
        }
        host = name.lowercased()
        if rest.isEmpty {
            port = 80
        } else {
            guard rest.first == ":", let number = Int(rest.dropFirst()),
                (1...65_535).contains(number)
            else { throw .invalidURL(url) }
            port = number
        }
    }

    /// As in a `Host` header: `127.0.0.1:8100`.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The path of a call about one unit: `/api/nl43/{name}/{call}`. The name is escaped.
    static func path(_ name: String, _ call: String) -> String {
        let hex = Array("0123456789ABCDEF")
        var segment = ""
        for byte in name.utf8 {
            if isHostByte(byte), byte != UInt8(ascii: ":"), byte != UInt8(ascii: ".") {
                segment.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                segment += "%" + String(hex[Int(byte >> 4)]) + String(hex[Int(byte & 15)])
            }
        }
        return "/api/nl43/\(segment)/\(call)"
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
