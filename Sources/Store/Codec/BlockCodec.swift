//  BlockCodec.swift · Store
//
//  A block: consecutive frames of one unit and one run as four pages. Decides which coding a
//  column gets; `Page` knows how a page looks, the codecs how a column does.

import Monitoring

enum BlockCodec {
    /// The pages of the frames `range` of `columns`, all of one run, by `PageColumn.rawValue`.
    static func encode(
        _ columns: FrameColumns, _ range: Range<Int>, with compressor: borrowing ZstdCompressor
    ) -> [[UInt8]] {
        precondition(!range.isEmpty, "a block holds at least one frame")
        let time = columns.times.withUnsafeBufferPointer { times in
            encodeTimes(.init(rebasing: times[range]), compressor)
        }
        let (lp, lpeak) = columns.levels[Metric.lp.rawValue].withUnsafeBufferPointer { lp in
            let lp = LevelCodec.Values(rebasing: lp[range])
            return columns.levels[Metric.lpeak.rawValue].withUnsafeBufferPointer { lpeak in
                (
                    encodeLevels(lp, .lp, reference: nil, compressor),
                    encodeLevels(.init(rebasing: lpeak[range]), .lpeak, reference: lp, compressor)
                )
            }
        }
        return [time, lp, lpeak, encodeSlow(columns, range, compressor)]
    }

    /// The frames of a block.
    ///
    /// - Parameters:
    ///   - wanted: the metrics to decode; `lp` always is, columns of others stay empty.
    ///   - page: reads a page and lets the body have its payload.
    static func decode(
        count: Int, run: Run, wanted: MetricSet,
        page: (PageColumn, (inout RawReader, Codec) throws -> Void) throws -> Void
    ) throws -> FrameColumns {
        var levels: [[Int16]] = Array(repeating: [], count: Metric.allCases.count)
        let times = try column(count) { column in
            try page(.time) { try takeTimes(&$0, $1, into: column) }
        }
        levels[Metric.lp.rawValue] = try column(count) { column in
            try page(.lp) { try takeLevels(&$0, $1, reference: nil, into: column) }
        }
        if wanted.contains(.lpeak) {
            let lp = levels[Metric.lp.rawValue]
            levels[Metric.lpeak.rawValue] = try column(count) { column in
                try lp.withUnsafeBufferPointer { lp in
                    try page(.lpeak) { try takeLevels(&$0, $1, reference: lp, into: column) }
                }
            }
        }
        var states: [UInt8] = []
        try page(.slow) { reader, codec in
            guard codec == .step else { throw FormatError("the slow page has another codec") }
            for metric in slowMetrics {
                if wanted.contains(metric) {
                    levels[metric.rawValue] = try column(count) {
                        try LevelCodec.takeSteps(&reader, into: $0)
                    }
                } else {
                    try LevelCodec.forEachStep(&reader, count: count) { _, _ in }
                }
            }
            states = try column(count) { column in
                try LevelCodec.forEachStep(&reader, count: count) { value, range in
                    column[range].update(repeating: UInt8(truncatingIfNeeded: value))
                }
            }
        }
        guard ascends(times) else { throw FormatError("times of a block do not ascend") }
        for end in [times.first, times.last] { _ = try end.map(StoredTime.checked) }
        var columns = FrameColumns()
        columns.append(times: times, levels: levels, states: states, run: run)
        return columns
    }

    private static let slowMetrics: [Metric] = [.leq, .lmax, .lmin, .ln1, .ln2]

    /// An array of `count` values that `fill` sets, all of them or it throws.
    private static func column<Value: BitwiseCopyable>(
        _ count: Int, _ fill: (UnsafeMutableBufferPointer<Value>) throws -> Void
    ) throws -> [Value] {
        try [Value](unsafeUninitializedCapacity: count) { buffer, filled in
            try fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            filled = count
        }
    }

    private static func ascends(_ times: [Int64]) -> Bool {
        times.withUnsafeBufferPointer { times in
            // A step back, or none, is negative: one sign for all of them.
            var signs: Int64 = 0
            for index in 1..<max(1, times.count) {
                signs |= times[index] &- times[index - 1] &- 1
            }
            return signs >= 0
        }
    }

    private static func takeTimes(
        _ reader: inout RawReader, _ codec: Codec, into column: TimeCodec.Column
    ) throws(FormatError) {
        switch codec {
        case .tick: try TimeCodec.takeTicks(&reader, into: column)
        case .timeDelta: try TimeCodec.takeDeltas(&reader, into: column)
        default: throw FormatError("a page of times has a codec for something else")
        }
    }

    private static func takeLevels(
        _ reader: inout RawReader, _ codec: Codec, reference: LevelCodec.Values?,
        into column: LevelCodec.Column
    ) throws(FormatError) {
        switch codec {
        case .delta: try LevelCodec.takeDelta(&reader, into: column)
        case .cross:
            guard let reference else { throw FormatError("a page lacks its reference") }
            try LevelCodec.takeCross(&reader, reference: reference, into: column)
        case .step: try LevelCodec.takeSteps(&reader, into: column)
        case .constant: column.update(repeating: try reader.little())
        case .raw: try LevelCodec.takeRaw(&reader, into: column)
        default: throw FormatError("a page of levels has a codec for something else")
        }
    }
}

// MARK: - Encoding

extension BlockCodec {
    private static func page(
        _ payload: [UInt8], _ column: PageColumn, _ codec: Codec,
        _ compressor: borrowing ZstdCompressor
    ) -> [UInt8] {
        var page: [UInt8] = []
        Page.append(payload, column: column, codec: codec, to: &page, with: compressor)
        return page
    }

    private static func smaller(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        b.count < a.count ? b : a
    }

    /// How far from the grid times may lie before their intervals are tried: a poller with
    /// deadlines stays within this, and its intervals are twice as noisy as its times.
    private static let gridSpreadMaximum: Int64 = 100

    private static func encodeTimes(
        _ times: TimeCodec.Times, _ compressor: borrowing ZstdCompressor
    ) -> [UInt8] {
        var payload: [UInt8] = []
        payload.reserveCapacity(times.count + 64)
        let spread = TimeCodec.appendTicks(times, into: &payload)
        let ticks = spread.map { _ in page(payload, .time, .tick, compressor) }
        if let ticks, spread! <= gridSpreadMaximum { return ticks }
        payload.removeAll(keepingCapacity: true)
        TimeCodec.appendDeltas(times, into: &payload)
        let deltas = page(payload, .time, .timeDelta, compressor)
        return ticks.map { smaller($0, deltas) } ?? deltas
    }

    private static func encodeLevels(
        _ values: LevelCodec.Values, _ column: PageColumn, reference: LevelCodec.Values?,
        _ compressor: borrowing ZstdCompressor
    ) -> [UInt8] {
        var payload: [UInt8] = []
        payload.reserveCapacity(values.count + 64)
        var changes = 0
        for index in 1..<values.count { changes += values[index] == values[index - 1] ? 0 : 1 }
        if changes == 0 {
            payload.append(little: values[0])
            return page(payload, column, .constant, compressor)
        }
        if changes * 8 < values.count {
            LevelCodec.appendSteps(values, into: &payload)
            return page(payload, column, .step, compressor)
        }
        let escapes =
            reference.map { LevelCodec.appendCross(values, reference: $0, into: &payload) }
            ?? LevelCodec.appendDelta(values, into: &payload)
        let best = page(payload, column, reference == nil ? .delta : .cross, compressor)
        guard Double(escapes) > LevelCodec.escapeShareMaximum * Double(values.count) else {
            return best
        }
        payload.removeAll(keepingCapacity: true)
        _ = LevelCodec.appendDelta(values, into: &payload)
        let delta = page(payload, column, .delta, compressor)
        payload.removeAll(keepingCapacity: true)
        LevelCodec.appendRaw(values, into: &payload)
        return smaller(smaller(best, delta), page(payload, column, .raw, compressor))
    }

    private static func encodeSlow(
        _ columns: FrameColumns, _ range: Range<Int>, _ compressor: borrowing ZstdCompressor
    ) -> [UInt8] {
        var payload: [UInt8] = []
        for metric in slowMetrics {
            columns.levels[metric.rawValue].withUnsafeBufferPointer {
                LevelCodec.appendSteps(.init(rebasing: $0[range]), into: &payload)
            }
        }
        columns.states[range].map(Int16.init).withUnsafeBufferPointer {
            LevelCodec.appendSteps($0, into: &payload)
        }
        return page(payload, .slow, .step, compressor)
    }
}
