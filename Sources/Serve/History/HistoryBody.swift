//  HistoryBody.swift · Serve
//
//  Answers of `/history`: buckets as JSON, stored frames as JSON, CSV or NDJSON.

import Monitoring
import NIOCore

/// Bodies of `/history`. Keys and shapes: `docs/api.md`.
enum HistoryBody {
    /// Whose levels they are.
    enum Subject {
        case unit(UnitID)
        /// ``Location/id``, to a client: what is inside the store is not told.
        case location(String)
    }

    /// Buckets by column: every bucket of the range, empty ones `null` and covered 0.
    static func buckets(
        _ stored: StoredBuckets, of subject: Subject, _ query: BucketQuery
    ) -> ByteBuffer {
        let buckets = stored.buckets
        let columns = 4 + query.metrics.count * 3
        var text = JSONText(capacity: 512 + buckets.count * columns * 8)
        text.beginObject()
        switch subject {
        case .unit(let unit):
            text.key("unit")
            text.string(unit.name)
        case .location(let id):
            text.key("location")
            text.string(id)
        }
        text.key("from")
        text.time(query.range.start)
        text.key("to")
        text.time(query.range.end)
        text.key("step_seconds")
        text.integer(query.stepSeconds)
        text.key("source")
        text.string(stored.source.rawValue)
        text.key("complete_until")
        text.time(stored.completeUntil)
        text.key("coverage")
        text.decimal(Int64((buckets.coverage * 10_000).rounded()), decimals: 4)
        text.key("t")
        text.column(buckets.edges.dropLast())
        for metric in query.metrics { write(metric, of: buckets, into: &text) }
        text.key("covered")
        text.decimals(buckets.count, decimals: 1) { buckets.coveredTicks[$0] }
        if !query.exceedances.isEmpty { write(query.exceedances, of: buckets, into: &text) }
        text.key("damage")
        switch subject {
        case .unit: write(stored.damage, into: &text)
        case .location: writeTimes(of: stored.damage, into: &text)
        }
        text.endObject()
        return text.buffer
    }

    private static func writeTimes(of damage: [Damage], into text: inout JSONText) {
        text.beginArray()
        for part in damage {
            text.beginObject()
            text.key("from")
            text.time(part.from)
            text.key("to")
            text.time(part.to)
            text.endObject()
        }
        text.endArray()
    }

    /// Buckets a row each with a header: time, covered seconds, then what `metrics` came to.
    static func csv(_ buckets: LevelBuckets, _ metrics: [Metric]) -> ByteBuffer {
        let names = metrics.flatMap { $0 == .lp ? ["lp_mean", "lp_min", "lp_max"] : [$0.name] }
        var rows = ByteBuffer(string: (["t", "covered_s"] + names).joined(separator: ",") + "\n")
        for index in 0..<buckets.count {
            rows.writeString(Timestamp(milliseconds: buckets.edges[index]).description)
            rows.writeStaticString(",")
            rows.write(buckets.coveredTicks[index], decimals: 1)
            for metric in metrics {
                rows.writeStaticString(",")
                if metric == .lp {
                    if let mean = hundredths(buckets.mean(index)) { rows.write(mean, decimals: 2) }
                    rows.writeStaticString(",")
                    rows.write(tenths: buckets.minima[metric.rawValue][index])
                    rows.writeStaticString(",")
                    rows.write(tenths: buckets.maxima[metric.rawValue][index])
                } else {
                    rows.write(tenths: buckets.lasts[metric.rawValue][index])
                }
            }
            rows.writeStaticString("\n")
        }
        return rows
    }

    private static func write(
        _ exceedances: [Int], of buckets: LevelBuckets, into text: inout JSONText
    ) {
        text.key("ln")
        text.beginObject()
        for percent in exceedances {
            text.key("\(percent)")
            text.levels(
                (0..<buckets.count).map {
                    buckets.exceedanceLevel(percent: percent, $0) ?? Levels.none
                })
        }
        text.endObject()
    }

    private static func write(_ metric: Metric, of buckets: LevelBuckets, into text: inout JSONText)
    {
        text.key(metric.name)
        text.beginObject()
        if metric.isCumulative {
            text.key("last")
            text.levels(buckets.lasts[metric.rawValue])
        } else {
            text.key("mean")
            text.decimals(buckets.count, decimals: 2) { hundredths(buckets.mean($0)) }
        }
        text.key("min")
        text.levels(buckets.minima[metric.rawValue])
        text.key("max")
        text.levels(buckets.maxima[metric.rawValue])
        text.endObject()
    }

    /// Rounded half away from zero.
    static func hundredths(_ decibels: Double?) -> Int64? {
        guard let decibels, decibels.isFinite else { return nil }
        return Int64((decibels * 100).rounded(.toNearestOrAwayFromZero))
    }

    static func write(_ damage: [Damage], into text: inout JSONText) {
        text.beginArray()
        for part in damage {
            text.beginObject()
            text.key("file")
            text.string(part.file)
            text.key("kind")
            text.string(part.kind)
            text.key("unit")
            text.string(part.unit?.name)
            text.key("from")
            text.time(part.from)
            text.key("to")
            text.time(part.to)
            text.key("detail")
            text.string(part.detail)
            text.endObject()
        }
        text.endArray()
    }
}

// MARK: - Stored frames

extension HistoryBody {
    /// Frames by column, oldest first.
    ///
    /// - Parameter next: goes into `cursor=` for the frames after these; absent at the end.
    static func raw(
        _ stored: StoredFrames, of unit: UnitID, metrics: [Metric], next: String?
    ) -> ByteBuffer {
        let columns = stored.columns
        var text = JSONText(capacity: 256 + columns.count * (36 + metrics.count * 6))
        text.beginObject()
        text.key("unit")
        text.string(unit.name)
        text.key("complete_until")
        text.time(stored.completeUntil)
        text.key("t")
        text.column(columns.times)
        for metric in metrics {
            text.key(metric.name)
            text.levels(columns.levels[metric.rawValue])
        }
        text.key("state")
        text.words(columns.states.lazy.map { stateWord($0) })
        text.key("origin")
        text.words(columns.states.lazy.map { originWords[Int($0 >> 4 & 3)] })
        if !stored.damage.isEmpty {
            text.key("damage")
            write(stored.damage, into: &text)
        }
        if let next {
            text.key("next")
            text.string(next)
        }
        text.endObject()
        return text.buffer
    }

    private static func stateWord(_ raw: UInt8) -> StaticString {
        FrameState(rawValue: raw).contains(.measuring) ? "measuring" : "stopped"
    }

    private static let originWords: [StaticString] = ["live", "late", "imported", "trail"]

    /// One frame a line with a header, times in RFC 3339, no value as nothing.
    static func csv(_ columns: FrameColumns, of unit: UnitID, metrics: [Metric]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(64 + columns.count * (60 + metrics.count * 6))
        let names = ["t", "unit"] + metrics.map(\.name) + ["state", "origin", "start"]
        buffer.writeString(names.joined(separator: ",") + "\n")
        for index in 0..<columns.count {
            buffer.writeString(Timestamp(milliseconds: columns.times[index]).description)
            buffer.writeStaticString(",")
            buffer.writeString(unit.name)
            for metric in metrics {
                buffer.writeStaticString(",")
                buffer.write(tenths: columns.levels[metric.rawValue][index])
            }
            buffer.writeStaticString(",")
            buffer.writeStaticString(stateWord(columns.states[index]))
            buffer.writeStaticString(",")
            buffer.writeStaticString(originWords[Int(columns.states[index] >> 4 & 3)])
            buffer.writeStaticString(",")
            buffer.writeString(columns.run(at: index).start?.description ?? "")
            buffer.writeStaticString("\n")
        }
        return buffer
    }

    /// One JSON object a line, the keys of the CSV's header.
    static func lines(_ columns: FrameColumns, of unit: UnitID, metrics: [Metric]) -> ByteBuffer {
        var buffer = ByteBuffer()
        for index in 0..<columns.count {
            var text = JSONText()
            text.beginObject()
            text.key("t")
            text.time(Timestamp(milliseconds: columns.times[index]))
            text.key("unit")
            text.string(unit.name)
            for metric in metrics {
                let value = columns.levels[metric.rawValue][index]
                text.key(metric.name)
                text.level(value == Levels.none ? nil : Level(tenths: value))
            }
            let state = FrameState(rawValue: columns.states[index])
            text.key("state")
            text.string(state.name)
            text.key("origin")
            text.string(state.origin.name)
            text.key("start")
            text.time(columns.run(at: index).start)
            text.endObject()
            buffer.writeImmutableBuffer(text.buffer)
            buffer.writeStaticString("\n")
        }
        return buffer
    }
}

extension ByteBuffer {
    fileprivate mutating func write(tenths: Int16) {
        guard tenths != Levels.none else { return }
        write(Int64(tenths), decimals: 1)
    }

    fileprivate mutating func write(_ value: Int64, decimals: Int) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: 24) { bytes in
            Digits.write(
                value, decimals: decimals,
                to: bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), at: 0)
        }
    }
}
