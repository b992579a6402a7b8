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

    /// Appends `bytes` as one zstd frame to `target`.
    func compress(_ bytes: [UInt8], appendingTo target: inout [UInt8]) {
        let bound = ZSTD_compressBound(bytes.count)
        let start = target.count
        target.append(contentsOf: repeatElement(0, count: bound))
        let size = target.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes {
                ZSTD_compress2(
                    context, target.baseAddress! + start, bound, $0.baseAddress, $0.count)
            }
        }
        precondition(ZSTD_isError(size) == 0, "zstd cannot fail with enough room")
        target.removeLast(bound - size)
    }

    /// `bytes` as one zstd frame.
    func compress(_ bytes: [UInt8]) -> [UInt8] {
        var packed: [UInt8] = []
        compress(bytes, appendingTo: &packed)
        return packed
    }
}

/// Decompresses. Not for use by two threads at once.
struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer

    init() { context = ZSTD_createDCtx()! }

    deinit { ZSTD_freeDCtx(context) }

    /// Fills `target` with what `bytes`, one zstd frame, holds.
    ///
    /// - Throws: when it is no such frame, or holds more or less.
    func decompress(
        _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(FormatError) {
        let size = ZSTD_decompressDCtx(
            context, target.baseAddress, target.count, bytes.baseAddress, bytes.count)
        guard ZSTD_isError(size) == 0, size == target.count else {
            throw FormatError("compressed bytes do not unpack")
        }
    }

    /// The `count` bytes that `bytes`, one zstd frame, holds.
    func decompress(_ bytes: ArraySlice<UInt8>, count: Int) throws(FormatError) -> [UInt8] {
        var failure: FormatError?
        let result = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            bytes.withUnsafeBytes { source in
                do throws(FormatError) {
                    try decompress(source, into: UnsafeMutableRawBufferPointer(buffer))
                    filled = count
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        return result
    }
}
