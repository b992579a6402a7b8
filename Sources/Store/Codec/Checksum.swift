//  Checksum.swift · Store

import CChecksum

/// CRC32C (Castagnoli), RFC 3720 appendix B.4. About 10 GB/s by the CPU's instruction.
enum Checksum {
    /// The CRC32C of `bytes`, carried on from `crc` (0 to begin).
    static func crc32c(_ bytes: ArraySlice<UInt8>, from crc: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { earshot_crc32c(crc, $0.baseAddress, $0.count) }
    }

    static func crc32c(_ bytes: UnsafeRawBufferPointer, from crc: UInt32 = 0) -> UInt32 {
        earshot_crc32c(crc, bytes.baseAddress, bytes.count)
    }

    static func crc32c(_ bytes: [UInt8], from crc: UInt32 = 0) -> UInt32 {
        crc32c(bytes[...], from: crc)
    }
}
