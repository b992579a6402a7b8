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
        let times = Array(columns.times[range])
        let lp = Array(columns.levels[Metric.lp.rawValue][range])
        let lpeak = Array(columns.levels[Metric.lpeak.rawValue][range])

        var slow: [UInt8] = []
        for metric in slowMetrics {
            LevelCodec.appendSteps(Array(columns.levels[metric.rawValue][range]), into: &slow)
        }
        LevelCodec.appendSteps(columns.states[range].map(Int16.init), into: &slow)

        return [
            smallest(timeCandidates(times), .time, compressor),
            smallest(levelCandidates(lp, reference: nil), .lp, compressor),
            smallest(levelCandidates(lpeak, reference: lp), .lpeak, compressor),
            smallest([(slow, .step)], .slow, compressor),
        ]
    }

    /// The frames of a block from its pages, by `PageColumn.rawValue`.
    static func decode(
        _ pages: [ArraySlice<UInt8>], count: Int, run: Run,
        with decompressor: borrowing ZstdDecompressor
    ) throws(FormatError) -> FrameColumns {
        var levels: [[Int16]] = Array(repeating: [], count: Metric.allCases.count)
        let times = try decodeTimes(pages[0], count: count, decompressor)
        levels[Metric.lp.rawValue] = try decodeLevels(
            pages[1], .lp, count: count, reference: nil, decompressor)
        levels[Metric.lpeak.rawValue] = try decodeLevels(
            pages[2], .lpeak, count: count, reference: levels[Metric.lp.rawValue], decompressor)
        let (payload, codec) = try Page.open(pages[3], column: .slow, with: decompressor)
        guard codec == .step else { throw FormatError("the slow page has another codec") }
        var reader = ByteReader(payload)
        for metric in slowMetrics {
            levels[metric.rawValue] = try LevelCodec.takeSteps(&reader, count: count)
        }
        let states = try LevelCodec.takeSteps(&reader, count: count)
        guard zip(times.dropFirst(), times).allSatisfy({ $0 > $1 }) else {
            throw FormatError("times of a block do not ascend")
        }
        var columns = FrameColumns()
        columns.append(
            times: times, levels: levels, states: states.map { UInt8(truncatingIfNeeded: $0) },
            run: run)
        return columns
    }

    private static let slowMetrics: [Metric] = [.leq, .lmax, .lmin, .ln1, .ln2]

    private typealias Candidate = (payload: [UInt8], codec: Codec)

    private static func timeCandidates(_ times: [Int64]) -> [Candidate] {
        let deltas: Candidate = (TimeCodec.deltas(times), .timeDelta)
        guard let ticks = TimeCodec.ticks(times) else { return [deltas] }
        return [(ticks, .tick), deltas]
    }

    private static func levelCandidates(_ values: [Int16], reference: [Int16]?) -> [Candidate] {
        if values.allSatisfy({ $0 == values[0] }) {
            var payload: [UInt8] = []
            payload.append(little: values[0])
            return [(payload, .constant)]
        }
        let changes = zip(values.dropFirst(), values).count { $0 != $1 }
        if changes * 8 < values.count {
            var payload: [UInt8] = []
            LevelCodec.appendSteps(values, into: &payload)
            return [(payload, .step)]
        }
        let (payload, escapes) =
            reference.map { LevelCodec.cross(values, reference: $0) } ?? LevelCodec.delta(values)
        let first: Candidate = (payload, reference == nil ? .delta : .cross)
        guard Double(escapes) > LevelCodec.escapeShareMaximum * Double(values.count) else {
            return [first]
        }
        return [first, (LevelCodec.delta(values).payload, .delta), (LevelCodec.raw(values), .raw)]
    }

    private static func smallest(
        _ candidates: [Candidate], _ column: PageColumn, _ compressor: borrowing ZstdCompressor
    ) -> [UInt8] {
        var best: [UInt8] = []
        for (payload, codec) in candidates {
            var page: [UInt8] = []
            Page.append(payload, column: column, codec: codec, to: &page, with: compressor)
            if best.isEmpty || page.count < best.count { best = page }
        }
        return best
    }

    private static func decodeTimes(
        _ page: ArraySlice<UInt8>, count: Int, _ decompressor: borrowing ZstdDecompressor
    ) throws(FormatError) -> [Int64] {
        let (payload, codec) = try Page.open(page, column: .time, with: decompressor)
        switch codec {
        case .tick: return try TimeCodec.unticks(payload, count: count)
        case .timeDelta: return try TimeCodec.undeltas(payload, count: count)
        default: throw FormatError("a page of times has a codec for levels")
        }
    }

    private static func decodeLevels(
        _ page: ArraySlice<UInt8>, _ column: PageColumn, count: Int, reference: [Int16]?,
        _ decompressor: borrowing ZstdDecompressor
    ) throws(FormatError) -> [Int16] {
        let (payload, codec) = try Page.open(page, column: column, with: decompressor)
        var reader = ByteReader(payload)
        switch codec {
        case .delta: return try LevelCodec.undelta(payload, count: count)
        case .cross:
            guard let reference else { throw FormatError("a page lacks its reference") }
            return try LevelCodec.uncross(payload, reference: reference)
        case .step: return try LevelCodec.takeSteps(&reader, count: count)
        case .constant: return Array(repeating: try reader.little(), count: count)
        case .raw: return try LevelCodec.unraw(payload, count: count)
        case .tick, .timeDelta: throw FormatError("a page of levels has a codec for times")
        }
    }
}
