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
        #expect(try LevelCodec.undelta(LevelCodec.delta(values).payload, count: count) == values)
        let crossed = LevelCodec.cross(values, reference: reference).payload
        #expect(try LevelCodec.uncross(crossed, reference: reference) == values)
        var steps: [UInt8] = []
        LevelCodec.appendSteps(values, into: &steps)
        var reader = ByteReader(steps)
        #expect(try LevelCodec.takeSteps(&reader, count: count) == values)
        #expect(try LevelCodec.unraw(LevelCodec.raw(values), count: count) == values)
    }

    @Test func `take a fluctuating level in a byte a value`() {
        var random = SplitMix64(seed: 1)
        var value: Int16 = 500
        let values = (0..<900).map { _ in
            value += .random(in: -40...40, using: &random)
            return value
        }
        let (payload, escapes) = LevelCodec.delta(values)
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
        #expect(try TimeCodec.undeltas(TimeCodec.deltas(times), count: count) == times)
        if let ticks = TimeCodec.ticks(times) {
            #expect(try TimeCodec.unticks(ticks, count: count) == times)
        }
    }

    @Test(arguments: [1000.0, 1000.02, 999.97, 1030.4])
    func `keep to a byte a frame for a clock that drifts`(period: Double) throws {
        let times = (0..<14_400).map { 1_790_000_000_000 + Int64((Double($0) * period).rounded()) }
        let payload = try #require(TimeCodec.ticks(times))
        #expect(payload.count <= 14_400 + 64)
    }
}

@Suite struct `A block` {
    @Test(arguments: 0..<60 as Range<UInt64>)
    func `gives back its frames`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let frames = FrameColumns(anyFrames(.random(in: 1...900, using: &random), &random))
        let pages = BlockCodec.encode(frames, 0..<frames.count, with: ZstdCompressor())
        let decoded = try BlockCodec.decode(
            pages.map { $0[...] }, count: frames.count, run: frames.run(at: 0),
            with: ZstdDecompressor())
        #expect(decoded == frames)
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
            try BlockCodec.decode(
                pages.map { $0[...] }, count: frames.count, run: frames.run(at: 0),
                with: ZstdDecompressor())
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
