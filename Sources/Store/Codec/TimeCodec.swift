//  TimeCodec.swift · Store
//
//  Columns of times. A poller that keeps deadlines jitters around a grid, so what is stored is
//  the distance from the grid; a free-running one is stored by its intervals.
//
//      grid      │         │         │         │         │
//      frames     ╵       ╵          ╵                    ╵
//      residual  +1      −2         0    (one skipped)   +1

/// Codings of strictly ascending times in milliseconds: encoders append the payload before zstd,
/// decoders fill a column whose length is known.
enum TimeCodec {
    typealias Times = UnsafeBufferPointer<Int64>
    typealias Column = UnsafeMutableBufferPointer<Int64>

    /// Appends `i64 t0 │ u64 period, Q32.32 ms │ i32 bias │ u32 n_gap │ n_gap × (varint index
    /// delta, zigzag skipped ticks) │ E8(time − t0 − tick·period − bias)`, escapes 64 bit.
    ///
    /// - Returns: how far apart the residuals are; `nil`, and nothing appended, when no period
    ///   fits: fewer than three frames.
    static func appendTicks(_ times: Times, into bytes: inout [UInt8]) -> Int64? {
        guard times.count >= 3 else { return nil }
        let median = medianInterval(times)
        guard median > 0 else { return nil }
        var best = Grid(times, period: Double(median))
        // A deadline poller keeps the median to the millisecond; a clock that runs off by parts in
        // a million drifts out of that grid within a block, and is on the mean's.
        var tickCount: Int64 = 0
        for index in 1..<times.count {
            tickCount += (times[index] - times[index - 1] + median / 2) / median
        }
        if tickCount > 0 {
            let length = times[times.count - 1] - times[0]
            if abs(length - tickCount * median) > 2 {
                let other = Grid(times, period: Double(length) / Double(tickCount))
                // A period of whole milliseconds gives the same few residuals again and again.
                if other.spread * 5 < best.spread * 4 { best = other }
            }
        }
        append(times, best, into: &bytes)
        return best.spread
    }

    static func takeTicks(_ reader: inout RawReader, into column: Column) throws(FormatError) {
        let start: Int64 = try reader.little()
        let period = Int64(bitPattern: try reader.little(UInt64.self))
        let bias: Int32 = try reader.little()
        let gapCount = try reader.count(width: 2)
        let count = column.count
        guard gapCount <= count else { throw FormatError("there are more gaps than times") }
        var gaps: [(index: Int, skipped: Int64)] = []
        gaps.reserveCapacity(gapCount)
        var gapIndex = 0
        for _ in 0..<gapCount {
            let delta = try reader.varint()
            guard delta < UInt64(count - gapIndex) else { throw FormatError("a gap lies outside") }
            gapIndex += Int(delta)
            gaps.append((gapIndex, try reader.zigzag()))
        }
        try EscapedBytes.decode(&reader, count: count, as: Int64.self) { bytes, range in
            for index in range { column[index] = Int64(bytes[index]) &- 128 }
        } escaped: { value, index in
            column[index] = value
        }
        // tick · period by adding up, in Q32.32: the same as the product, rounded down.
        let base = start &+ Int64(bias)
        let isWhole = period & 0xFFFF_FFFF == 0
        var grid: Int64 = 0
        var index = 0
        for position in 0...gaps.count {
            let end = position < gaps.count ? gaps[position].index : count
            if isWhole, index < end {
                // No tick depends on the one before: many at once.
                let first = base &+ (grid >> 32) &- Int64(index) &* (period >> 32)
                for place in index..<end {
                    column[place] &+= first &+ Int64(place) &* (period >> 32)
                }
                grid &+= Int64(end - index) &* period
                index = end
            }
            while index < end {
                column[index] &+= base &+ (grid >> 32)
                grid &+= period
                index += 1
            }
            if position < gaps.count { grid &+= gaps[position].skipped &* period }
        }
    }

    /// Appends `i64 t0 │ i64 median interval │ E8(interval − median)`, escapes 64 bit.
    static func appendDeltas(_ times: Times, into bytes: inout [UInt8]) {
        let median = times.count > 1 ? medianInterval(times) : 0
        bytes.append(little: times[0])
        bytes.append(little: median)
        EscapedBytes.encode(times.count - 1, into: &bytes) { index in
            times[index + 1] - times[index] - median
        }
    }

    static func takeDeltas(_ reader: inout RawReader, into column: Column) throws(FormatError) {
        var time: Int64 = try reader.little()
        let median: Int64 = try reader.little()
        column[0] = time
        let base = median &- 128
        try EscapedBytes.decode(&reader, count: column.count - 1, as: Int64.self) { bytes, range in
            var running = time
            for index in range {
                running &+= Int64(bytes[index]) &+ base
                column[index + 1] = running
            }
            time = running
        } escaped: { value, index in
            time &+= value &+ median
            column[index + 1] = time
        }
    }

    /// Times laid on a grid.
    private struct Grid {
        /// Q32.32 milliseconds.
        let period: UInt64
        /// Ticks that no frame stands on: before which index, and how many.
        private(set) var gaps: [(index: Int, skipped: Int64)] = []
        private(set) var residuals: [Int64]
        private(set) var low = Int64.max
        private(set) var high = Int64.min
        var spread: Int64 { high - low }

        init(_ times: Times, period: Double) {
            let fixed = Int64((period * 4_294_967_296).rounded())
            self.period = UInt64(fixed)
            let half = fixed >> 33
            var grid: Int64 = 0
            residuals = []
            residuals.reserveCapacity(times.count)
            for index in times.indices {
                if index > 0 {
                    grid &+= fixed
                    let off = times[index] - times[0] - (grid >> 32)
                    // Nearest tick; at least half a period off it is another one.
                    if off > half || off < -half {
                        let skipped = Int64((Double(off) / period).rounded())
                        if skipped != 0 {
                            gaps.append((index, skipped))
                            grid &+= skipped &* fixed
                        }
                    }
                }
                let residual = times[index] - times[0] - (grid >> 32)
                low = min(low, residual)
                high = max(high, residual)
                residuals.append(residual)
            }
        }
    }

    private static func append(_ times: Times, _ grid: Grid, into bytes: inout [UInt8]) {
        let bias = Int32(truncatingIfNeeded: (grid.low + grid.high) / 2)
        bytes.append(little: times[0])
        bytes.append(little: grid.period)
        bytes.append(little: bias)
        bytes.append(little: UInt32(grid.gaps.count))
        var last = 0
        for gap in grid.gaps {
            bytes.append(varint: UInt64(gap.index - last))
            bytes.append(zigzag: gap.skipped)
            last = gap.index
        }
        grid.residuals.withUnsafeBufferPointer { residuals in
            let offset = Int64(bias)
            EscapedBytes.encode(times.count, into: &bytes) { residuals[$0] - offset }
        }
    }

    /// By counting: sorting would cost more than all the rest.
    private static func medianInterval(_ times: Times) -> Int64 {
        let limit = 1 << 14
        let middle = (times.count - 1) / 2
        let counted = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: limit) { counts in
            counts.initialize(repeating: 0)
            for index in 1..<times.count {
                counts[Int(min(times[index] - times[index - 1], Int64(limit - 1)))] += 1
            }
            var below = 0
            for interval in 0..<limit - 1 {
                below += Int(counts[interval])
                if below > middle { return Int64?.some(Int64(interval)) }
            }
            return nil
        }
        if let counted { return counted }
        var intervals = (1..<times.count).map { times[$0] - times[$0 - 1] }
        intervals.sort()
        return intervals[middle]
    }
}
