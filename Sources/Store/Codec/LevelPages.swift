//  LevelPages.swift · Store
//
//  A column of levels as pages in memory: what benchmarks measure the codec by.

package import Monitoring

/// One column of levels, encoded as daily segments hold it.
package struct LevelPages {
    private let pages: [(bytes: [UInt8], count: Int)]
    private let reader = PageReader()

    /// Encodes `levels` in pages of a daily segment's length.
    package init(_ levels: [Int16]) {
        let compressor = ZstdCompressor()
        let length = SegmentFormat.blockFramesMaximum[1]!
        pages = stride(from: 0, to: levels.count, by: length).map { start in
            let end = min(levels.count, start + length)
            return levels.withUnsafeBufferPointer { all in
                var payload: [UInt8] = []
                _ = LevelCodec.appendDelta(.init(rebasing: all[start..<end]), into: &payload)
                var page: [UInt8] = []
                Page.append(payload, column: .lp, codec: .delta, to: &page, with: compressor)
                return (page, end - start)
            }
        }
    }

    /// Decodes all pages, into memory that is used again.
    ///
    /// - Returns: a checksum of the values.
    package func decode() throws -> UInt64 {
        var sum: UInt64 = 0
        let longest = pages.map(\.count).max() ?? 0
        try withUnsafeTemporaryAllocation(of: Int16.self, capacity: longest) { values in
            for page in pages {
                let column = LevelCodec.Column(rebasing: values[..<page.count])
                try page.bytes.withUnsafeBytes { bytes in
                    try reader.withPage(bytes, column: .lp) { payload, _ in
                        try LevelCodec.takeDelta(&payload, into: column)
                    }
                }
                sum = sum &* 31 &+ UInt64(bitPattern: Int64(column[page.count / 2]))
                sum = sum &+ UInt64(bitPattern: Int64(column[page.count - 1]))
            }
        }
        return sum
    }

    /// How many bytes the pages of all columns of `columns` take, encoded as a daily segment's.
    package static func encodedBytes(_ columns: FrameColumns) -> Int {
        let compressor = ZstdCompressor()
        return SegmentWriter.blocks(
            of: columns, framesMaximum: SegmentFormat.blockFramesMaximum[1]!
        ).reduce(0) { sum, range in
            sum + BlockCodec.encode(columns, range, with: compressor).reduce(0) { $0 + $1.count }
        }
    }
}
