//  Zstd.swift · Store
//
//  zstd at level 1: on the residuals of levels higher ones are larger and slower
//  (`docs/format/segment.md`). Contexts are kept, because making one costs more than a small page.

import CZstd

/// Compresses. Not for use by two threads at once.
struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer

    init() {
        context = ZSTD_createCCtx()!
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// `bytes` as one zstd frame.
    func compress(_ bytes: [UInt8]) -> [UInt8] {
        let bound = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, filled in
            filled = bytes.withUnsafeBytes {
                ZSTD_compress2(context, buffer.baseAddress, bound, $0.baseAddress, $0.count)
            }
            precondition(ZSTD_isError(filled) == 0, "zstd cannot fail with enough room")
        }
    }
}

/// Decompresses. Not for use by two threads at once.
struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer

    init() { context = ZSTD_createDCtx()! }

    deinit { ZSTD_freeDCtx(context) }

    /// The `count` bytes that `bytes`, one zstd frame, holds.
    func decompress(_ bytes: ArraySlice<UInt8>, count: Int) throws(FormatError) -> [UInt8] {
        var size = 0
        let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            size = bytes.withUnsafeBytes {
                ZSTD_decompressDCtx(context, buffer.baseAddress, count, $0.baseAddress, $0.count)
            }
            filled = ZSTD_isError(size) == 0 ? size : 0
        }
        guard ZSTD_isError(size) == 0, size == count else {
            throw FormatError("compressed bytes do not unpack")
        }
        return result
    }
}
