//  FormatVersion.swift · Store
//
//  Telling a file that a later version of this program wrote from a damaged one: the one must be
//  left alone, the other be set aside. Both only after its checksum has been looked at, because a
//  flipped bit can make any number of a version.

/// A later version of this program wrote the store.
package struct NewerFormat: Error, Hashable, Sendable, CustomStringConvertible {
    /// File name inside the store folder.
    package let file: String
    package let version: Int
    package let known: Int

    package var description: String {
        "\(file) is of format version \(version), and this program knows versions up to \(known)"
    }
}

/// How the files of one kind tell their version, now and in all versions to come.
struct FormatVersion: Sendable {
    /// What each file of the kind begins with.
    let prefix: [UInt8]
    let known: Int
    /// The version of a file that begins like one of the kind.
    private let version: @Sendable ([UInt8]) -> Int
    /// Whether what tells it is undamaged.
    private let isWhole: @Sendable ([UInt8]) -> Bool

    /// Byte 7; a checksum of all before it stands at the end.
    static let manifest = FormatVersion(
        prefix: Array("ESMANIF".utf8), known: 2, version: { Int($0[7]) },
        isWhole: { hasChecksum($0, at: $0.count - 4) })
    /// As of a manifest.
    static let deletions = FormatVersion(
        prefix: Array("ESDELET".utf8), known: 1, version: { Int($0[7]) },
        isWhole: { hasChecksum($0, at: $0.count - 4) })
    /// Byte 7; the header's checksum stands at 32.
    static let log = FormatVersion(
        prefix: Array("ESWAL".utf8) + [0, 0], known: 1, version: { Int($0[7]) },
        isWhole: { hasChecksum($0, at: 32) })
    /// Bytes 8 and 9; the header's checksum stands at 60.
    static let segment = FormatVersion(
        prefix: SegmentFormat.headerMagic, known: Int(SegmentFormat.major),
        version: { Int($0[8]) | Int($0[9]) << 8 }, isWhole: { hasChecksum($0, at: 60) })

    /// - Parameter bytes: the whole header; of a manifest all.
    func refuseNewer(_ bytes: [UInt8], in file: String) throws(NewerFormat) {
        guard bytes.count >= 10, bytes.starts(with: prefix), version(bytes) > known,
            isWhole(bytes)
        else { return }
        throw NewerFormat(file: file, version: version(bytes), known: known)
    }

    private static func hasChecksum(_ bytes: [UInt8], at place: Int) -> Bool {
        guard place >= 8, bytes.count >= place + 4 else { return false }
        var reader = ByteReader(bytes[place...])
        return (try? reader.little(UInt32.self)) == Checksum.crc32c(bytes[..<place])
    }
}
