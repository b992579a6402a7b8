//  SlidingAverage.swift · Pipeline
//
//  The energy average of the last T at every frame. What leaves the window is taken off exactly
//  what was added for it, so that the sum never drifts.

import Foundation
import Monitoring

/// Samples of the last ``length`` ticks with their weights, oldest first, in a ring.
///
/// Bounded: of the samples that end in one tick the last one's predecessors lose their weight to
/// it, so that there are at most ``length`` of them: 9,000 for 15 min, 900 when read each second.
struct SlidingAverage: Hashable, Sendable {
    struct Sample: Hashable, Sendable {
        /// The low half of the tick at which it ends.
        var end: UInt32
        var weight: Int32
        var tenths: Int16
    }

    let length: Int64
    private(set) var sum = EnergySum()
    /// Covered ticks of the window.
    private(set) var covered: Int64 = 0
    /// Nothing before this tick counts.
    private(set) var floor: Int64
    /// The tick at which the newest sample ends.
    private var newest = SlidingAverage.longAgo
    fileprivate static let longAgo = Int64.min / 4
    /// A ring; its length is a power of two, or 0.
    private var samples: [Sample] = []
    private var head = 0
    private(set) var count = 0

    /// - Parameter seconds: T, 60 … 86,400.
    init(seconds: Int, floor: Int64 = .min) {
        length = Int64(seconds) * 1000 / Dwell.tickMilliseconds
        self.floor = floor
    }

    /// Forgets all, and lets nothing before `tick` count.
    mutating func reset(floor tick: Int64) {
        sum = EnergySum()
        covered = 0
        head = 0
        count = 0
        floor = tick
        newest = SlidingAverage.longAgo
    }

    /// Lends its samples to `body`, which may add `room` of them.
    @inline(__always)
    mutating func withRing(room: Int, _ body: (inout Ring) -> Void) {
        while samples.count < count + room { grow() }
        samples.withUnsafeMutableBufferPointer { samples in
            EnergySum.table.withUnsafeBufferPointer { table in
                var ring = Ring(
                    samples: samples.baseAddress!, mask: samples.count &- 1, length: length,
                    table: table.baseAddress!, sum: sum.raw, covered: covered, floor: floor,
                    newest: newest, head: head, count: count)
                body(&ring)
                sum.raw = ring.sum
                covered = ring.covered
                floor = ring.floor
                newest = ring.newest
                head = ring.head
                count = ring.count
            }
        }
    }

    /// What a mean is beyond.
    struct Bound {
        /// The sum of one tick from which on a mean is beyond it, or up to which; `.max`: no mean is.
        let least: UInt128
        /// Whether it is beyond from there on, not below.
        let isAbove: Bool
        /// Means over fewer ticks are none.
        let coverage: Int64

        func sum(over ticks: Int64) -> UInt128 {
            least == .max ? least : least &* UInt128(truncatingIfNeeded: ticks)
        }
    }

    /// A sliding average while samples are added to it: all of it in registers.
    struct Ring {
        fileprivate let samples: UnsafeMutablePointer<Sample>
        fileprivate let mask: Int
        fileprivate let length: Int64
        fileprivate let table: UnsafePointer<UInt128>
        private(set) var sum: UInt128
        private(set) var covered: Int64
        fileprivate var floor: Int64
        fileprivate var newest: Int64
        fileprivate var head: Int
        fileprivate var count: Int

        /// Moves the window's end to `end` and adds a sample of `weight` ticks up to there.
        @inline(__always)
        mutating func add(_ tenths: Int16, weight: Int64, until end: Int64) {
            // A jump so far that what is held is of another time altogether.
            if end &- newest >= length { (sum, covered, head, count) = (0, 0, 0, 0) }
            newest = end
            var weight = min(weight, end &- max(floor, end &- length))
            if weight > 0 {
                if count > 0, samples[last].end == UInt32(truncatingIfNeeded: end) {
                    weight = max(weight, removeLast())
                }
                samples[(head &+ count) & mask] = Sample(
                    end: UInt32(truncatingIfNeeded: end), weight: Int32(truncatingIfNeeded: weight),
                    tenths: tenths)
                count &+= 1
                covered &+= weight
                sum &+= energy(tenths, weight)
            }
            evict(before: end &- length)
        }

        /// Adds frames of `indexes` while none asks for more than that.
        ///
        /// - Parameter bound: what the means are to stay within.
        /// - Returns: the index of the first frame that is not measuring, which is not added, or
        ///   whose mean is beyond the bound, which is; or the end.
        mutating func addQuiet(
            _ block: FrameBlock, _ levels: UnsafePointer<Int16>, _ indexes: Range<Int>,
            within bound: Bound
        ) -> Int {
            var ring = self
            defer { self = ring }
            var ticks: Int64 = -1
            var sum: UInt128 = 0
            var index = indexes.lowerBound
            while index < indexes.upperBound {
                if block.states[index] & FrameBlock.measuring == 0 { return index }
                let level = levels[index]
                if level != FrameBlock.none {
                    ring.add(level, weight: Int64(block.weights[index]), until: block.ends[index])
                    if ring.covered != ticks {
                        ticks = ring.covered
                        sum = bound.sum(over: ticks)
                    }
                    if ticks >= bound.coverage, (ring.sum >= sum) == bound.isAbove { return index }
                }
                index &+= 1
            }
            return index
        }

        /// Forgets all, and lets nothing before `tick` count.
        mutating func reset(floor tick: Int64) {
            (sum, covered, head, count, floor) = (0, 0, 0, 0, tick)
            newest = SlidingAverage.longAgo
        }

        /// Takes off what lies before `tick`; a sample that reaches across it is cut.
        @inline(__always)
        private mutating func evict(before tick: Int64) {
            let low = UInt32(truncatingIfNeeded: tick)
            while count > 0 {
                let sample = samples[head]
                let keeps = Int32(bitPattern: sample.end &- low)
                if keeps >= sample.weight { return }
                let lost = keeps > 0 ? sample.weight &- keeps : sample.weight
                covered &-= Int64(lost)
                sum &-= energy(sample.tenths, Int64(lost))
                if keeps > 0 {
                    samples[head].weight = keeps
                    return
                }
                head = (head &+ 1) & mask
                count &-= 1
            }
        }

        private var last: Int { (head &+ count &- 1) & mask }

        /// - Returns: the weight that it had.
        private mutating func removeLast() -> Int64 {
            let sample = samples[last]
            let weight = Int64(sample.weight)
            covered &-= weight
            sum &-= energy(sample.tenths, weight)
            count &-= 1
            return weight
        }

        @inline(__always)
        private func energy(_ tenths: Int16, _ ticks: Int64) -> UInt128 {
            table[EnergySum.place(tenths)] &* UInt128(truncatingIfNeeded: ticks)
        }
    }

    private mutating func grow() {
        var larger = Array(
            repeating: Sample(end: 0, weight: 0, tenths: 0), count: max(16, samples.count * 2))
        for index in 0..<count { larger[index] = samples[(head + index) & (samples.count - 1)] }
        samples = larger
        head = 0
    }

    /// Two that hold the same are the same, wherever their rings begin.
    static func == (a: SlidingAverage, b: SlidingAverage) -> Bool {
        a.length == b.length && a.floor == b.floor && a.held.elementsEqual(b.held)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(covered) }

    private var held: some Sequence<Sample> {
        (0..<count).lazy.map { samples[(head + $0) & (samples.count - 1)] }
    }
}

/// In a checkpoint: ten bytes a sample. The sum is made anew, which gives the same.
extension SlidingAverage: Codable {
    private enum CodingKeys: String, CodingKey { case length, floor, newest, samples }
    private static let sampleBytes = 10

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        length = try values.decode(Int64.self, forKey: .length)
        floor = try values.decode(Int64.self, forKey: .floor)
        newest = try values.decode(Int64.self, forKey: .newest)
        let bytes = [UInt8](try values.decode(Data.self, forKey: .samples))
        guard bytes.count % SlidingAverage.sampleBytes == 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .samples, in: values, debugDescription: "samples are cut")
        }
        bytes.withUnsafeBytes { raw in
            for start in stride(from: 0, to: raw.count, by: SlidingAverage.sampleBytes) {
                let sample = Sample(
                    end: raw.loadUnaligned(fromByteOffset: start, as: UInt32.self).littleEndian,
                    weight: raw.loadUnaligned(fromByteOffset: start + 4, as: Int32.self).littleEndian,
                    tenths: raw.loadUnaligned(fromByteOffset: start + 8, as: Int16.self).littleEndian)
                if count == samples.count { grow() }
                samples[count] = sample
                count += 1
                covered += Int64(sample.weight)
                sum.add(sample.tenths, ticks: Int64(sample.weight))
            }
        }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(length, forKey: .length)
        try values.encode(floor, forKey: .floor)
        try values.encode(newest, forKey: .newest)
        var bytes = Data(capacity: count * SlidingAverage.sampleBytes)
        for sample in held {
            withUnsafeBytes(of: sample.end.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: sample.weight.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: sample.tenths.littleEndian) { bytes.append(contentsOf: $0) }
        }
        try values.encode(bytes, forKey: .samples)
    }
}
