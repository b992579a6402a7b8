//  FrameRecord.swift · Store
//
//  The payload of a WAL record of frames (type 1). Every record decodes alone.
//
//      varint k │ k × run: u8 has_start, i64 start, u32 max_dwell_ms
//      i64 base time │ n × varint unit_ref (zigzag step) │ n × varint run
//      n × zigzag time: from the unit's previous frame in the record, the first from the base
//      7 × (n low bytes, n high bytes): each metric, wrapping difference from the unit's previous
//        frame in the record; a unit's first frame: lp absolute, lpeak from lp, leq absolute, the
//        other four from leq
//      n × state
//
//  Frames stand ordered by unit, then as they were given. Low and high bytes apart, because the
//  high ones are nearly all alike and zstd sees runs.

import Monitoring

/// A number for a unit inside the store; small, dense, never given twice.
typealias UnitRef = UInt32

/// A frame as the log holds it.
struct LoggedFrame: Equatable, Sendable {
    let unit: UnitRef
    let time: Int64
    let tenths: SIMD8<Int16>
    let state: UInt8
    let run: Run
}

enum FrameRecord {
    /// - Parameter frames: not empty; order within a unit is kept.
    static func encode(_ frames: [LoggedFrame]) -> [UInt8] {
        let ordered = frames.indices.sorted {
            (frames[$0].unit, $0) < (frames[$1].unit, $1)
        }.map { frames[$0] }
        var runNumbers: [Run: UInt64] = [:]
        var runs: [Run] = []
        for frame in ordered where runNumbers[frame.run] == nil {
            runNumbers[frame.run] = UInt64(runs.count)
            runs.append(frame.run)
        }
        let base = ordered[0].time
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ordered.count * 20)
        bytes.append(varint: UInt64(runs.count))
        for run in runs { bytes.append(run: run) }
        bytes.append(little: base)
        var lastUnit: Int64 = 0
        for frame in ordered {
            bytes.append(zigzag: Int64(frame.unit) - lastUnit)
            lastUnit = Int64(frame.unit)
        }
        for frame in ordered { bytes.append(varint: runNumbers[frame.run]!) }
        for (index, frame) in ordered.enumerated() {
            let previous = index > 0 && ordered[index - 1].unit == frame.unit
            bytes.append(zigzag: frame.time &- (previous ? ordered[index - 1].time : base))
        }
        for metric in 0..<Metric.allCases.count {
            let residuals = ordered.indices.map { index in
                let values = ordered[index].tenths
                let previous = index > 0 && ordered[index - 1].unit == ordered[index].unit
                return values[metric]
                    &- (previous ? ordered[index - 1].tenths[metric] : reference(metric, values))
            }
            for residual in residuals { bytes.append(UInt8(truncatingIfNeeded: residual)) }
            for residual in residuals { bytes.append(UInt8(truncatingIfNeeded: residual >> 8)) }
        }
        for frame in ordered { bytes.append(frame.state) }
        return bytes
    }

    static func decode(_ payload: [UInt8], count: Int) throws(FormatError) -> [LoggedFrame] {
        var reader = ByteReader(payload)
        let runCount = try reader.varint()
        guard runCount <= UInt64(count) else { throw FormatError("too many runs") }
        var runs: [Run] = []
        for _ in 0..<runCount { runs.append(try reader.run()) }
        let base: Int64 = try reader.little()
        // Each frame takes 18 bytes at the least: checked before anything of that size is made.
        guard reader.remaining >= count * 18 else { throw FormatError("frames are cut off") }
        var units: [UnitRef] = []
        var unit: Int64 = 0
        for _ in 0..<count {
            unit &+= try reader.zigzag()
            guard let ref = UnitRef(exactly: unit) else { throw FormatError("a unit is not one") }
            units.append(ref)
        }
        var runIndexes: [Int] = []
        for _ in 0..<count {
            let index = try reader.varint()
            guard index < UInt64(runs.count) else { throw FormatError("a run is not defined") }
            runIndexes.append(Int(index))
        }
        var times: [Int64] = []
        for index in 0..<count {
            let same = index > 0 && units[index - 1] == units[index]
            let time = (same ? times[index - 1] : base) &+ (try reader.zigzag())
            times.append(try StoredTime.checked(time))
        }
        var tenths = [SIMD8<Int16>](repeating: SIMD8(repeating: 0), count: count)
        // `leq` goes before `lmax` … in `Metric`'s order, so each reference is known in time.
        for metric in 0..<Metric.allCases.count {
            let low = try reader.take(count)
            let high = try reader.take(count)
            for index in 0..<count {
                let residual = Int16(
                    bitPattern: UInt16(low[low.startIndex + index])
                        | UInt16(high[high.startIndex + index]) << 8)
                let same = index > 0 && units[index - 1] == units[index]
                tenths[index][metric] =
                    residual
                    &+ (same ? tenths[index - 1][metric] : reference(metric, tenths[index]))
            }
        }
        let states = try reader.take(count)
        return (0..<count).map {
            LoggedFrame(
                unit: units[$0], time: times[$0], tenths: tenths[$0],
                state: states[states.startIndex + $0], run: runs[runIndexes[$0]])
        }
    }

    /// What a unit's first value of a metric is counted from.
    private static func reference(_ metric: Int, _ values: SIMD8<Int16>) -> Int16 {
        switch Metric(rawValue: metric)! {
        case .lp, .leq: 0
        case .lpeak: values[Metric.lp.rawValue]
        case .lmax, .lmin, .ln1, .ln2: values[Metric.leq.rawValue]
        }
    }
}
