//  UnitID.swift · Monitoring

/// The name of a sound level meter: `[A-Za-z0-9_-]{1,64}`, unique within this service.
///
/// Short names (15 bytes and less) are held inline by `String`: no allocation, no counting.
package struct UnitID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let name: String

    /// - Returns: `nil` when `name` is empty, longer than 64, or has any other character.
    package init?(_ name: some StringProtocol) {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy(UnitID.isAllowed) else {
            return nil
        }
        self.name = String(name)
    }

    package var description: String { name }
    package static func < (a: UnitID, b: UnitID) -> Bool { a.name < b.name }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
