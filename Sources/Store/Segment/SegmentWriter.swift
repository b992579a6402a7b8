//  SegmentWriter.swift · Store
//
//  Makes a segment in one pass: units in ascending order in, a published-ready file out.

import Monitoring

/// Writes one segment under a temporary name.
struct SegmentWriter: ~Copyable {
    private let file: any DiskFile
    private let level: UInt8
    private let uuid: SegmentUUID
    private let compressor = ZstdCompressor()
    private var buffer: [UInt8] = []
    private var flushedBytes = 0
    private var units: [UnitEntry] = []
    private let first: Int64
    private let last: Int64

    private static let bufferBytes = 1 << 20

    /// - Parameters:
    ///   - first: time of the earliest frame that will be added.
    ///   - last: time of the latest.
    init(
        file: any DiskFile, level: UInt8, uuid: SegmentUUID, first: Int64, last: Int64
    ) {
        self.file = file
        self.level = level
        self.uuid = uuid
        self.first = first
        self.last = last
        buffer = SegmentHeader(uuid: uuid, level: level, first: first, last: last).encoded()
    }

    /// Adds all frames of a unit; `ref` is higher than those before.
    mutating func add(_ ref: UnitRef, _ name: UnitID, _ columns: FrameColumns) throws(DiskError) {
        precondition(units.last.map { $0.ref < ref } ?? true, "units must ascend")
        guard !columns.isEmpty else { return }
        precondition(columns.times[0] >= first && columns.times[columns.count - 1] <= last)
        let ranges = SegmentWriter.blocks(
            of: columns, framesMaximum: SegmentFormat.blockFramesMaximum[level]!)
        let encoded = ranges.map { BlockCodec.encode(columns, $0, with: compressor) }
        var places: [[BlockEntry.PagePlace]] = Array(repeating: [], count: ranges.count)
        for column in PageColumn.allCases {
            for (block, pages) in encoded.enumerated() {
                let page = pages[Int(column.rawValue)]
                let (low, high) = SegmentWriter.zone(columns, ranges[block], column)
                places[block].append(
                    .init(
                        offset: flushedBytes + buffer.count, length: page.count, min: low,
                        max: high))
                buffer += page
                if buffer.count >= SegmentWriter.bufferBytes { try flush() }
            }
        }
        let blocks = zip(ranges, places).map { range, pages in
            BlockEntry(
                first: columns.times[range.lowerBound], last: columns.times[range.upperBound - 1],
                count: range.count, run: columns.run(at: range.lowerBound), pages: pages)
        }
        units.append(UnitEntry(ref: ref, name: name, blocks: blocks))
    }

    /// Writes index and footer and makes the file durable.
    mutating func finish(
        lsnMaximum: UInt64, replacing replaced: [SegmentUUID]
    ) throws(DiskError) -> (bytes: Int, footerChecksum: UInt32) {
        let index = SegmentIndex(units: units).encoded()
        let footer = SegmentFooter(
            indexOffset: UInt64(flushedBytes + buffer.count), indexBytes: UInt32(index.count),
            indexChecksum: Checksum.crc32c(index), unitCount: UInt32(units.count),
            frameCount: UInt64(units.reduce(0) { $0 + $1.frameCount }), lsnMaximum: lsnMaximum,
            replacedCount: UInt32(replaced.count)
        ).encoded()
        buffer += index
        for uuid in replaced {
            buffer.append(little: uuid.low)
            buffer.append(little: uuid.high)
        }
        buffer += footer
        try flush()
        try file.sync()
        return (flushedBytes, SegmentFooter.checksum(of: footer))
    }

    private mutating func flush() throws(DiskError) {
        try file.append(buffer)
        flushedBytes += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Cuts frames into blocks: full ones, and at each new run, hole over an hour, or UTC day.
    static func blocks(of columns: FrameColumns, framesMaximum: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var nextRun = 1
        for index in 1..<max(1, columns.count) {
            let time = columns.times[index]
            let before = columns.times[index - 1]
            let runBegins = nextRun < columns.runs.count && columns.runs[nextRun].firstIndex == index
            if runBegins { nextRun += 1 }
            guard
                runBegins || index - start == framesMaximum
                    || time - before > SegmentFormat.blockGapMaximumMilliseconds
                    || floorDivide(time, by: SegmentFormat.dayMilliseconds)
                        != floorDivide(before, by: SegmentFormat.dayMilliseconds)
            else { continue }
            ranges.append(start..<index)
            start = index
        }
        ranges.append(start..<columns.count)
        return ranges
    }

    private static func zone(
        _ columns: FrameColumns, _ range: Range<Int>, _ column: PageColumn
    ) -> (Int16, Int16) {
        let metric: Metric
        switch column {
        case .lp: metric = .lp
        case .lpeak: metric = .lpeak
        case .time, .slow: return (0, 0)
        }
        let values = columns.levels[metric.rawValue][range]
        return (values.min()!, values.max()!)
    }
}
