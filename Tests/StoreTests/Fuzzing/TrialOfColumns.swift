//  TrialOfColumns.swift · StoreTests

import Monitoring

@testable import Store

/// Pages, the codings of columns, and blocks.
enum TrialOfColumns {
    /// `u8 column │ page`
    static func page(_ input: inout TrialInput) throws {
        let column = PageColumn(rawValue: input.byte()) ?? .time
        var page = input.rest()
        if input.isRepaired { TrialRepair.page(&page, 0..<page.count) }
        let (payload, codec) = try read(page, column)
        var again: [UInt8] = []
        Page.append(payload, column: column, codec: codec, to: &again, with: ZstdCompressor())
        let (second, secondCodec) = try read(again, column)
        try TrialFailure.unless(second == payload && secondCodec == codec, "a page has changed")
    }

    private static func read(_ page: [UInt8], _ column: PageColumn) throws -> ([UInt8], Codec) {
        try page.withUnsafeBytes { bytes in
            try PageReader().withPage(bytes, column: column) { reader, codec in
                (Array(try reader.take(reader.remaining)), codec)
            }
        }
    }

    /// `u16 count − 1 │ payload`
    static func times(_ input: inout TrialInput, isTick: Bool) throws {
        let count = input.short() + 1
        func take(_ payload: [UInt8]) throws -> [Int64] {
            try column(payload, count) {
                isTick
                    ? try TimeCodec.takeTicks(&$0, into: $1)
                    : try TimeCodec.takeDeltas(&$0, into: $1)
            }
        }
        let times = try take(input.rest())
        // What a block may hold.
        guard StoredTime.range.contains(times[0]), times[count - 1] <= StoredTime.range.upperBound,
            zip(times.dropFirst(), times).allSatisfy({
                $0 > $1 && $0 &- $1 <= SegmentFormat.blockGapMaximumMilliseconds
            })
        else { return }
        var payload: [UInt8] = []
        try times.withUnsafeBufferPointer {
            if isTick {
                guard TimeCodec.appendTicks($0, into: &payload) != nil else {
                    return try TrialFailure.unless(count < 3, "no period fits")
                }
            } else {
                TimeCodec.appendDeltas($0, into: &payload)
            }
        }
        guard !payload.isEmpty else { return }
        try TrialFailure.unless(try take(payload) == times, "times have changed")
    }

    /// `u16 count − 1 │ payload`
    static func levels(_ input: inout TrialInput, _ codec: Codec) throws {
        let count = input.short() + 1
        let reference = (0..<count).map { Int16(truncatingIfNeeded: $0 &* 0x9E37) }
        let values = try reference.withUnsafeBufferPointer { reference in
            try column(input.rest(), count) { try take(&$0, codec, reference, into: $1) }
        }
        var payload: [UInt8] = []
        let again = try reference.withUnsafeBufferPointer { reference in
            values.withUnsafeBufferPointer { values in
                switch codec {
                case .cross:
                    _ = LevelCodec.appendCross(values, reference: reference, into: &payload)
                case .step: LevelCodec.appendSteps(values, into: &payload)
                case .constant: payload.append(little: values[0])
                case .raw: LevelCodec.appendRaw(values, into: &payload)
                default: _ = LevelCodec.appendDelta(values, into: &payload)
                }
            }
            return try column(payload, count) { try take(&$0, codec, reference, into: $1) }
        }
        try TrialFailure.unless(again == values, "levels have changed")
    }

    private static func take(
        _ reader: inout RawReader, _ codec: Codec, _ reference: LevelCodec.Values,
        into column: LevelCodec.Column
    ) throws {
        switch codec {
        case .cross: try LevelCodec.takeCross(&reader, reference: reference, into: column)
        case .step: try LevelCodec.takeSteps(&reader, into: column)
        case .constant: column.update(repeating: try reader.little())
        case .raw: try LevelCodec.takeRaw(&reader, into: column)
        default: try LevelCodec.takeDelta(&reader, into: column)
        }
    }

    private static func column<Value: FixedWidthInteger>(
        _ payload: [UInt8], _ count: Int,
        _ take: (inout RawReader, UnsafeMutableBufferPointer<Value>) throws -> Void
    ) throws -> [Value] {
        try payload.withUnsafeBytes { bytes in
            var reader = RawReader(bytes)
            return try [Value](unsafeUninitializedCapacity: count) { buffer, filled in
                try take(&reader, UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
                filled = count
            }
        }
    }

    /// `u16 count − 1 │ u8 metrics │ 4 × (u8 codec, u16 length, payload)`
    static func block(_ input: inout TrialInput) throws {
        let count = input.short() + 1
        let wanted = input.metrics()
        let compressor = ZstdCompressor()
        let pages = PageColumn.ofBlocks.map { column in
            var page: [UInt8] = []
            let codec = Codec(rawValue: input.byte()) ?? .raw
            Page.append(input.part(), column: column, codec: codec, to: &page, with: compressor)
            return page
        }
        let run = Run(start: nil)
        let columns = try decode(pages, count, run, .all)
        let some = try decode(pages, count, run, wanted)
        try TrialFailure.unless(
            some.times == columns.times && some.states == columns.states
                && Metric.allCases.allSatisfy {
                    let values = wanted.contains($0) ? columns.levels[$0.rawValue] : []
                    return some.levels[$0.rawValue] == values
                }, "a block read in part is another one")
        try again(columns, with: compressor)
    }

    /// What compaction does with frames that were read.
    static func again(
        _ columns: FrameColumns, with compressor: borrowing ZstdCompressor
    ) throws {
        let ranges = SegmentWriter.blocks(
            of: columns, framesMaximum: SegmentFormat.blockFramesMaximum[1]!)
        var merged = FrameColumns()
        for range in ranges {
            let pages = BlockCodec.encode(columns, range, with: compressor)
            merged.append(
                try decode(pages, range.count, columns.run(at: range.lowerBound), .all))
        }
        try TrialFailure.unless(merged == columns, "a block has changed")
        let midnight = Dwell.midnight(before: columns.times[0]) + SegmentFormat.dayMilliseconds
        let rollup = DayRollup(columns.slice(0..<columns.firstIndex(atOrAfter: midnight)))
        try TrialFailure.unless(rollup.hours.count == 24, "a day has other hours")
    }

    private static func decode(
        _ pages: [[UInt8]], _ count: Int, _ run: Run, _ wanted: MetricSet
    ) throws -> FrameColumns {
        let reader = PageReader()
        return try BlockCodec.decode(count: count, run: run, wanted: wanted) { column, body in
            try pages[Int(column.rawValue)].withUnsafeBytes {
                try reader.withPage($0, column: column, body)
            }
        }
    }
}
