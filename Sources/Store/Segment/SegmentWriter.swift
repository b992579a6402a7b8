//  SegmentWriter.swift · Store
//
//  Makes a segment in one pass: units in ascending order in, a published-ready file out.

import Monitoring

/// Writes one segment under a temporary name.
struct SegmentWriter: ~Copyable {
    private let file: any DiskFile
    private let uuid: SegmentUUID
    private let level: UInt8
    private let holdsFrames: Bool
    private let compressor = ZstdCompressor()
    private var buffer: [UInt8] = []
    private var flushedBytes = 0
    /// Rows but for where their directory stands, which is known at the end.
    private var rows: [UnitRow] = []
    /// Directories of all units; a row's place counts from their beginning.
    private var directories: [UInt8] = []
    private var names: [UInt8] = []
    private var frameCount = 0
    private let first: Int64
    private let last: Int64

    private static let bufferBytes = 1 << 20

    /// - Parameters:
    ///   - first: time of the earliest frame that will be added.
    ///   - last: time of the latest.
    ///   - holdsFrames: false for a segment that keeps rollups only.
    init(
        file: any DiskFile, level: UInt8, uuid: SegmentUUID, first: Int64, last: Int64,
        holdsFrames: Bool = true
    ) {
        self.file = file
        self.uuid = uuid
        self.level = level
        self.first = first
        self.last = last
        self.holdsFrames = holdsFrames
        buffer = SegmentHeader(
            uuid: uuid, level: level, holdsFrames: holdsFrames, first: first, last: last
        ).encoded()
    }

    private var position: Int { flushedBytes + buffer.count }

    /// Adds all frames of a unit; `ref` is higher than those before. A daily segment gets their
    /// rollups too: the frames are then all that is known of the unit's UTC day.
    mutating func add(_ ref: UnitRef, _ name: UnitID, _ columns: FrameColumns) throws(DiskError) {
        guard !columns.isEmpty else { return }
        let ranges = SegmentWriter.blocks(
            of: columns, framesMaximum: SegmentFormat.blockFramesMaximum[level]!)
        var encoded: [[[UInt8]]] = []
        for range in ranges {
            encoded.append(BlockCodec.encode(columns, range, with: compressor))
        }
        var pages: [[BlockEntry.Column]] = Array(repeating: [], count: ranges.count)
        for column in PageColumn.ofBlocks {
            for block in ranges.indices {
                let page = encoded[block][Int(column.rawValue)]
                let (low, high) = SegmentWriter.zone(columns, ranges[block], column)
                pages[block].append(
                    .init(
                        place: PagePlace(
                            offset: position, length: SegmentWriter.unpadded(page)), min: low,
                        max: high))
                try write(page)
            }
        }
        let blocks = zip(ranges, pages).map { range, pages in
            BlockEntry(
                first: columns.times[range.lowerBound], last: columns.times[range.upperBound - 1],
                count: range.count, run: columns.run(at: range.lowerBound), pages: pages)
        }
        let rollups = level == 0 ? RollupPlaces.none : try add(DayRollup(columns))
        note(
            ref, name, blocks, rollups, frames: columns.count, columns.times[0],
            columns.times[columns.count - 1])
    }

    /// Adds a unit as another segment holds it: pages as they are, unread, whose places alone
    /// change. A segment that keeps rollups only leaves out the blocks.
    mutating func copy(
        _ row: UnitRow, _ name: UnitID, _ blocks: [BlockEntry], in source: any DiskFile
    ) throws(DiskError) {
        var copied: [BlockEntry] = []
        for block in holdsFrames ? blocks : [] {
            var pages: [BlockEntry.Column] = []
            for page in block.pages {
                pages.append(
                    .init(place: try copy(page.place, in: source), min: page.min, max: page.max))
            }
            copied.append(
                BlockEntry(
                    first: block.first, last: block.last, count: block.count, run: block.run,
                    pages: pages))
        }
        var places = RollupPlaces.none
        for kind in RollupKind.allCases { places[kind] = try copy(row.rollups[kind], in: source) }
        note(row.ref, name, copied, places, frames: row.frameCount, row.first, row.last)
    }

    private mutating func copy(
        _ place: PagePlace, in source: any DiskFile
    ) throws(DiskError) -> PagePlace {
        guard place.length > 0 else { return .none }
        var page = try source.read(at: place.offset, count: place.length)
        page.pad(toMultipleOf: 8)
        let copied = PagePlace(offset: position, length: place.length)
        try write(page)
        return copied
    }

    private mutating func add(_ rollup: DayRollup) throws(DiskError) -> RollupPlaces {
        var payloads: [(RollupKind, Codec, [UInt8])] = []
        for (kind, rows) in [(RollupKind.hours, rollup.hours), (.fiveMinutes, rollup.fiveMinutes)] {
            var payload: [UInt8] = []
            RollupCodec.append(rows, into: &payload)
            payloads.append((kind, .rows, payload))
        }
        for (kind, histograms) in [
            (RollupKind.hourHistograms, rollup.hourHistograms),
            (.dayHistogram, [rollup.dayHistogram]),
        ] {
            var payload: [UInt8] = []
            HistogramCodec.append(histograms, into: &payload)
            payloads.append((kind, .histograms, payload))
        }
        var places = RollupPlaces.none
        for (kind, codec, payload) in payloads {
            var page: [UInt8] = []
            // A year's chart reads one page of hours for each day, and next to nothing else.
            let length = Page.append(
                payload, column: .rollup, codec: codec, isPlain: kind == .hours, to: &page,
                with: compressor)
            places[kind] = PagePlace(offset: position, length: length)
            try write(page)
        }
        return places
    }

    private mutating func note(
        _ ref: UnitRef, _ name: UnitID, _ blocks: [BlockEntry], _ rollups: RollupPlaces,
        frames: Int, _ start: Int64, _ end: Int64
    ) {
        precondition(rows.last.map { $0.ref < ref } ?? true, "units must ascend")
        precondition(start >= first && end <= last, "frames must lie in the segment's time")
        let offset = directories.count
        if !blocks.isEmpty { BlockDirectory.append(blocks, to: &directories) }
        rows.append(
            UnitRow(
                ref: ref, blockCount: blocks.count, first: start, last: end, frameCount: frames,
                directory: PagePlace(offset: offset, length: directories.count - offset),
                rollups: rollups, nameOffset: names.count))
        names.append(text: name.name)
        frameCount += frames
    }

    /// Writes index and footer and makes the file durable.
    mutating func finish(
        lsnMaximum: UInt64, replacing replaced: [SegmentUUID]
    ) throws(DiskError) {
        let indexOffset = position
        let directoryOffset = indexOffset + rows.count * UnitRow.bytes
        var index: [UInt8] = []
        index.reserveCapacity(rows.count * UnitRow.bytes + directories.count + names.count)
        for row in rows {
            UnitRow(
                ref: row.ref, blockCount: row.blockCount, first: row.first, last: row.last,
                frameCount: row.frameCount, directory: row.directory.moved(by: directoryOffset),
                rollups: row.rollups, nameOffset: row.nameOffset
            ).append(to: &index)
        }
        index += directories
        index += names
        let footer = SegmentFooter(
            indexOffset: UInt64(indexOffset), indexBytes: UInt32(index.count),
            indexChecksum: Checksum.crc32c(index), unitCount: UInt32(rows.count),
            frameCount: UInt64(frameCount), lsnMaximum: lsnMaximum,
            replacedCount: UInt32(replaced.count), nameBytes: UInt32(names.count),
            uuidLow: uuid.low
        ).encoded()
        buffer += index
        for uuid in replaced {
            buffer.append(little: uuid.low)
            buffer.append(little: uuid.high)
        }
        buffer += footer
        try flush()
        try file.sync()
    }

    private mutating func write(_ bytes: [UInt8]) throws(DiskError) {
        buffer += bytes
        if buffer.count >= SegmentWriter.bufferBytes { try flush() }
    }

    private mutating func flush() throws(DiskError) {
        try file.append(buffer)
        flushedBytes += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// The length that a page's own header tells, without the padding behind it.
    private static func unpadded(_ page: [UInt8]) -> Int {
        Page.headerBytes + Int(page[4]) + Int(page[5]) << 8 + Int(page[6]) << 16
    }

    /// Cuts frames into blocks: full ones, and at each new run, hole over an hour, or UTC day.
    static func blocks(of columns: FrameColumns, framesMaximum: Int) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var nextRun = 1
        var midnight = Dwell.midnight(before: columns.times[0]) + SegmentFormat.dayMilliseconds
        for index in 1..<max(1, columns.count) {
            let time = columns.times[index]
            let before = columns.times[index - 1]
            let runBegins = nextRun < columns.runs.count && columns.runs[nextRun].firstIndex == index
            if runBegins { nextRun += 1 }
            guard
                runBegins || index - start == framesMaximum
                    || time - before > SegmentFormat.blockGapMaximumMilliseconds || time >= midnight
            else { continue }
            ranges.append(start..<index)
            start = index
            midnight = Dwell.midnight(before: time) + SegmentFormat.dayMilliseconds
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
        default: return (0, 0)
        }
        let values = columns.levels[metric.rawValue][range]
        return (values.min()!, values.max()!)
    }
}
