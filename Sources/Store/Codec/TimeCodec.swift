//  TimeCodec.swift · Store
//
//  Columns of times. A poller that keeps deadlines jitters around a grid, so what is stored is
//  the distance from the grid; a free-running one is stored by its intervals.
//
//      grid      │         │         │         │         │
//      frames     ╵       ╵          ╵                    ╵
//      residual  +1      −2         0    (one skipped)   +1

/// Codings of strictly ascending times in milliseconds.
enum TimeCodec {
    /// Payload: `i64 t0 │ u64 period, Q32.32 ms │ i32 bias │ u32 n_gap │ n_gap × (varint index
    /// delta, zigzag skipped ticks) │ E8(time − t0 − tick·period − bias)`, escapes 64 bit.
    ///
    /// - Returns: `nil` when no period fits: fewer than three frames.
    static func ticks(_ times: [Int64]) -> [UInt8]? {
        guard times.count >= 3 else { return nil }
        let median = medianInterval(times)
        guard median > 0 else { return nil }
        // A deadline poller keeps the median to the millisecond; a clock that runs off by parts in
        // a million drifts out of that grid within a block, and is on the mean's.
        let tickCount = zip(times.dropFirst(), times).reduce(Int64(0)) {
            $0 + ($1.0 - $1.1 + median / 2) / median
        }
        var candidates = [fit(times, period: Double(median))]
        if tickCount > 0 {
            let mean = Double(times[times.count - 1] - times[0]) / Double(tickCount)
            candidates.append(fit(times, period: mean))
        }
        let best = candidates.min { $0.spread < $1.spread }!
        return encode(times, best)
    }

    static func unticks(_ payload: [UInt8], count: Int) throws(FormatError) -> [Int64] {
        var reader = ByteReader(payload)
        let start: Int64 = try reader.little()
        let period: UInt64 = try reader.little()
        let bias: Int32 = try reader.little()
        let gapCount = try reader.count(width: 2)
        var gaps: [(index: Int, skipped: Int64)] = []
        gaps.reserveCapacity(gapCount)
        var index = 0
        for _ in 0..<gapCount {
            let delta = try reader.varint()
            guard delta < UInt64(count - index) else { throw FormatError("a gap lies outside") }
            index += Int(delta)
            gaps.append((index, try reader.zigzag()))
        }
        var times: [Int64] = try EscapedBytes.decode(&reader, count: count)
        var tick: Int64 = 0
        var nextGap = 0
        for index in times.indices {
            if index > 0 { tick &+= 1 }
            if nextGap < gaps.count, gaps[nextGap].index == index {
                tick &+= gaps[nextGap].skipped
                nextGap += 1
            }
            times[index] &+= start &+ scaled(tick, by: period) &+ Int64(bias)
        }
        return times
    }

    /// Payload: `i64 t0 │ i64 median interval │ E8(interval − median)`, escapes 64 bit.
    static func deltas(_ times: [Int64]) -> [UInt8] {
        let median = times.count > 1 ? medianInterval(times) : 0
        var payload: [UInt8] = []
        payload.append(little: times[0])
        payload.append(little: median)
        let residuals = zip(times.dropFirst(), times).map { $0 - $1 - median }
        EscapedBytes.encode(residuals, into: &payload)
        return payload
    }

    static func undeltas(_ payload: [UInt8], count: Int) throws(FormatError) -> [Int64] {
        var reader = ByteReader(payload)
        var time: Int64 = try reader.little()
        let median: Int64 = try reader.little()
        let residuals: [Int64] = try EscapedBytes.decode(&reader, count: count - 1)
        var times = [time]
        times.reserveCapacity(count)
        for residual in residuals {
            time &+= residual &+ median
            times.append(time)
        }
        return times
    }

    private struct Grid {
        /// Q32.32 milliseconds.
        let period: UInt64
        /// The grid point of each frame.
        let ticks: [Int64]
        let residuals: [Int64]
        let spread: Int64
    }

    private static func fit(_ times: [Int64], period: Double) -> Grid {
        let fixed = UInt64((period * 4_294_967_296).rounded())
        var ticks: [Int64] = []
        var residuals: [Int64] = []
        ticks.reserveCapacity(times.count)
        residuals.reserveCapacity(times.count)
        var tick: Int64 = 0
        for (index, time) in times.enumerated() {
            if index > 0 {
                let step = Double(time - times[0] - scaled(tick, by: fixed)) / period
                tick += Int64(step.rounded())
            }
            ticks.append(tick)
            residuals.append(time - times[0] - scaled(tick, by: fixed))
        }
        return Grid(
            period: fixed, ticks: ticks, residuals: residuals,
            spread: residuals.max()! - residuals.min()!)
    }

    private static func encode(_ times: [Int64], _ grid: Grid) -> [UInt8] {
        let bias = (grid.residuals.max()! + grid.residuals.min()!) / 2
        var payload: [UInt8] = []
        payload.append(little: times[0])
        payload.append(little: grid.period)
        payload.append(little: Int32(truncatingIfNeeded: bias))
        let place = payload.count
        payload.append(little: UInt32(0))
        var gapCount: UInt32 = 0
        var lastGap = 0
        for index in 1..<times.count {
            let skipped = grid.ticks[index] - grid.ticks[index - 1] - 1
            guard skipped != 0 else { continue }
            payload.append(varint: UInt64(index - lastGap))
            payload.append(zigzag: skipped)
            lastGap = index
            gapCount += 1
        }
        payload.put(gapCount, at: place)
        let stored = Int64(Int32(truncatingIfNeeded: bias))
        EscapedBytes.encode(grid.residuals.map { $0 - stored }, into: &payload)
        return payload
    }

    /// tick · period, rounded down to whole milliseconds.
    private static func scaled(_ tick: Int64, by period: UInt64) -> Int64 {
        let whole = Int64(truncatingIfNeeded: period >> 32)
        let fraction = Int64(truncatingIfNeeded: period & 0xFFFF_FFFF)
        return tick &* whole &+ (tick &* fraction) >> 32
    }

    private static func medianInterval(_ times: [Int64]) -> Int64 {
        let intervals = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
        return intervals[intervals.count / 2]
    }
}
