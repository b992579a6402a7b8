//  ByteCount.swift · earshot

/// A size as people write it: `0`, `512KiB`, `64MiB`, `1GiB`, `2TiB`.
struct ByteCount: Equatable {
    let bytes: Int

    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]

    init(bytes: Int) { self.bytes = bytes }

    init?(argument text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let name = text.dropFirst(digits.count)
        guard !(number == 0 && name.isEmpty) else {
            bytes = 0
            return
        }
        guard let unit = ByteCount.units.first(where: { $0.name == name }) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        guard !overflow else { return nil }
        bytes = product
    }

    /// In the largest unit that divides it: `1GiB`, not `1024MiB`.
    var text: String {
        guard bytes > 0, let unit = ByteCount.units.first(where: { bytes.isMultiple(of: $0.bytes) })
        else { return "\(bytes)" }
        return "\(bytes / unit.bytes)\(unit.name)"
    }

    /// Rounded, for people: `1.9 GiB`.
    var rounded: String {
        guard let unit = ByteCount.units.first(where: { bytes >= $0.bytes }) else {
            return "\(bytes) B"
        }
        let tenths = (bytes * 10 + unit.bytes / 2) / unit.bytes
        return "\(tenths / 10).\(tenths % 10) \(unit.name)"
    }
}
