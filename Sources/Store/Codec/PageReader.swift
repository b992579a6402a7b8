//  PageReader.swift · Store
//
//  Reads pages one after the other: file → checked bytes → payload, in memory that is used again.

import Synchronization

/// Reads pages. One for each task that reads; not to be shared.
final class PageReader {
    private let zstd = ZstdDecompressor()
    private var stored = Memory()
    private var payload = Memory()

    /// Bytes that grow and never shrink.
    private struct Memory: ~Copyable {
        private var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)

        deinit { bytes.deallocate() }

        mutating func take(_ count: Int) -> UnsafeMutableRawBufferPointer {
            if bytes.count < count {
                bytes.deallocate()
                bytes = .allocate(byteCount: max(count, 1 << 15), alignment: 16)
            }
            return UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
        }
    }

    /// Reads the page at `place` of `file`, checks it, and lets `body` have its payload.
    ///
    /// - Throws: ``FormatError`` when it is damaged, ``DiskError`` when it cannot be read.
    func withPage<Result>(
        _ place: PagePlace, of file: any DiskFile, column: PageColumn,
        _ body: (inout RawReader, Codec) throws -> Result
    ) throws -> Result {
        guard place.length >= Page.headerBytes, place.length <= Page.rawBytesMaximum else {
            throw FormatError("a page has no place")
        }
        let bytes = stored.take(place.length)
        try file.read(at: place.offset, into: bytes)
        return try withPage(UnsafeRawBufferPointer(bytes), column: column, body)
    }

    /// Checks a page that is in memory, and lets `body` have its payload.
    func withPage<Result>(
        _ page: UnsafeRawBufferPointer, column: PageColumn,
        _ body: (inout RawReader, Codec) throws -> Result
    ) throws -> Result {
        let (header, packed) = try Page.check(page, column: column)
        if header.isStoredRaw {
            var reader = RawReader(packed)
            return try body(&reader, header.codec)
        }
        let bytes = payload.take(header.rawBytes)
        try zstd.decompress(packed, into: bytes)
        var reader = RawReader(UnsafeRawBufferPointer(bytes))
        return try body(&reader, header.codec)
    }
}

extension PageReader {
    /// Readers that nobody uses. Making one costs more than reading a page: zstd's context alone is
    /// 160 KB of memory that the kernel would hand out and take back with each question.
    private static let spares = Mutex<[Spare]>([])
    private static let sparesMaximum = 8

    /// A reader in the list; whoever takes it out is the only one who has it.
    private struct Spare: @unchecked Sendable {
        let reader: PageReader
    }

    /// Lets `body` have a reader, one that was used before if there is any.
    static func withSpare<Result>(_ body: (PageReader) throws -> Result) rethrows -> Result {
        let reader = spares.withLock { $0.popLast() }?.reader ?? PageReader()
        defer {
            let spare = Spare(reader: reader)
            spares.withLock { if $0.count < sparesMaximum { $0.append(spare) } }
        }
        return try body(reader)
    }
}
