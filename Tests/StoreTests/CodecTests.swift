//  CodecTests.swift · StoreTests

import Monitoring
import Support
import Testing

@testable import Store

@Suite struct `The level codecs` {
    // Each seed is a case of its own, so that a failure names the seed to replay.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `give back any levels they were given`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 1...600, using: &random)
        let values = levels(count, &random)
        let reference = levels(count, &random)
        let codings: [(([UInt8]) -> [UInt8], (inout RawReader, LevelCodec.Column) throws -> Void)] = [
            (
                { bytes in
                    var bytes = bytes
                    values.withUnsafeBufferPointer { _ = LevelCodec.appendDelta($0, into: &bytes) }
                    return bytes
                }, { try LevelCodec.takeDelta(&$0, into: $1) }
            ),
            (
                { bytes in
                    var bytes = bytes
                    values.withUnsafeBufferPointer { values in
                        reference.withUnsafeBufferPointer {
                            _ = LevelCodec.appendCross(values, reference: $0, into: &bytes)
                        }
                    }
                    return bytes
                },
                { reader, column in
                    try reference.withUnsafeBufferPointer {
                        try LevelCodec.takeCross(&reader, reference: $0, into: column)
                    }
                }
            ),
            (
                { bytes in
                    var bytes = bytes
                    values.withUnsafeBufferPointer { LevelCodec.appendSteps($0, into: &bytes) }
                    return bytes
                }, { try LevelCodec.takeSteps(&$0, into: $1) }
            ),
            (
                { bytes in
                    var bytes = bytes
                    values.withUnsafeBufferPointer { LevelCodec.appendRaw($0, into: &bytes) }
                    return bytes
                }, { try LevelCodec.takeRaw(&$0, into: $1) }
            ),
        ]
        for (encode, decode) in codings {
            let payload = encode([])
            #expect(try column(payload, count, decode) == values)
            // Whatever is cut off is an error, never a read beyond the end.
            let cut = Int.random(in: 0..<payload.count, using: &random)
            #expect(throws: FormatError.self) {
                try column(Array(payload[..<cut]), count, decode)
            }
        }
    }

    @Test func `take a fluctuating level in a byte a value`() {
        var random = SplitMix64(seed: 1)
        var value: Int16 = 500
        let values = (0..<900).map { _ in
            value += .random(in: -40...40, using: &random)
            return value
        }
        var payload: [UInt8] = []
        let escapes = values.withUnsafeBufferPointer { LevelCodec.appendDelta($0, into: &payload) }
        #expect(escapes == 1)
        #expect(payload.count == 4 + 900 + 2)
    }

    private func levels(_ count: Int, _ random: inout SplitMix64) -> [Int16] {
        let style = Int.random(in: 0..<4, using: &random)
        var value: Int16 = 500
        return (0..<count).map { _ in
            switch style {
            case 0: value = .random(in: .min ... .max, using: &random)
            case 1: value &+= .random(in: -20...20, using: &random)
            case 2: if Int.random(in: 0..<20, using: &random) == 0 { value &+= 7 }
            default:
                value = Int.random(in: 0..<10, using: &random) == 0 ? Levels.none : 512
            }
            return value
        }
    }
}

@Suite struct `The time codecs` {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `give back any ascending times`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 1...600, using: &random)
        let period = [1, 20, 1000, 1030, 10_000, 60_000].randomElement(using: &random)!
        let jitter = Int64([0, period / 50, period / 2].randomElement(using: &random)!)
        var grid = Int64.random(in: -1_000_000_000...2_000_000_000_000, using: &random)
        var times: [Int64] = []
        for _ in 0..<count {
            grid += Int64(period)
            if Int.random(in: 0..<30, using: &random) == 0 {
                grid += .random(in: 0...3_600_000, using: &random)
            }
            times.append(max((times.last ?? .min) + 1, grid + .random(in: -jitter...jitter, using: &random)))
        }
        var deltas: [UInt8] = []
        times.withUnsafeBufferPointer { TimeCodec.appendDeltas($0, into: &deltas) }
        #expect(try column(deltas, count) { try TimeCodec.takeDeltas(&$0, into: $1) } == times)
        var ticks: [UInt8] = []
        if times.withUnsafeBufferPointer({ TimeCodec.appendTicks($0, into: &ticks) }) != nil {
            #expect(try column(ticks, count) { try TimeCodec.takeTicks(&$0, into: $1) } == times)
        }
    }

    @Test(arguments: [1000.0, 1000.02, 999.97, 1030.4])
    func `keep to a byte a frame for a clock that drifts`(period: Double) throws {
        let times = (0..<14_400).map { 1_790_000_000_000 + Int64((Double($0) * period).rounded()) }
        var payload: [UInt8] = []
        let spread = times.withUnsafeBufferPointer { TimeCodec.appendTicks($0, into: &payload) }
        #expect(spread != nil)
        #expect(payload.count <= 14_400 + 64)
    }
}

/// What `decode` makes of a payload.
private func column<Value: FixedWidthInteger>(
    _ payload: [UInt8], _ count: Int,
    _ decode: (inout RawReader, UnsafeMutableBufferPointer<Value>) throws -> Void
) throws -> [Value] {
    var values = [Value](repeating: 0, count: count)
    try payload.withUnsafeBytes { bytes in
        var reader = RawReader(bytes)
        try values.withUnsafeMutableBufferPointer { try decode(&reader, $0) }
    }
    return values
}

@Suite struct `A block` {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `gives back its frames`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let frames = FrameColumns(anyFrames(.random(in: 1...900, using: &random), &random))
        let pages = BlockCodec.encode(frames, 0..<frames.count, with: ZstdCompressor())
        #expect(try decoded(pages, frames) == frames)
    }

    @Test func `reads only the columns that are wanted`() throws {
        var random = SplitMix64(seed: 4)
        let frames = FrameColumns(anyFrames(100, &random))
        let pages = BlockCodec.encode(frames, 0..<frames.count, with: ZstdCompressor())
        let some = try decoded(pages, frames, wanted: MetricSet([.lmax]))
        #expect(some.times == frames.times && some.states == frames.states)
        for metric in Metric.allCases {
            let isThere = metric == .lp || metric == .lmax
            #expect(some.levels[metric.rawValue] == (isThere ? frames.levels[metric.rawValue] : []))
        }
    }

    private func decoded(
        _ pages: [[UInt8]], _ frames: FrameColumns, wanted: MetricSet = .all
    ) throws -> FrameColumns {
        let reader = PageReader()
        return try BlockCodec.decode(
            count: frames.count, run: frames.run(at: 0), wanted: wanted
        ) { column, body in
            try pages[Int(column.rawValue)].withUnsafeBytes {
                try reader.withPage($0, column: column, body)
            }
        }
    }

    /// Whatever the bytes, reading them ends with an answer or an error.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `says so when a byte of it is wrong`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let frames = FrameColumns(anyFrames(200, &random))
        var pages = BlockCodec.encode(frames, 0..<frames.count, with: ZstdCompressor())
        let page = Int.random(in: 0..<pages.count, using: &random)
        // The padding behind a page means nothing.
        let length = Int(pages[page][4]) | Int(pages[page][5]) << 8 | Int(pages[page][6]) << 16
        let byte = Int.random(in: 0..<(Page.headerBytes + length), using: &random)
        pages[page][byte] ^= UInt8.random(in: 1...255, using: &random)
        #expect(throws: FormatError.self) {
            try decoded(pages, frames)
        }
    }

    private func anyFrames(_ count: Int, _ random: inout SplitMix64) -> [Frame] {
        var source = SampleFrames(
            seed: random.next(), from: Timestamp(milliseconds: 1_790_000_000_000),
            intervalMilliseconds: 1000)
        return source.next(count).map { frame in
            var frame = frame
            for metric in Metric.allCases where Int.random(in: 0..<20, using: &random) == 0 {
                frame.levels[metric] = nil
            }
            if Int.random(in: 0..<50, using: &random) == 0 { frame.state.insert(.over) }
            return frame
        }
    }
}
