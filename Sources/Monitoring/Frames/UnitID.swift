//  UnitID.swift · Monitoring

/// The name of a sound level meter, unique within this service.
///
/// 1 to 64 of `A-Z a-z 0-9 _ -`: its plain name. Where another upstream's unit had that already,
/// `@` and a host of `A-Z a-z 0-9 . : _ -` follow: `NL43-0001@slmm.local`; 128 bytes at most.
///
/// Short names (15 bytes and less) are held inline by `String`: no allocation, no counting.
package struct UnitID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let name: String

    package static let bytesMaximum = 128

    /// - Returns: `nil` when `name` is not of this form.
    package init?(_ name: some StringProtocol) {
        let bytes = name.utf8
        guard bytes.count <= UnitID.bytesMaximum else { return nil }
        let plain = bytes.prefix { $0 != UInt8(ascii: "@") }
        guard (1...64).contains(plain.count), plain.allSatisfy(\.isPlain) else { return nil }
        if plain.count < bytes.count {
            let host = bytes.dropFirst(plain.count + 1)
            guard !host.isEmpty, host.allSatisfy(\.isOfHost) else { return nil }
        }
        self.name = String(name)
    }

    /// Whether an upstream may call a unit so: a name without a host.
    package static func isPlain(_ name: some StringProtocol) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(\.isPlain)
    }

    package var description: String { name }
    package static func < (a: UnitID, b: UnitID) -> Bool { a.name < b.name }
}

extension UInt8 {
    fileprivate var isPlain: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Whether it may stand in a host name or an IP address.
    var isOfHost: Bool { isPlain || self == UInt8(ascii: ".") || self == UInt8(ascii: ":") }
}
