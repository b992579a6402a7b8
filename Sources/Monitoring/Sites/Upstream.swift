//  Upstream.swift · Monitoring
//
//  The services that meters are reached through, and where they are.

/// A device manager (SLMM) that units are reached through.
package struct Upstream: Hashable, Sendable {
    /// Ours, unique: 1 to 64 of `A-Z a-z 0-9 . _ : -` for a provisioned one; host and port for one
    /// given by its URL only.
    package let id: String
    /// Base URL, without a path: `http://127.0.0.1:8100`.
    package let url: String

    package init(id: String, url: String) {
        self.id = id
        self.url = url
    }

    /// `nil` when ``url`` is not one of an upstream.
    package var address: Address? { Address(url: url) }
}

extension Upstream {
    /// Host and port of an upstream. Plain HTTP only: an upstream has no TLS.
    package struct Address: Hashable, Sendable {
        /// In lower case, without the brackets of an IPv6 address.
        package let host: String
        package let port: Int

        /// - Parameter url: `http://host[:port]`, with or without one slash at the end; the port
        ///   is 80 when left out.
        /// - Returns: `nil` for anything else.
        package init?(url: some StringProtocol) {
            let scheme = "http://"
            var rest = url.lowercased()[...]
            guard rest.hasPrefix(scheme) else { return nil }
            rest = rest.dropFirst(scheme.count)
            if rest.last == "/" { rest.removeLast() }
            let name: Substring
            if rest.first == "[" {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                name = rest[rest.index(after: rest.startIndex)..<end]
                rest = rest[rest.index(after: end)...]
            } else {
                name = rest.prefix { $0 != ":" }
                rest = rest.dropFirst(name.count)
            }
            guard !name.isEmpty, name.utf8.allSatisfy(\.isOfHost) else { return nil }
            host = String(name)
            if rest.isEmpty {
                port = 80
            } else {
                let digits = rest.dropFirst()
                guard rest.first == ":", digits.utf8.allSatisfy({ (48...57).contains($0) }),
                    let number = Int(digits), (1...65_535).contains(number)
                else { return nil }
                port = number
            }
        }

        /// As in a `Host` header: `127.0.0.1:8100`, `[::1]:8100`.
        package var authority: String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
