//  TargetAddress.swift · Notify
//
//  Whether an address is of the public Internet. A webhook's URL must not become a way to the
//  services beside ours: what is looked at is the address that is about to be connected to, so a
//  name that resolves to another one each time gets nowhere.

/// An IP address that a webhook leads to.
struct TargetAddress: Hashable, CustomStringConvertible {
    /// 4 or 16.
    let bytes: [UInt8]

    /// Source: IANA's registries of special-purpose addresses, IPv4 and IPv6; what is not globally
    /// reachable there, and multicast.
    var isPublic: Bool {
        if bytes.count == 4 { return !TargetAddress.special4.contains { isIn($0, $1) } }
        guard bytes.count == 16 else { return false }
        // An IPv4 address in an IPv6 one leads where that leads: mapped, translated, 6to4.
        let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
        let translated: [UInt8] = [0, 0x64, 0xFF, 0x9B] + Array(repeating: 0, count: 8)
        if isIn(mapped, 96) || isIn(translated, 96) {
            return TargetAddress(bytes: Array(bytes[12...])).isPublic
        }
        if isIn([0x20, 0x02], 16) { return TargetAddress(bytes: Array(bytes[2..<6])).isPublic }
        return isIn([0x20], 3) && !TargetAddress.special6.contains { isIn($0, $1) }
    }

    private static let special4: [([UInt8], Int)] = [
        ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12),
        ([192, 0, 0], 24), ([192, 0, 2], 24), ([192, 88, 99], 24), ([192, 168], 16),
        ([198, 18], 15), ([198, 51, 100], 24), ([203, 0, 113], 24), ([224], 4), ([240], 4),
    ]
    /// Within 2000::/3, outside of which nothing is assigned.
    private static let special6: [([UInt8], Int)] = [
        ([0x20, 0x01, 0], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x3F, 0xFF], 20),
    ]

    private func isIn(_ network: [UInt8], _ bits: Int) -> Bool {
        (0..<bits).allSatisfy { bit in
            let mask: UInt8 = 0x80 >> UInt8(bit % 8)
            let wanted = bit / 8 < network.count ? network[bit / 8] : 0
            return bytes[bit / 8] & mask == wanted & mask
        }
    }

    var description: String {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: bytes.count, by: 2)
            .map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}
