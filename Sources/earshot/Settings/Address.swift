//  Address.swift · earshot

/// Where a listener listens.
struct Address: Equatable {
    let host: String
    let port: Int

    /// - Parameter text: `host:port`, `[::1]:port`; `nil` when it is neither.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon != text.startIndex
        else { return nil }
        host = String(text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" })
        self.port = port
    }

    /// - Parameter flag: named in the sentence when `text` is not one.
    init(_ text: String, _ flag: String) throws {
        guard let address = Address(text) else {
            throw Failure(
                .usage, "\(flag) is \(text). Give host:port, for example 127.0.0.1:8081.")
        }
        self = address
    }

    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// `host:port`, with brackets around an IPv6 address.
    func authority(port: Int) -> String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
