//  SummaryBody.swift · Serve
//
//  Answers of `/summary` as JSON.

import Monitoring
import NIOCore

/// Bodies of `/summary`. Keys and shapes: `docs/api.md`.
enum SummaryBody {
    static func text(_ summary: StoredSummary, _ query: SummaryQuery) -> ByteBuffer {
        let question = query.question
        var text = JSONText(capacity: 512 + summary.rows.count * 640)
        text.beginObject()
        text.key("unit")
        text.string(question.unit.name)
        text.key("from")
        text.time(question.range.start)
        text.key("to")
        text.time(question.range.end)
        text.key("period")
        text.string(question.period?.rawValue)
        text.key("tz")
        text.string(query.zone)
        text.key("hours")
        text.column(question.division.parts.map { Int64($0.hour) })
        text.key("min_coverage")
        text.integer(Int64(question.minimumCoveragePercent))
        text.key("source")
        text.string(summary.source.rawValue)
        text.key("complete_until")
        text.time(summary.completeUntil)
        text.key("periods")
        text.beginArray()
        for row in summary.rows { write(row, question, into: &text) }
        text.endArray()
        text.key("damage")
        HistoryBody.write(summary.damage, into: &text)
        text.endObject()
        return text.buffer
    }

    private static func write(
        _ row: SummaryRow, _ question: SummaryQuestion, into text: inout JSONText
    ) {
        text.beginObject()
        text.key("from")
        text.time(row.range.start)
        text.key("to")
        text.time(row.range.end)
        text.key("from_local")
        text.string(local(row.range.start, question.clock))
        text.key("to_local")
        text.string(local(row.range.end, question.clock))
        text.key("laeq")
        text.mean(row.laeq)
        text.key("lp_max")
        text.level(row.lpMax)
        text.key("lmax")
        text.level(row.lmax)
        text.key("lmin")
        text.level(row.lmin)
        text.key("ln")
        text.beginObject()
        for (percent, level) in zip(question.exceedances, row.exceedanceLevels) {
            text.key("\(percent)")
            text.decimal(level.map(Int64.init), decimals: 1)
        }
        text.endObject()
        text.key("lday")
        text.mean(row.dayEveningNight[0])
        text.key("levening")
        text.mean(row.dayEveningNight[1])
        text.key("lnight")
        text.mean(row.dayEveningNight[2])
        text.key("lden")
        text.mean(row.lden)
        text.key("ldn")
        text.mean(row.ldn)
        writeTimes(of: row, question, into: &text)
        text.key("limit")
        text.level(question.limit)
        text.key("verdict")
        text.string(row.verdict.rawValue)
        text.endObject()
    }

    private static func writeTimes(
        of row: SummaryRow, _ question: SummaryQuestion, into text: inout JSONText
    ) {
        text.key("coverage")
        text.decimal(Int64((row.coverage * 10_000).rounded()), decimals: 4)
        text.key("samples")
        text.integer(Int64(row.samples))
        text.key("typical_cadence_seconds")
        text.mean(row.typicalCadenceSeconds)
        text.key("overloaded_seconds")
        text.decimal(row.overloadedTicks, decimals: 1)
        text.key("above")
        text.beginArray()
        for (threshold, ticks) in zip(question.thresholds, row.aboveTicks) {
            text.beginObject()
            text.key("threshold_db")
            text.level(threshold)
            text.key("seconds")
            text.decimal(ticks, decimals: 1)
            text.endObject()
        }
        text.endArray()
    }

    private static func local(_ time: Timestamp, _ clock: any LocalClock) -> String {
        time.description(offsetMilliseconds: clock.offset(at: time.milliseconds))
    }
}

extension JSONText {
    /// A computed number: two decimals, half away from zero.
    fileprivate mutating func mean(_ value: Double?) {
        decimal(HistoryBody.hundredths(value), decimals: 2)
    }
}
